package steplog_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

// A disk that fills up in the middle of a frame leaves no torn frame, and the
// log goes on when there is space again.
func TestAFullDiskTearsNoFrame(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small file system takes root: ", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	w := steplog.Open(dir, 0)
	out := w.Stream(steplog.Stdout)
	line := strings.Repeat("x", 999) + "\n"
	write := func(n int) {
		if _, err := io.WriteString(out, strings.Repeat(line, n)); err != nil {
			t.Fatal(err)
		}
	}
	write(20)
	write(20) // half of it has room
	lost, err := w.Lost()
	if lost != 20*1000 {
		t.Fatalf("lost %d, %v", lost, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	write(5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, texts := contents(t, dir)
	got := join(t, texts[0])
	if got[steplog.Stdout] != strings.Repeat(line, 25) || !strings.HasPrefix(got[steplog.Note], "20000 bytes") {
		t.Errorf("stdout has %d bytes, note %q", len(got[steplog.Stdout]), got[steplog.Note])
	}
	if w.Size() != int64(len(texts[0])) {
		t.Errorf("size %d, file %d", w.Size(), len(texts[0]))
	}
}
