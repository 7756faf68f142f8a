package step

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/step/tree"
	"github.com/penstock/penstock/plugins/steplog"
)

func TestAnAttemptEndsAsItsWorkSays(t *testing.T) {
	p := launch(t, "x")
	for _, test := range []struct {
		mode, status, reason, message string
	}{
		{"nothing", protocol.Success, "", ""},
		{"fail", protocol.Failed, protocol.ScriptFailure, "the answer is 42"},
		{"error", protocol.Failed, protocol.PluginFailure, "the machinery broke"},
		{"panic", protocol.Failed, protocol.PluginFailure, "a planted panic"},
		{"goexit", protocol.Failed, protocol.PluginFailure, "left its goroutine"},
	} {
		a := mode(t, test.mode)
		r := p.perform(a)
		if r.Status != test.status || r.FailureReason != test.reason || !strings.Contains(r.Message, test.message) {
			t.Errorf("%s: %+v", test.mode, r)
		}
		if r.Attempt != a.name || r.BegunAt.IsZero() || r.EndedAt.Before(r.BegunAt) {
			t.Errorf("%s: attempt %q from %v to %v", test.mode, r.Attempt, r.BegunAt, r.EndedAt)
		}
		if !a.has(protocol.GoFile) || a.has(steplog.Head) {
			t.Errorf("%s: go %v, log %v", test.mode, a.has(protocol.GoFile), a.has(steplog.Head))
		}
	}
}

func TestAScriptsExitCodeIsKept(t *testing.T) {
	p := launch(t, "x")
	for text, want := range map[string]int{"exit 3": 3, "kill -9 $$": 137, "nosuchprogram": 127} {
		r := p.perform(script(t, text, nil))
		if r.FailureReason != protocol.ScriptFailure || r.ExitCode == nil || *r.ExitCode != want {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

func TestAMessageDoesNotRepeatTheExitCode(t *testing.T) {
	p := launch(t, "x")
	for text, want := range map[string]string{
		"exit 3":             "",
		"kill -9 $$":         "sh was killed by SIGKILL (killed)",
		"echo x > none/none": "",
	} {
		if r := p.perform(script(t, text, nil)); r.ExitCode == nil || r.Message != want {
			t.Errorf("%s: %+v", text, r)
		}
	}
	a := newTrial(t, map[string]any{"mode": "wrap", "script": "exit 3"}, nil)
	if r := p.perform(a); r.FailureReason != protocol.ScriptFailure || r.Message != "dump: sh ended with exit code 3" {
		t.Errorf("what the author says of it: %+v", r)
	}
}

func TestBothStreamsAreKeptApartToTheByte(t *testing.T) {
	p := launch(t, "x")
	work := t.TempDir()
	data := make([]byte, 3<<20)
	seed := uint32(1)
	for i := range data {
		seed = seed*1664525 + 1013904223
		data[i] = byte(seed >> 24)
	}
	fatal(t, os.WriteFile(filepath.Join(work, "data"), data, 0o600))
	a := script(t, `cat data; cat data data >&2; printf 'no newline'`, func(r *protocol.Request) { r.Workspace = work })
	r := p.perform(a)
	if r.Status != protocol.Success {
		t.Fatalf("%+v", r)
	}
	if got := a.output(steplog.Stdout); got != string(data)+"no newline" {
		t.Errorf("stdout has %d bytes, differing", len(got))
	}
	if got := a.output(steplog.Stderr); got != string(data)+string(data) {
		t.Errorf("stderr has %d bytes, differing", len(got))
	}
	if info, err := os.Stat(filepath.Join(a.dir, steplog.Head)); err != nil || info.Size() != r.LogSize {
		t.Errorf("log_size is %d, the file %v, %v", r.LogSize, info.Size(), err)
	}
}

func TestStartJoinsInTheSameProcess(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf("echo once >> count; echo ready > %s; read never < %s", ready, ready), nil)
	first := p.begin(a)
	wait()
	second := p.begin(a)
	fatal(t, os.WriteFile(ready, []byte("go on\n"), 0))
	awaitState(t, first, steppb.Progress_ENDED)
	awaitState(t, second, steppb.Progress_ENDED)
	if got := next(t, p.start(a)); got != steppb.Progress_ENDED {
		t.Errorf("a third start says %v", got)
	}
}

func TestTwoProcessesBeginOneAttemptOnce(t *testing.T) {
	one, two := launch(t, "x"), launch(t, "x")
	for round := range 20 {
		count := filepath.Join(t.TempDir(), "count")
		a := script(t, "echo once >> "+count, nil)
		streams := []steppb.Step_StartClient{one.start(a), two.start(a)}
		begun := 0
		for _, stream := range streams {
			for {
				progress, err := stream.Recv()
				if err != nil {
					break
				}
				if progress.GetState() == steppb.Progress_BEGUN {
					begun++
				}
			}
		}
		if text, err := os.ReadFile(count); err != nil || string(text) != "once\n" {
			t.Fatalf("round %d: the work left %q, %v", round, text, err)
		}
		if begun > 1 {
			t.Fatalf("round %d: both say BEGUN", round)
		}
	}
}

func TestAnAttemptThatBeganAndDiedIsNotBegunAgain(t *testing.T) {
	p := launch(t, "x")
	a := script(t, "echo twice >> count", nil)
	fatal(t, os.WriteFile(filepath.Join(a.dir, protocol.GoFile), nil, 0o600))
	if got := next(t, p.start(a)); got != steppb.Progress_ELSEWHERE {
		t.Errorf("start says %v", got)
	}
	if a.has(protocol.ResultFile) {
		t.Error("there is a result")
	}
}

func TestAReaderOfTheLockDoesNotStopTheWork(t *testing.T) {
	p := launch(t, "x")
	a := mode(t, "nothing")
	lock, err := os.Create(filepath.Join(a.dir, protocol.LockFile))
	fatal(t, err)
	defer lock.Close()
	fd := int(lock.Fd())
	fatal(t, syscall.Flock(fd, syscall.LOCK_SH))
	released := make(chan error, 1)
	time.AfterFunc(50*time.Millisecond, func() { released <- syscall.Flock(fd, syscall.LOCK_UN) })
	defer func() { fatal(t, <-released) }()
	if r := p.perform(a); r.Status != protocol.Success {
		t.Errorf("%+v", r)
	}
}

func TestTheLockIsHeldWhileTheWorkRuns(t *testing.T) {
	p := launch(t, "x")
	a := mode(t, "wait")
	stream := p.begin(a)
	lock, err := os.Open(filepath.Join(a.dir, protocol.LockFile))
	fatal(t, err)
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
		t.Errorf("the lock can be taken: %v", err)
	}
	text, err := os.ReadFile(lock.Name())
	if want := fmt.Sprintf(`{"process":"p1","pid":%d,"boot_id":"`, p.cmd.Process.Pid); err != nil || !strings.HasPrefix(string(text), want) {
		t.Errorf("the lock says %s, %v", text, err)
	}
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	fatal(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB))
}

