package state

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheSigningKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing-key")
	s := &SigningKey{Path: path, Size: 32}
	if _, err := s.Read(); err == nil {
		t.Error("a key that is not there was read")
	}
	first, err := s.Make()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || len(first) != 32 {
		t.Errorf("%v, %v, %d bytes", info, err, len(first))
	}
	for _, again := range []*SigningKey{s, {Path: path, Size: 32}} {
		if got, err := again.Make(); err != nil || !bytes.Equal(got, first) {
			t.Error("another key was made")
		}
		if got, err := again.Read(); err != nil || !bytes.Equal(got, first) {
			t.Error("another key was read")
		}
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&SigningKey{Path: path, Size: 32}).Make(); err == nil || !strings.Contains(err.Error(), "5 bytes") {
		t.Errorf("a damaged key: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "short" {
		t.Error("a damaged key was written over")
	}
}
