package main

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// paint writes what the tour itself says: with colours on a terminal, unless
// NO_COLOR (no-color.org) or TERM=dumb asks for none.
type paint struct {
	mu      *sync.Mutex // one line at a time
	out     *os.File
	colours bool
}

func painter(out *os.File) paint {
	_, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS)
	return paint{&sync.Mutex{}, out, err == nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p paint) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, text)
}

func (p paint) in(colour, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p paint) title(text string)          { p.line("\n" + p.in("1", "## "+text)) }
func (p paint) command(text string)        { p.line(p.in("36", "$ "+text)) }
func (p paint) aside(mark, text string)    { p.line(p.in("2", mark+" | "+text)) }
func (p paint) good(f string, args ...any) { p.line(p.in("32", "✓ "+fmt.Sprintf(f, args...))) }