// treeScript leaves, besides itself, a child and a grandchild in a session of
// its own, all deaf to TERM, and says when they are there.
const treeScript = `
trap '' TERM
sh -c 'trap "" TERM; echo child; while :; do sleep 1; done' &
setsid sh -c 'setsid sh -c "trap \"\" TERM; echo deep > %s; while :; do sleep 1; done" & exit 0'
while :; do sleep 1; done
`

func TestCancelEndsATreeThatIgnoresTerm(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf(treeScript, ready), func(r *protocol.Request) { r.Grace = 300 * time.Millisecond })
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if r := a.result(); r.Status != protocol.Canceled || r.FailureReason != "" {
		t.Errorf("%+v", r)
	}
	if left := a.alive(); len(left) > 0 {
		t.Errorf("alive after the end: %v", left)
	}
}

// What outlives the step's own process has the same grace, not one more.
func TestACancelTakesNoLongerThanItsGrace(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	ready, wait := fifo(t)
	const grace = 5 * time.Second
	a := script(t, fmt.Sprintf(treeScript, ready), func(r *protocol.Request) { r.Grace = grace })
	stream := p.begin(a)
	wait()
	begun := time.Now()
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if took := time.Since(begun); took < grace || took >= 2*grace {
		t.Errorf("it took %v with a grace of %v", took, grace)
	}
	if r, left := a.result(), a.alive(); len(r.Leftovers) == 0 || len(left) > 0 {
		t.Errorf("%+v, alive: %v", r, left)
	}
}

// A shell dies of TERM at once; the program that it waited for may clean up.
// (It must not print: the log is closed with the shell.)
func TestWhatOutlivesACanceledShellMayCleanUp(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	work := t.TempDir()
	a := script(t, fmt.Sprintf(`sh -c 'trap "sleep 0.2; echo cleaned > $PENSTOCK_WORKSPACE/cleaned; exit" TERM; echo > %s; while :; do sleep 0.01; done' 2> /dev/null; true`, ready),
		func(r *protocol.Request) { r.Grace, r.Workspace = patience, work })
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if _, err := os.Stat(filepath.Join(work, "cleaned")); err != nil {
		t.Errorf("%v: %+v", err, a.result())
	}
}

