package steptest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func (w *work) say(text string) error {
	return w.append("log", frameOf(text))
}

func frameOf(text string) string {
	if lies("frames") {
		return text + "\n"
	}
	return time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z") + " stdout F " + text + "\n"
}

func (w *work) append(name, text string) error {
	file, err := os.OpenFile(w.path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	w.written += int64(len(text))
	return errors.Join(err, file.Close())
}

// flood keeps the first frame and the last one.
func (w *work) flood() error {
	line := frameOf(strings.Repeat("x", 1000))
	if lies("limit") {
		return w.append("log", strings.Repeat(line, FloodSize/1000))
	}
	w.written += int64(len(line) * (FloodSize / 1000))
	return w.append(fmt.Sprintf("log.%020d", w.written), line)
}

func (w *work) effect() error {
	return appendTo(filepath.Join(w.request.Workspace, "effects"), "x")
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	return errors.Join(err, file.Close())
}
