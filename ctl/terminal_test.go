package ctl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/rpc"
)

// pty is a terminal of 60 columns and 20 rows: what is done to master is done
// by the person before it.
type pty struct{ master, slave *os.File }

func newPty(t *testing.T) pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo terminals: %v", err)
	}
	var p pty
	p.master = master
	err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	number, err2 := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if p.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	p.setUp(t)
	return p
}

// setUp gives the terminal a size, and takes from it what would change bytes.
func (p pty) setUp(t *testing.T) {
	fd := int(p.slave.Fd())
	err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: 60, Row: 20})
	mode, err2 := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	mode.Oflag &^= unix.OPOST
	mode.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
}

// onTerminal performs a command with all its streams on a terminal on which
// somebody typed something, and returns all that stood there.
func (d *fake) onTerminal(t *testing.T, typed string, env []string, args ...string) (code int, shown string) {
	t.Helper()
	return onTerminal(t, typed, Process{Args: args, Env: append([]string{"PENSTOCK_SOCKET=" + d.socket, "TERM=xterm"}, env...)})
}

func onTerminal(t *testing.T, typed string, process Process) (code int, shown string) {
	t.Helper()
	p := newPty(t)
	if _, err := io.WriteString(p.master, typed); err != nil {
		t.Fatal(err)
	}
	var screen bytes.Buffer
	read := make(chan error, 1)
	go func() {
		_, err := screen.ReadFrom(p.master)
		read <- err
	}()
	process.Stdin, process.Stdout, process.Stderr = p.slave, p.slave, p.slave
	code = Main(t.Context(), process)
	err := p.slave.Close()
	if end := <-read; !errors.Is(end, syscall.EIO) { // what a master reads once nobody has the slave
		err = errors.Join(err, end)
	}
	if err := errors.Join(err, p.master.Close()); err != nil {
		t.Fatal(err)
	}
	return code, screen.String()
}

func TestOutputCannotDriveTheTerminal(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "\x1b]52;c;AAAA\a\x1b[31mred\x1b[2J\n")}})
	for _, c := range []struct {
		name  string
		env   []string
		flags string
		want  string
	}{
		{"colours stay", nil, "", "\x1b[31mred\n\x1b[0m"},
		{"unless there are to be none", []string{"NO_COLOR=1"}, "", "red\n"},
		{"empty NO_COLOR is none", []string{"NO_COLOR="}, "", "\x1b[31mred\n\x1b[0m"},
		{"or the terminal has none", []string{"TERM=dumb"}, "", "red\n"},
		{"raw is raw", nil, "--raw", "\x1b]52;c;AAAA\a\x1b[31mred\x1b[2J\n"},
	} {
		args := append([]string{"logs", "nightly/42/compile"}, strings.Fields(c.flags)...)
		if code, shown := d.onTerminal(t, "", c.env, args...); code != ExitOK || shown != c.want {
			t.Errorf("%s: exit code %d, shown %q, want %q", c.name, code, shown, c.want)
		}
	}
}

func TestShownTextCannotDriveTheTerminal(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineGetRequest](d, rpc.PipelineRevision{Text: "# \x1b]0;t\a\u202e\n"})
	if _, shown := d.onTerminal(t, "", nil, "show", "nightly"); shown != "# <U+202E>\n" {
		t.Errorf("shown %q", shown)
	}
}

func TestDeleteAsksOnATerminal(t *testing.T) {
	for typed, c := range map[string]struct{ code, deletions int }{
		"y\n": {ExitOK, 1}, "YES\n": {ExitOK, 1}, "n\n": {ExitUsage, 0}, "\n": {ExitUsage, 0}, "\x04": {ExitUsage, 0},
	} {
		d := newFake(t)
		always[rpc.PipelineDeleteRequest](d, rpc.PipelineDeleteResponse{Revisions: 2, Runs: 5})
		code, shown := d.onTerminal(t, typed, nil, "delete", "nightly")
		asked := requests[rpc.PipelineDeleteRequest](d)
		if code != c.code || len(asked) != 1+c.deletions || !asked[0].DryRun {
			t.Errorf("%q: exit code %d, asked %+v", typed, code, asked)
		}
		if !strings.Contains(shown, "This deletes pipeline nightly with 2 revisions, 5 runs") {
			t.Errorf("%q: shown %q", typed, shown)
		}
	}
}

func TestWatchRedrawsTheTreeOnATerminal(t *testing.T) {
	d := newFake(t)
	passes(d, "created", "running", "failed")
	code, shown := d.onTerminal(t, "", []string{"NO_COLOR=1"}, "watch", "nightly/42")
	if code != ExitRun {
		t.Errorf("exit code %d", code)
	}
	pictures := strings.Split(shown, "\x1b[J")
	if len(pictures) < 4 || !strings.HasSuffix(pictures[1], "\x1b[3A") {
		t.Fatalf("want three pictures or more, each over the three lines of the one before: %q", pictures)
	}
	for _, want := range []string{"created", "compile  running", "compile  failed     2.0s    script_failure"} {
		for len(pictures) > 0 && !strings.Contains(pictures[0], want) {
			pictures = pictures[1:]
		}
	}
	if len(pictures) != 1 {
		t.Errorf("shown %q: want created, running and failed, in that order and failed last", shown)
	}
}

// TestWatchTellsThatTheDaemonIsAway interrupts a live view whose daemon does
// not come back.
func TestWatchTellsThatTheDaemonIsAway(t *testing.T) {
	words := make(chan string, 1)
	news := make(chan *rpc.RunWatchResponse)
	ended := make(chan error)
	var screen syncBuffer
	a := newApp(Process{Stdout: &screen})
	go func() {
		news <- &rpc.RunWatchResponse{Run: summary("running"), Sequence: 1, Whole: whole("running")}
		words <- "the daemon is away"
		screen.await("the daemon is away\n")
		ended <- context.Canceled
	}()
	if _, err := a.draw(news, ended, words); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestTheDurationOfARunGrowsWhileItsStepsWork(t *testing.T) {
	two := 2.0
	for status, want := range map[string]float64{"running": 5, "manual": 2, "success": 2} {
		run := rpc.Run{RunSummary: summary(status)}
		run.Duration = &two
		if got := aged(run, 3*time.Second); *got.Duration != want || two != 2 {
			t.Errorf("%s: %v after 3 s, want %v", status, *got.Duration, want)
		}
	}
	if got := aged(rpc.Run{RunSummary: summary("running")}, time.Second); got.Duration != nil {
		t.Errorf("a run of which no step has begun worked for %v", *got.Duration)
	}
}