func TestForceDoesNotWaitForTheGrace(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf(treeScript, ready), func(r *protocol.Request) { r.Grace = time.Hour })
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	p.cancel(a, true)
	awaitState(t, stream, steppb.Progress_ENDED)
	if r, left := a.result(), a.alive(); r.Status != protocol.Canceled || len(left) > 0 {
		t.Errorf("%+v, alive: %v", r, left)
	}
}

func TestTheTimeoutEndsTheWork(t *testing.T) {
	p := launch(t, "x")
	for name, a := range map[string]*trial{
		"script": script(t, "sleep 600", func(r *protocol.Request) { r.Timeout = 200 * time.Millisecond }),
		"work": newTrial(t, map[string]any{"mode": "wait"}, func(r *protocol.Request) {
			r.Timeout = 200 * time.Millisecond
		}),
	} {
		r := p.perform(a)
		if r.Status != protocol.Failed || r.FailureReason != protocol.StepTimeout || !strings.Contains(r.Message, "200ms") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestACanceledScriptMayCleanUp(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf("trap 'echo cleaned; exit 0' TERM; echo > %s; while :; do sleep 0.01; done", ready), nil)
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if r, out := a.result(), a.output(steplog.Stdout); r.Status != protocol.Canceled || out != "cleaned\n" {
		t.Errorf("%+v, output %q", r, out)
	}
}

func TestLeftoversAreEndedAndNamed(t *testing.T) {
	for name, capacity := range map[string]string{"one attempt": "x", "several attempts": "xxx"} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, capacity)
			other := mode(t, "wait")
			if capacity != "x" {
				p.begin(other)
			}
			// A program has no command line yet while it is being executed.
			a := script(t, `sleep 600 & (setsid sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 601' &)
				until test -e pid; do sleep 0.01; done
				for p in $! $(cat pid); do until grep -qz "^sleep" /proc/$p/cmdline; do sleep 0.01; done; done`, nil)
			r := p.perform(a)
			if r.Status != protocol.Success || len(a.alive()) > 0 {
				t.Errorf("%+v, alive: %v", r, a.alive())
			}
			all := strings.Join(r.Leftovers, "\n")
			if len(r.Leftovers) != 2 || !strings.Contains(all, "sleep 600") || !strings.Contains(all, "sleep 601") {
				t.Errorf("leftovers %q", r.Leftovers)
			}
		})
	}
}

func TestALeftoverThatHoldsThePipeIsNotWaitedFor(t *testing.T) {
	p := launch(t, "x")
	a := script(t, "yes & echo last >&2", nil)
	if r := p.perform(a); r.Status != protocol.Success || a.output(steplog.Stderr) != "last\n" {
		t.Errorf("%+v, stderr %q", r, a.output(steplog.Stderr))
	}
}

func TestOrphansAreReaped(t *testing.T) {
	p := launch(t, "x")
	for range 5 {
		if r := p.perform(script(t, "(true &); (setsid true &); true", nil)); r.Status != protocol.Success {
			t.Fatalf("%+v", r)
		}
	}
	children, err := os.ReadDir("/proc")
	fatal(t, err)
	for _, c := range children {
		stat, err := os.ReadFile("/proc/" + c.Name() + "/stat")
		if err == nil && strings.Contains(string(stat), fmt.Sprintf(") Z %d ", p.cmd.Process.Pid)) {
			t.Errorf("zombie %s", stat)
		}
	}
}

func TestSettingsThatAreRefusedNeverBegin(t *testing.T) {
	p := launch(t, "x")
	a := newTrial(t, map[string]any{"mod": "x", "script": 1}, nil)
	r := p.perform(a)
	if r.Status != protocol.Failed || r.FailureReason != protocol.PluginFailure || a.has(protocol.GoFile) {
		t.Errorf("%+v, go %v", r, a.has(protocol.GoFile))
	}
	for _, want := range []string{`mod is no setting of this step; did you mean "mode"?`, "mode is missing", "script must be a text"} {
		if !strings.Contains(r.Message, want) {
			t.Errorf("message %q says nothing of %q", r.Message, want)
		}
	}
}

