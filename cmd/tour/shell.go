package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// run shows a command, runs it as it is shown, and fails if it does.
func (g *guide) run(ctx context.Context, line string) error {
	g.paint.command(line)
	cmd := g.shell(ctx, line)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

func (g *guide) runAll(ctx context.Context, lines ...string) error {
	for _, line := range lines {
		if err := g.run(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// output is what a command prints, without showing it.
func (g *guide) output(ctx context.Context, line string) ([]byte, error) {
	out, err := g.shell(ctx, line).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", line, err)
	}
	return out, nil
}

// background is a command whose lines are shown, each behind a mark, while
// others run. Its end is waited for with wait.
type background struct {
	line  string
	cmd   *exec.Cmd
	first chan struct{} // gets a value when its first line was shown
	shown chan struct{} // closed when its last line was shown
}

func (g *guide) background(ctx context.Context, line, mark string) (*background, error) {
	g.paint.command(line + " &")
	b := &background{line: line, cmd: g.shell(ctx, line), first: make(chan struct{}, 1), shown: make(chan struct{})}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	b.cmd.Stdout, b.cmd.Stderr = writer, writer
	err = b.cmd.Start()
	if closed := writer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", line, err)
	}
	go func() {
		defer close(b.shown)
		defer reader.Close()
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			g.paint.aside(mark, lines.Text())
			select {
			case b.first <- struct{}{}:
			default: // it was not the first
			}
		}
	}()
	return b, nil
}

// appear waits for the first line of the command: from then on it does its
// work. One that ends without a line is an error.
func (b *background) appear() error {
	select {
	case <-b.first:
		return nil
	case <-b.shown:
	}
	select {
	case <-b.first: // it had one, and ended at once
		return nil
	default:
		return fmt.Errorf("%s: it ended without a word", b.line)
	}
}

func (b *background) wait() error {
	<-b.shown
	if err := b.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", b.line, err)
	}
	return nil
}

// shell is a command in a process group of its own: what Ctrl-C at the
// terminal means is for us to say, and its end is that of the whole pipe.
func (g *guide) shell(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env = append(os.Environ(), "T="+g.dir, "PATH="+g.bin+":"+os.Getenv("PATH"), "PENSTOCK_SOCKET="+g.socket())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}
