package arrival

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bmatcuk/doublestar/v4"
)

// ErrOwn: in this place no file arrives.
var ErrOwn = errors.New("the daemon keeps there what it writes itself: each run would start the next")

// CheckPlace refuses a pattern whose files would all lie in a directory, or
// below it, where no file arrives.
func CheckPlace(pattern, own string) error {
	base, _ := doublestar.SplitPattern(clean(pattern))
	if info := place(own); info != nil && within(base, info) {
		return ErrOwn
	}
	return nil
}

// place is a directory, by whatever name; nil where there is none.
func place(dir string) fs.FileInfo {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil
	}
	return info
}

// within reports whether a path is a directory, or lies below it, over whatever
// links. What of the path does not exist yet is taken as it is written.
func within(path string, dir fs.FileInfo) bool {
	for {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if info, err := os.Stat(path); err == nil && os.SameFile(info, dir) {
			return true
		}
		if path == filepath.Dir(path) {
			return false
		}
		path = filepath.Dir(path)
	}
}