func TestADirectoryThatCannotBeUsedIsAnErrorOfTheCall(t *testing.T) {
	p := launch(t, "x")
	mine := mode(t, "nothing")
	for name, a := range map[string]*trial{
		"missing":   {t, "a/1/b/c/1", filepath.Join(t.TempDir(), "none")},
		"another's": {t, "other/1/b/c/1", mine.dir},
	} {
		_, err := p.start(a).Recv()
		if status.Code(err) != codes.FailedPrecondition {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r := p.perform(mine); r.Status != protocol.Success {
		t.Errorf("the process does not go on: %+v", r)
	}
}

func TestKillingThePluginLeavesWhatTheHostNeeds(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := script(t, fmt.Sprintf(treeScript, ready), nil)
	p.begin(a)
	wait()
	fatal(t, p.cmd.Process.Kill())
	p.awaitExit()
	lock, err := os.Open(filepath.Join(a.dir, protocol.LockFile))
	fatal(t, err)
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		t.Errorf("the lock of a dead plugin: %v", err)
	}
	if a.has(protocol.ResultFile) || !a.has(protocol.GoFile) {
		t.Errorf("result %v, go %v", a.has(protocol.ResultFile), a.has(protocol.GoFile))
	}
	killed, err := tree.Kill(tree.Target{Mark: filepath.Join(a.dir, protocol.OutputsFile)}, patience)
	if err != nil || len(killed) < 3 {
		t.Errorf("killed %q, %v", killed, err)
	}
	if left := a.alive(); len(left) > 0 {
		t.Errorf("alive: %v", left)
	}
}

func TestOutputsAreWrittenAsTheyAreRead(t *testing.T) {
	p := launch(t, "x")
	a := mode(t, "output")
	if r := p.perform(a); r.Status != protocol.Success {
		t.Fatalf("%+v", r)
	}
	got, err := protocol.ReadOutputs(a.dir)
	if err != nil || got["one"] != "1" || got["two"] != "first\nsecond\nEND\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOutputsThatCannotBeReadFailTheStep(t *testing.T) {
	p := launch(t, "x")
	for name, text := range map[string]string{
		"garbage": `echo garbage > $PENSTOCK_OUTPUT`,
		"a link":  `ln -s /etc/passwd $PENSTOCK_OUTPUT`,
		"a fifo":  `mkfifo $PENSTOCK_OUTPUT`,
		"a flood": `yes a=b | head -c 100000 > $PENSTOCK_OUTPUT`,
	} {
		r := p.perform(script(t, text, nil))
		if r.FailureReason != protocol.ScriptFailure || !strings.Contains(r.Message, "outputs") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAStepSeesOnlyItsOwnEnvironment(t *testing.T) {
	p := launch(t, "x")
	a := script(t, "env; readlink /proc/self/fd/0; grep SigIgn /proc/self/status; umask", func(r *protocol.Request) {
		r.Environment = map[string]string{"PGHOST": "db", "PENSTOCK_RUN": "forged", "PENSTOCK_STATUS": "forged"}
	})
	if r := p.perform(a); r.Status != protocol.Success {
		t.Fatalf("%+v", r)
	}
	out := a.output(steplog.Stdout)
	for _, want := range []string{"PGHOST=db\n", "PENSTOCK_RUN=1\n", "PENSTOCK_ATTEMPT=" + a.name + "\n", "PATH=" + defaultPath + "\n", "/dev/null\n", "0022\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var ignored uint64
	_, mask, _ := strings.Cut(out, "SigIgn:\t")
	if _, err := fmt.Sscanf(mask, "%x", &ignored); err != nil {
		t.Errorf("no mask of ignored signals in\n%s", out)
	}
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE, syscall.SIGTERM} {
		if ignored&(1<<(sig-1)) != 0 {
			t.Errorf("%v is ignored", sig)
		}
	}
	if strings.Contains(out, "SECRET") || strings.Contains(out, "PENSTOCK_STATUS") || strings.Contains(out, "PLUGIN_") {
		t.Errorf("the plugin's environment leaks:\n%s", out)
	}
}

// The daemon gives directories of ended attempts to new ones, with the files in
// them that every attempt makes.
func TestADirectoryThatIsUsedAgainShowsNothingOfItsPast(t *testing.T) {
	p := launch(t, "x")
	a := mode(t, "nothing")
	long := strings.Repeat("x", 4000)
	for _, name := range []string{protocol.LockFile, protocol.ResultFile + ".tmp"} {
		fatal(t, os.WriteFile(filepath.Join(a.dir, name), []byte(long), 0o600))
	}
	if r := p.perform(a); r.Status != protocol.Success {
		t.Errorf("%+v", r)
	}
	text, err := os.ReadFile(filepath.Join(a.dir, protocol.LockFile))
	var holder protocol.Holder
	if err != nil || json.Unmarshal(text, &holder) != nil || holder.Process != "p1" {
		t.Errorf("the lock says %.200q, %v", text, err)
	}
}
