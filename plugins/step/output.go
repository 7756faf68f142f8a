package step

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/penstock/penstock/plugins/protocol"
)

// SetOutput hands a value to later steps; the last one of a name counts. A name
// is a letter or underscore, then letters, digits, '_', '-', at most 63 bytes; a
// value is any UTF-8 without NUL, lines and all.
// All outputs of an attempt together take at most protocol.MaxOutputs bytes as
// they are written; what would be more is refused.
func (t *Task) SetOutput(name, value string) error {
	if err := protocol.CheckOutputName(name); err != nil {
		return err
	}
	if err := protocol.CheckOutputValue(name, value); err != nil {
		return err
	}
	file, err := os.OpenFile(t.outputs, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("set output %s: %w", name, err)
	}
	if err := appendOutput(file, name, value); err != nil {
		return fmt.Errorf("set output %s: %w", name, errors.Join(err, file.Close()))
	}
	return file.Close()
}

func appendOutput(file *os.File, name, value string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	line := protocol.AppendOutput(nil, name, value)
	if info.Size()+int64(len(line)) > protocol.MaxOutputs {
		return fmt.Errorf("the outputs of a step hold at most %d bytes together", protocol.MaxOutputs)
	}
	_, err = file.Write(line) // one write with O_APPEND: concurrent outputs do not mix
	return err
}

// keptOutputs are the outputs of work that has ended.
type keptOutputs struct {
	directory string
	values    map[string]string
}

func keepOutputs(directory string) keptOutputs {
	values, err := protocol.ReadOutputs(directory)
	if err != nil {
		values = nil // nobody could ever read them
	}
	return keptOutputs{directory, values}
}

// restore makes the outputs those of the work again where they cannot be read
// any more, which its error then says.
func (k keptOutputs) restore() error {
	_, unreadable := protocol.ReadOutputs(k.directory)
	if unreadable == nil {
		return nil
	}
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(k.values)) {
		text = protocol.AppendOutput(text, name, k.values[name])
	}
	path := filepath.Join(k.directory, protocol.OutputsFile)
	err := os.RemoveAll(path) // a directory, perhaps
	if err == nil && len(text) > 0 {
		err = writeFile(path, text, false)
	}
	if err != nil {
		return fmt.Errorf("restore the outputs of the work: %w", err)
	}
	return fmt.Errorf("the outputs are those of the work again: after the cleanup they could not be read: %w", unreadable)
}
