package ctl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/penstock/penstock/ctl/render"
)

// app is one command line in the making: what its commands share.
type app struct {
	Process
	output format
	screen screen // stdout
	link   *link
}

func newApp(p Process) *app {
	a := &app{Process: p, output: formatTable, screen: screenOf(p.Stdout)}
	a.link = newLink(defaultSocket(p), a.notice)
	return a
}

// style is how text on stdout is to look.
func (a *app) style() render.Style {
	width, height := a.screen.size()
	return render.Style{
		Colour: a.coloured(a.screen),
		Width:  width,
		Height: height,
		Now:    time.Now(),
	}
}

// errorStyle is how text on stderr is to look.
func (a *app) errorStyle() render.Style {
	return render.Style{Colour: a.coloured(screenOf(a.Stderr)), Now: time.Now()}
}

// coloured tells whether colours are welcome on a screen. Of NO_COLOR any
// value counts that is not empty: https://no-color.org.
func (a *app) coloured(s screen) bool {
	return s.terminal() && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// answer prints a message: itself as JSON, or the text that it becomes.
func (a *app) answer(message any, text func(render.Style) string) error {
	if a.output != formatJSON {
		return a.print(text(a.style()))
	}
	line, err := render.JSON(message)
	if err != nil {
		return err
	}
	return a.print(string(line))
}

// print writes to stdout.
func (a *app) print(text string) error {
	if _, err := io.WriteString(a.Stdout, text); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

// notice says something to a person beside the answer. There is nobody left to
// tell where stderr refuses it.
func (a *app) notice(format string, args ...any) {
	text := strings.TrimRight(fmt.Sprintf(format, args...), "\n")
	fmt.Fprintf(a.Stderr, "%s\n", render.Harmless([]byte(text), true))
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
