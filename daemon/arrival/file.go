package arrival

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// File is a file that has arrived.
type File struct {
	Path string // absolute
	Stamp
}

// Stamp tells one state of a file from another.
type Stamp struct {
	Inode   uint64
	Size    int64
	ModTime time.Time
}

// Identity names this state of the file: no other file, and no other state, has
// it. It is the path, a newline, inode, size and the time of the last change in
// nanoseconds since 1970.
func (f File) Identity() string {
	return fmt.Sprintf("%s\n%d %d %d", f.Path, f.Inode, f.Size, f.ModTime.UnixNano())
}

func (s Stamp) equals(o Stamp) bool {
	return s.Inode == o.Inode && s.Size == o.Size && s.ModTime.Equal(o.ModTime)
}

// Present reports whether the file of an identity is still there as it was.
// Where that cannot be told it is.
func Present(identity string) bool {
	want, ok := parseIdentity(identity)
	if !ok {
		return false
	}
	got, err := Stat(want.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrIrregular) {
		return false
	}
	return err != nil || got.equals(want.Stamp)
}

// PathOf is the path in an identity; ok is false where the text is none.
func PathOf(identity string) (path string, ok bool) {
	f, ok := parseIdentity(identity)
	return f.Path, ok
}

func parseIdentity(text string) (f File, ok bool) {
	end := strings.LastIndexByte(text, '\n') // a path may hold one as well
	if end < 0 {
		return f, false
	}
	var nanos int64
	n, err := fmt.Sscanf(text[end+1:], "%d %d %d", &f.Inode, &f.Size, &nanos)
	f.Path, f.ModTime = text[:end], time.Unix(0, nanos)
	return f, n == 3 && err == nil
}

// ErrIrregular: what is there is no regular file.
var ErrIrregular = errors.New("it is no regular file")

// Stat looks at a regular file. A symbolic link is none.
func Stat(path string) (File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return File{}, err
	}
	return fileOf(path, info)
}

func fileOf(path string, info fs.FileInfo) (File, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return File{}, fmt.Errorf("%s: %w", path, ErrIrregular)
	}
	return File{Path: path, Stamp: Stamp{Inode: stat.Ino, Size: info.Size(), ModTime: info.ModTime()}}, nil
}
