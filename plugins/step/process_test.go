package step

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/steplog"
)

func TestCapacityIsALimit(t *testing.T) {
	p := launch(t, "xx")
	one, two, three := mode(t, "wait"), mode(t, "wait"), mode(t, "nothing")
	stream := p.begin(one)
	p.begin(two)
	if _, err := p.start(three).Recv(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a third attempt: %v", err)
	}
	p.cancel(one, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if got := p.perform(three).Status; got != protocol.Success {
		t.Errorf("with room again: %s", got)
	}
}

func TestWorkGoesOnWithoutAHost(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf("echo before; echo > %s; read line < %s; echo after", ready, ready), nil)
	p.begin(a)
	wait()
	fatal(t, p.conn.Close())
	fatal(t, p.stdout.Close())
	p.connect()
	stream := p.begin(a) // joins
	fatal(t, os.WriteFile(ready, []byte("x\n"), 0))
	awaitState(t, stream, steppb.Progress_ENDED)
	if out := a.output(steplog.Stdout); out != "before\nafter\n" {
		t.Errorf("output %q", out)
	}
}

func TestPrintingWithoutAReaderHarmsNobody(t *testing.T) {
	p := launch(t, "x")
	fatal(t, p.stdout.Close())
	if r := p.perform(mode(t, "print")); r.Status != protocol.Success {
		t.Errorf("%+v", r)
	}
}

func TestSignalsOfATerminalDoNothing(t *testing.T) {
	p := launch(t, "x")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE} {
		fatal(t, p.cmd.Process.Signal(sig))
	}
	if r := p.perform(mode(t, "nothing")); r.Status != protocol.Success {
		t.Errorf("%+v", r)
	}
}

func TestTermEndsAnIdleProcess(t *testing.T) {
	p := launch(t, "x")
	p.perform(mode(t, "nothing"))
	fatal(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.awaitExit()
	if _, err := os.Stat(p.addr); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

func TestABusyProcessEndsAfterItsWork(t *testing.T) {
	stops := map[string]func(*process) error{
		"SIGTERM": func(p *process) error { return p.cmd.Process.Signal(syscall.SIGTERM) },
		"Shutdown": func(p *process) error {
			return p.conn.Invoke(context.Background(), "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{})
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			p := launch(t, "xx")
			ready, wait := fifo(t)
			a := script(t, fmt.Sprintf("echo > %s; read line < %s; echo done", ready, ready), nil)
			stream := p.begin(a)
			wait()
			fatal(t, stop(p))
			refused(t, p)
			fatal(t, os.WriteFile(ready, []byte("x\n"), 0))
			awaitState(t, stream, steppb.Progress_ENDED)
			p.awaitExit()
			if r := a.result(); r.Status != protocol.Success || a.output(steplog.Stdout) != "done\n" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// refused waits until the process takes no more attempts; a signal is not
// delivered at once.
func refused(t *testing.T, p *process) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; {
		_, err := p.start(mode(t, "nothing")).Recv()
		if status.Code(err) == codes.Unavailable {
			return
		}
	}
	t.Fatal("the process takes attempts after it was told to end")
}

func TestAProcessThatIsAloneEnds(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	a := script(t, "sleep 0.1", nil)
	p.begin(a)
	fatal(t, p.conn.Close())
	p.awaitExit()
	if r := a.result(); r.Status != protocol.Success {
		t.Errorf("%+v", r)
	}
}

func TestWorkThatIgnoresItsEndTakesTheProcessWithIt(t *testing.T) {
	t.Parallel()
	p := launch(t, "xx")
	hangs := newTrial(t, map[string]any{"mode": "hang"}, func(r *protocol.Request) { r.Grace = 0 })
	ready, wait := fifo(t)
	works := script(t, fmt.Sprintf("echo > %s; read line < %s", ready, ready), nil)
	p.begin(hangs)
	stream := p.begin(works)
	wait()
	p.cancel(hangs, false)
	said := func() bool { return strings.Contains(p.errors(), "ignores the end of its context") }
	for begun := time.Now(); !said() && time.Since(begun) < patience; {
		if _, err := p.client.Describe(context.Background(), &steppb.DescribeRequest{}); err != nil {
			t.Fatal("the process ended under an attempt that works: ", err)
		}
	}
	fatal(t, os.WriteFile(ready, []byte("x\n"), 0))
	awaitState(t, stream, steppb.Progress_ENDED)
	p.awaitExit()
	if r := works.result(); r.Status != protocol.Success {
		t.Errorf("the other attempt: %+v", r)
	}
	if hangs.has(protocol.ResultFile) {
		t.Error("an attempt that was never seen to end has a result")
	}
}

func TestCheckSaysAllThatIsWrong(t *testing.T) {
	p := launch(t, "x")
	answer, err := p.client.Check(context.Background(), &steppb.CheckRequest{Settings: []byte(`{"mode": 3, "scrpt": "x", "zz": {}}`)})
	fatal(t, err)
	var got []string
	for _, problem := range answer.GetProblems() {
		got = append(got, problem.GetPath())
		if !strings.HasPrefix(problem.GetMessage(), problem.GetPath()+" ") {
			t.Errorf("%s is not named: %q", problem.GetPath(), problem.GetMessage())
		}
	}
	if strings.Join(got, " ") != "scrpt zz mode" {
		t.Errorf("problems at %q", got)
	}
}

func TestByHandItExplainsItself(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{pluginVariable + "=x"}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--describe") {
		t.Errorf("%v: %s", err, out)
	}
	cmd = exec.Command(os.Args[0], "--describe")
	cmd.Env = []string{pluginVariable + "=x"}
	out, err = cmd.Output()
	if err != nil || !strings.Contains(string(out), `"mode"`) {
		t.Errorf("%v: %s", err, out)
	}
}
