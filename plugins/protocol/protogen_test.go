package protocol_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The generated code is what step.proto says: run go generate after a change.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "steppb"), 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "protogen")
	if out, err := exec.Command("go", "build", "-o", program, "./protogen").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program, filepath.Join(dir, "steppb"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"step.pb.go", "step_grpc.pb.go"} {
		want, err := os.ReadFile(filepath.Join(dir, "steppb", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join("steppb", name)); err != nil || string(got) != string(want) {
			t.Errorf("steppb/%s is out of date: run go generate ./plugins/protocol; %v", name, err)
		}
	}
}
