package ctl

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// ask puts a question on the terminal; yes is y or yes.
func (a *app) ask(ctx context.Context, question string) (yes bool, err error) {
	fmt.Fprintf(a.Stderr, "%s [y/N] ", question)
	answer, err := a.readLine(ctx)
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// readLine reads a line of stdin, unless ctx ends first. The reader it leaves
// behind then ends with the process: a read of a terminal cannot be called off.
func (a *app) readLine(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		read <- result{line, err}
	}()
	select {
	case r := <-read:
		if r.err != nil && r.err != io.EOF {
			return "", fmt.Errorf("read the answer: %w", r.err)
		}
		return r.line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
