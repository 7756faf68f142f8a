package http

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// A diskError is a failure to write what the server sent: no try would change
// it.
type diskError struct{ err error }

func (d diskError) Error() string { return d.err.Error() }
func (d diskError) Unwrap() error { return d.err }

// save writes all of from to the file name below root, making the directories
// on its way. The file is there whole or, with an error, as it was before. A
// symbolic link in its place is replaced, not followed.
func save(root *os.Root, name string, from io.Reader) (size int64, err error) {
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return 0, diskError{fmt.Errorf("save %s: %w", name, err)}
	}
	temporary := path.Join(path.Dir(name), ".save-"+rand.Text())
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return 0, diskError{fmt.Errorf("save %s: %w", name, err)}
	}
	size, err = fill(file, from)
	if err == nil {
		if err = root.Rename(temporary, name); err == nil {
			return size, nil
		}
		err = diskError{fmt.Errorf("save %s: %w", name, err)}
	}
	return 0, errors.Join(err, root.Remove(temporary))
}

// fill copies from into the file and closes it.
func fill(file *os.File, from io.Reader) (int64, error) {
	size, err := io.Copy(file, from)
	if closed := file.Close(); err == nil && closed != nil {
		err = closed
	}
	if onDisk := new(fs.PathError); errors.As(err, &onDisk) {
		err = diskError{err}
	}
	return size, err
}

// final says whether no other try would change the error.
func final(err error) bool {
	var disk diskError
	return errors.As(err, &disk) || refused(err) || distrusted(err)
}
