package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// homeMark is a file of the state directory that is made anew at every start. It
// says which file it is itself, and how often a daemon had started by then. A
// backup that is put back over the state, by whatever means, brings an old one
// with it, or an old store: the directory alone would not tell.
type homeMark struct {
	path string
}

// old reports whether the mark, or the store beside it, is one of before. A mark
// that is not there, or cannot be read, tells nothing.
func (m homeMark) old(generation uint64) (bool, error) {
	text, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var was uint64
	var itself string
	if n, _ := fmt.Sscanf(string(text), "%d %s", &was, &itself); n != 2 {
		return false, nil
	}
	is, err := homeOf(m.path)
	return is != itself || was >= generation, err
}

// renew makes a new mark, which is durable when it returns.
func (m homeMark) renew(generation uint64) error {
	fresh := m.path + ".new"
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	itself, err := homeOf(fresh)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(file, "%d %s\n", generation, itself); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(fresh, m.path)
}
