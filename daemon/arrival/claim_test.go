package arrival

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Between the last look at a file and its move another may be renamed over it,
// which has not settled.
func TestWhatTookThePlaceOfAClaimedFileIsPutBack(t *testing.T) {
	for name, put := range map[string]func(draft string) error{
		"a file": func(draft string) error { return os.WriteFile(draft, []byte("old"), 0o644) },
		"a link": func(draft string) error { return os.Symlink("/dev/null", draft) },
	} {
		dir := t.TempDir()
		path, draft, to := filepath.Join(dir, "a.csv"), filepath.Join(dir, "draft"), filepath.Join(dir, "claimed.csv")
		err := os.WriteFile(path, []byte("old"), 0o644)
		settled, statErr := Stat(path)
		if err := errors.Join(err, statErr, put(draft), os.Rename(draft, path)); err != nil {
			t.Fatal(err)
		}
		if err := Move(settled, to); err != ErrReplaced {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was claimed: %v", name, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is not where it was put: %v", name, err)
		}
	}
}
