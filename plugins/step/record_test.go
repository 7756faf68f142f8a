package step

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

func TestAResultWaitsForSpaceAndForNothingElse(t *testing.T) {
	for _, test := range []struct {
		answers []error
		want    error
	}{
		{[]error{nil}, nil},
		{[]error{syscall.ENOSPC, syscall.EDQUOT, syscall.ENOSPC, nil}, nil},
		{[]error{syscall.ENOENT, nil}, fs.ErrNotExist},
		{[]error{syscall.ENOSPC, syscall.EIO, nil}, syscall.EIO},
	} {
		pauses, rest := 0, test.answers
		err := insist(func() error {
			answer := rest[0]
			rest = rest[1:]
			if answer == nil {
				return nil
			}
			return fmt.Errorf("write the result: %w", &os.PathError{Op: "write", Path: "x", Err: answer})
		}, func(error) { pauses++ })
		if !errors.Is(err, test.want) || pauses+1 != len(test.answers)-len(rest) {
			t.Errorf("%v: %v after %d pauses", test.answers, err, pauses)
		}
	}
}

func TestAStepThatRemovesItsDirectoryEndsAtOnce(t *testing.T) {
	p := launch(t, "x")
	a := script(t, `rm -rf "${PENSTOCK_OUTPUT%/*}"`, nil)
	begun := time.Now()
	awaitState(t, p.start(a), steppb.Progress_ENDED)
	if took := time.Since(begun); took > 20*time.Second || a.has(protocol.ResultFile) {
		t.Errorf("it took %v, result %v", took, a.has(protocol.ResultFile))
	}
}

// The attempt directory lies on a small file system of its own, which the step
// fills to the last block.
func TestAStepThatFillsTheDiskHasAResult(t *testing.T) {
	p := launch(t, "x")
	a := script(t, `cat /dev/zero > "${PENSTOCK_OUTPUT%/*}/ballast" 2> /dev/null; exit 3`, nil)
	request, err := os.ReadFile(filepath.Join(a.dir, protocol.RequestFile))
	fatal(t, err)
	if err := syscall.Mount("tmpfs", a.dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small file system takes root: ", err)
	}
	defer func() { fatal(t, syscall.Unmount(a.dir, syscall.MNT_DETACH)) }()
	fatal(t, os.WriteFile(filepath.Join(a.dir, protocol.RequestFile), request, 0o600))
	if r := p.perform(a); r.ExitCode == nil || *r.ExitCode != 3 {
		t.Errorf("%+v", r)
	}
}
