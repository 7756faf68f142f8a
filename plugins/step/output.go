package step

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/penstock/penstock/plugins/protocol"
)

// SetOutput hands a value to later steps; the last one of a name counts. A name
// is a letter or underscore, then letters, digits, '_', '-', at most 63 bytes.
// All outputs of an attempt together take at most protocol.MaxOutputs bytes as
// they are written; what would be more is refused.
func (t *Task) SetOutput(name, value string) error {
	if err := protocol.CheckOutputName(name); err != nil {
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
