package ctl

import (
	"os"

	"golang.org/x/sys/unix"
)

// screen is one of the standard streams, seen as a terminal; nil where it is no
// file.
type screen struct{ file *os.File }

func screenOf(stream any) screen {
	file, _ := stream.(*os.File)
	return screen{file}
}

// terminal tells whether it is one, as isatty(3) does.
func (s screen) terminal() bool {
	if s.file == nil {
		return false
	}
	_, err := unix.IoctlGetTermios(int(s.file.Fd()), unix.TCGETS)
	return err == nil
}

// size is the columns and rows of a terminal, 0 where it is none or does not
// tell. It is asked anew each time: a window changes.
func (s screen) size() (columns, rows int) {
	if s.file == nil {
		return 0, 0
	}
	size, err := unix.IoctlGetWinsize(int(s.file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
