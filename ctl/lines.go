package ctl

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// lines is standard input line by line. It does not read before it is asked to:
// a terminal is left without a read under way.
type lines struct {
	scanner *bufio.Scanner
	read    chan bool // what Scan answered
}

func newLines(r io.Reader) *lines {
	return &lines{scanner: bufio.NewScanner(r), read: make(chan bool, 1)}
}

// next is the next line; false at the end. A read that is under way when ctx
// ends is left to the end of the process: that of a terminal cannot be called
// off.
func (l *lines) next(ctx context.Context) (line string, ok bool, err error) {
	go func() { l.read <- l.scanner.Scan() }()
	select {
	case ok = <-l.read:
		if err := l.scanner.Err(); err != nil {
			return "", false, fmt.Errorf("read standard input: %w", err)
		}
		return l.scanner.Text(), ok, nil
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
}
