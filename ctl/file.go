package ctl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// maxFile bounds what is read of a file before the daemon, or config, refuses
// it for its size (256 KiB) with better words.
const maxFile = 512 << 10

// file is a pipeline file as it was read.
type file struct {
	name string
	text string
}

// readFiles reads all files; "-" is stdin. All that cannot be read are
// reported at once.
func (a *app) readFiles(names []string) ([]file, error) {
	var files []file
	var errs []error
	for _, name := range names {
		f, err := a.readFile(name)
		files, errs = append(files, f), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usagef("%w", err)
	}
	return files, nil
}

func (a *app) readFile(name string) (file, error) {
	if name == "-" {
		text, err := readAtMost("standard input", a.Stdin)
		return file{"stdin", text}, err
	}
	f, err := os.Open(name)
	if err != nil {
		return file{}, err
	}
	text, err := readAtMost(name, f)
	return file{name, text}, errors.Join(err, f.Close())
}

func readAtMost(name string, r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	var named *os.PathError // says "read" and the name already
	switch {
	case errors.As(err, &named):
		return "", err
	case err != nil:
		return "", fmt.Errorf("read %s: %w", name, err)
	case len(text) > maxFile:
		return "", fmt.Errorf("%s is longer than %d bytes, the most that is read", name, maxFile)
	}
	return string(text), nil
}

// unfit is why a text cannot travel: in JSON what is not UTF-8 becomes
// U+FFFD, and the daemon would keep another text than the one that was read.
func unfit(f file) []rpc.Problem {
	if utf8.ValidString(f.text) {
		return nil
	}
	if _, err := config.ParsePipeline(f.name, []byte(f.text)); err != nil {
		return problemsOf(f.name, err)
	}
	return []rpc.Problem{{File: f.name, Message: "the text is not valid UTF-8"}}
}
