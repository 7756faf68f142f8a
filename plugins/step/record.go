package step

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// order is request.json with the settings still encoded: a number in them may
// not fit what an untyped decoder makes of it.
type order struct {
	protocol.Request
	Settings json.RawMessage `json:"settings"`
}

func readOrder(directory string) (order, error) {
	var o order
	text, err := os.ReadFile(filepath.Join(directory, protocol.RequestFile))
	if err != nil {
		return o, fmt.Errorf("read the request: %w", err)
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return o, fmt.Errorf("decode %s: %w", protocol.RequestFile, err)
	}
	return o, nil
}

// there says whether the attempt directory holds a file called name.
func there(directory, name string) (bool, error) {
	_, err := os.Lstat(filepath.Join(directory, name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// createGo makes the work this process's to begin; errElsewhere where it was
// another's. The go file is a hard link to the lock: link(2) is as exclusive as
// O_EXCL and makes no inode, which is the larger part of the price of a file. A
// file system without links gets a file of its own.
func createGo(directory string) error {
	path := filepath.Join(directory, protocol.GoFile)
	err := os.Link(filepath.Join(directory, protocol.LockFile), path)
	if err != nil && !errors.Is(err, os.ErrExist) {
		err = createFile(path)
	}
	if errors.Is(err, os.ErrExist) {
		return errElsewhere
	}
	if err != nil {
		return fmt.Errorf("create the go file: %w", err)
	}
	return nil
}

func createFile(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// reserved is the space that is set aside for a result: a block holds all but
// those with the longest messages.
const reserved = 4 << 10

// reserveResult makes the temporary file of the result with space on the disk,
// so that a step that fills the disk can still be recorded. One that is there
// from an earlier attempt has it. A file system that cannot reserve is used
// without.
func reserveResult(directory string) error {
	file, err := os.OpenFile(filepath.Join(directory, protocol.ResultFile+".tmp"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("reserve space for the result: %w", err)
	}
	err = allocate(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("reserve space for the result: %w", err)
	}
	return nil
}

func allocate(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Size() > 0 {
		return err
	}
	for {
		switch err := unix.Fallocate(int(file.Fd()), 0, 0, reserved); {
		case noSpace(err):
			return err
		case err != unix.EINTR:
			return nil
		}
	}
}

// noSpace says whether err is that of a full disk or of a spent quota.
func noSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// writeResult puts result.json in its place whole. Durable says whether it must
// survive a power cut by itself: it need not where a daemon is connected, which
// commits it at once, and a power cut before that makes the attempt lost either
// way.
func writeResult(directory string, result protocol.Result, durable bool) error {
	if err := replace(filepath.Join(directory, protocol.ResultFile), result, durable); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if durable {
		return syncDirectory(directory)
	}
	return nil
}

// writeCleanup puts cleanup.json in its place whole. A power cut may take it:
// then the attempt is lost, as it would be without.
func writeCleanup(directory string, record protocol.Cleanup) error {
	if err := replace(filepath.Join(directory, protocol.CleanupFile), record, false); err != nil {
		return fmt.Errorf("write that the work has ended: %w", err)
	}
	return nil
}

// replace makes the file at path hold value as a line of JSON, whole or not at
// all.
func replace(path string, value any, durable bool) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := writeFile(path+".tmp", append(text, '\n'), durable); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

func writeFile(path string, text []byte, durable bool) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Truncate(int64(len(text)))
	}
	if err == nil && durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync the attempt directory: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// clip shortens a message to what a result may hold, keeping its head and its
// tail: the tail of a stack is as telling as what it begins with.
func clip(message string) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	const mark = "\n...\n"
	if len(message) <= protocol.MaxMessage {
		return message
	}
	half := (protocol.MaxMessage - len(mark)) / 2
	return strings.ToValidUTF8(message[:half], "") + mark + strings.ToValidUTF8(message[len(message)-half:], "")
}
