package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// buildAll builds the binaries as they are installed, with the daemon's crash
// points in torture/ beside. With -race the daemons are built with it as well.
func buildAll(t *testing.T, root string) (bin string) {
	t.Helper()
	bin = filepath.Join(root, "bin")
	crashing := filepath.Join(bin, "torture")
	if err := os.MkdirAll(filepath.Join(bin, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(crashing, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../plugins", filepath.Join(crashing, "plugins")); err != nil {
		t.Fatal(err)
	}
	build(t, raceFlags, "-o", bin+"/", "./penstockd")
	build(t, raceFlags, "-tags", "torture", "-o", crashing+"/", "./penstockd")
	build(t, []string{"-tags", "netgo"}, "-o", bin+"/", "./penstockctl")
	build(t, nil, "-o", filepath.Join(bin, "plugins")+"/", "../plugins/shell/penstock-step-shell",
		"../plugins/http/penstock-step-http", "../plugins/sleep/penstock-step-sleep")
	return bin
}

func build(t *testing.T, flags []string, args ...string) {
	t.Helper()
	out, err := exec.Command("go", append(append([]string{"build"}, flags...), args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}
