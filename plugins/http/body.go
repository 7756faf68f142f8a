package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// A body is what a request carries: it can be opened once for each try and for
// each redirect that repeats it.
type body struct {
	open     func() (io.ReadCloser, error)
	size     int64
	kind     string // Content-Type where the step names none
	file     string // where it comes from, for the log; "" the settings
	anything bool   // false: the request has no body
}

// bodyOf finds the request's body. Settings that Validate admits name at most
// one. Payload is the path of the run's, "" where it has none.
func bodyOf(s Settings, root *os.Root, payload string) (body, error) {
	switch {
	case s.Payload:
		return payloadBody(payload)
	case s.File != "":
		return fileBody(root, s.File)
	case s.JSON != nil:
		text, err := json.Marshal(s.JSON)
		return memory(text, "application/json"), err
	case s.Body != nil:
		return memory([]byte(*s.Body), "text/plain; charset=utf-8"), nil
	}
	return body{}, nil
}

func memory(content []byte, kind string) body {
	return body{
		open:     func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		size:     int64(len(content)),
		kind:     kind,
		anything: true,
	}
}

func fileBody(root *os.Root, name string) (body, error) {
	file, err := openFile(root, name)
	if err != nil {
		return body{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return body{}, err
	}
	return body{
		open:     func() (io.ReadCloser, error) { return openFile(root, name) },
		size:     info.Size(),
		kind:     "application/octet-stream",
		file:     name,
		anything: true,
	}, nil
}

// payloadBody is what the run was made for. It lies in a directory of the
// daemon's, not in the workspace.
func payloadBody(path string) (body, error) {
	if path == "" {
		return body{}, errors.New("the run has no payload to send: only one that a call with a body made has one")
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return body{}, err
	}
	defer dir.Close()
	content, err := dir.ReadFile(filepath.Base(path))
	return memory(content, "application/octet-stream"), err
}

// openFile opens a regular file below root. It never waits, as it would for the
// other end of a named pipe.
func openFile(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", name)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// attach gives the request the body. The size is what it was when the step
// began: a file that changes meanwhile fails the exchange.
func (b body) attach(r *http.Request) error {
	if !b.anything {
		return nil
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", b.kind)
	}
	if b.size == 0 {
		r.Body = http.NoBody
		return nil
	}
	content, err := b.open()
	if err != nil {
		return err
	}
	r.Body, r.GetBody, r.ContentLength = content, b.open, b.size
	return nil
}
