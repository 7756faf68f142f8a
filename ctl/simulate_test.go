package ctl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

const buildAndTest = `name = "pair"
[[stage]]
name = "build"
step = [{ name = "build", uses = "shell" }]
[[stage]]
name = "test"
step = [{ name = "test", uses = "shell" }]
`

// pretended is a simulation that notes what it is asked for. What ends well lets
// the next step pend; what fails skips it.
type pretended struct {
	start config.Start
	calls []string
	past  [][2]string
	now   [2]string // statuses of build and test
}

func (p *pretended) begin(_ *config.Pipeline, s config.Start) (Simulation, error) {
	p.start, p.now = s, [2]string{"pending", "created"}
	return p, nil
}

func (p *pretended) note(format string, args ...any) {
	p.calls, p.past = append(p.calls, fmt.Sprintf(format, args...)), append(p.past, p.now)
}

func (p *pretended) Run() *rpc.Run {
	step := func(name, status string) rpc.RunStage {
		return rpc.RunStage{Name: name, Status: status, Steps: []rpc.RunStep{{Name: name, Status: status}}}
	}
	return &rpc.Run{
		RunSummary: rpc.RunSummary{Pipeline: "pair", Status: p.now[0]},
		Stages:     []rpc.RunStage{step("build", p.now[0]), step("test", p.now[1]), {Name: "empty"}},
	}
}

func (p *pretended) Now() time.Time { return p.start.At }

func (p *pretended) Begin(steps []string) error {
	p.note("begin %v", steps)
	p.now[0] = "running"
	return nil
}

func (p *pretended) End(steps []string, o config.Outcome) error {
	if p.now[0] == o.Status {
		return errors.New("it has ended")
	}
	exit := "-"
	if o.ExitCode != nil {
		exit = fmt.Sprint(*o.ExitCode)
	}
	p.note("end %q %s %s %s%s", steps, o.Status, o.Reason, exit, strings.TrimPrefix(fmt.Sprint(o.Outputs), "map[]"))
	p.now = map[string][2]string{"success": {"success", "pending"}, "failed": {"failed", "skipped"}}[o.Status]
	return nil
}

func (p *pretended) Do(a config.Act) error {
	p.note("%s %v %v", a.Do, a.Steps, a.Variables)
	return nil
}

func (p *pretended) Wait(d time.Duration) error {
	p.note("wait %v", d)
	return nil
}

func (p *pretended) Undo() bool {
	n := len(p.past)
	if n > 0 {
		p.now, p.past, p.calls = p.past[n-1], p.past[:n-1], append(p.calls, "undo")
	}
	return n > 0
}

func (p *pretended) Reason(step string) string { return "because of " + step }

func (p *pretended) Why(step string) (*rpc.Explanation, error) {
	if step == "nobody" {
		return nil, errors.New(`no step "nobody"`)
	}
	return &rpc.Explanation{Subject: "the causes of " + step, Text: "and more"}, nil
}

// without performs a command that needs no daemon.
func without(p Process, stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	p.Args, p.Stdin, p.Stdout, p.Stderr = args, strings.NewReader(stdin), &stdout, &stderr
	code := Main(context.Background(), p)
	return result{code, stdout.String(), stderr.String()}
}

func simulating(t *testing.T, stdin string, args ...string) (*pretended, result) {
	p := &pretended{}
	file := writeFile(t, "pair.toml", buildAndTest)
	return p, without(Process{Simulate: p.begin}, stdin, append([]string{"simulate", file}, args...)...)
}

func TestSimulatePrintsTheStatesAfterEachEvent(t *testing.T) {
	events := `{"name": "x", "init": {"run": "never looked at"}, "transitions": [
		{"event": "run", "steps": ["build"], "expect": {}},
		{"event": "drop", "steps": ["build"], "exit_code": 3},
		{"event": "retry"},
		{"event": "play", "steps": ["test"], "variables": {"A": "b"}},
		{"event": "wait", "for": "1h30m"},
		{"event": "success", "steps": ["build", "test"]}]}`
	p, r := simulating(t, events, "--events", "-", "-o", "json")
	failed := `{"run":"failed","stages":{"build":"failed","test":"skipped"},"steps":{"build":"failed","test":"skipped"}}`
	r.wants(t, ExitOK, `[{"run":"pending","stages":{"build":"pending","test":"created"},"steps":{"build":"pending","test":"created"}},`+
		`{"run":"running","stages":{"build":"running","test":"created"},"steps":{"build":"running","test":"created"}},`+
		strings.Repeat(failed+",", 4)+
		`{"run":"success","stages":{"build":"success","test":"pending"},"steps":{"build":"success","test":"pending"}}]`+"\n", "")
	want := []string{
		"begin [build]", `end ["build"] failed script_failure 3`, "retry [] map[]", "play [test] map[A:b]", "wait 1h30m0s",
		`end ["build" "test"] success  -`,
	}
	if !reflect.DeepEqual(p.calls, want) {
		t.Errorf("called %q, want %q", p.calls, want)
	}
	_, table := simulating(t, events, "--events", "-")
	for _, line := range []string{
		"EVENT                RUN      STEPS\n", "0  created              pending  build pending, test created\n",
		"2  drop build           failed   build failed, test skipped\n", "5  wait 1h30m           failed\n",
	} {
		table.wants(t, ExitOK, line, "")
	}
}

func TestSimulateSaysWhichEventDoesNotFit(t *testing.T) {
	for events, stderr := range map[string]string{
		`{"transitions": [{"event": "success", "steps": ["build"]}, {"event": "success", "steps": ["build"]}]}`: "transition 2 (success build): it has ended",
		`{"transitions": [{"event": "explode", "steps": ["build"]}]}`:                                           "transition 1 (explode build): there is no such event; known are run, success",
		`{"transitions": [{"event": "drop"}]}`:                                                                  "transition 1 (drop): it names no steps",
		`{"transitions": [{"event": "wait", "for": "long"}]}`:                                                   `"long" is no duration`,
		`{"steps": []}`: "holds no events: want",
		`[`:             `holds no events: want {"transitions": [{"event": "success", "steps": ["build"]}]}: unexpected end`,
	} {
		_, r := simulating(t, events, "--events", "-", "-o", "json")
		r.wants(t, ExitUsage, "", stderr)
	}
}

func TestSimulateGivesTheRunItsValues(t *testing.T) {
	inputs := writeFile(t, "inputs.json", `{"keep": 7, "hosts": ["a"]}`)
	p, r := simulating(t, "", "--input-file", inputs, "--input", "keep=3=4", "--var", "A=", "--source", "schedule", "--actor", "alice", "--trigger", "nightly", "--payload", "{}", "--at", "2026-03-29T02:30:00+02:00")
	r.wants(t, ExitOK, "pair  pending\n", "")
	want := config.Start{
		Inputs: map[string]any{"keep": "3=4", "hosts": []any{"a"}}, Variables: map[string]string{"A": ""},
		Source: "schedule", Actor: "alice", Trigger: "nightly", Heard: config.Heard{Payload: "{}"}, At: p.start.At,
	}
	if !reflect.DeepEqual(p.start, want) || p.start.At.Unix() != 1774744200 {
		t.Errorf("started with %+v", p.start)
	}
}

func TestSimulateRefusesWrongUse(t *testing.T) {
	for args, stderr := range map[string]string{
		"--at tomorrow":      "is no time",
		"--input keep":       "want KEY=VALUE",
		"--var A":            "want KEY=VALUE",
		"-o json":            "with -o json give the events",
		"--events /no/where": "no such file",
	} {
		_, r := simulating(t, "", strings.Fields(args)...)
		r.wants(t, ExitUsage, "", stderr)
	}
	refusing := Process{Simulate: func(*config.Pipeline, config.Start) (Simulation, error) { return nil, errors.New("keep is missing") }}
	without(refusing, "", "simulate", writeFile(t, "p.toml", buildAndTest)).wants(t, ExitUsage, "", "p.toml: keep is missing")
	without(refusing, "", "simulate", writeFile(t, "p.toml", "name = 1")).wants(t, ExitUsage, "", "p.toml:1:1: name must be a string")
	without(refusing, buildAndTest, "simulate", "-").wants(t, ExitUsage, "", "standard input can be one of")
	_, r := simulating(t, "{}", "--input-file", "-")
	r.wants(t, ExitUsage, "", "standard input can be one of")
}

func TestAWalkSaysWhatChangesAndWhy(t *testing.T) {
	p, r := simulating(t, "# a comment\n\nif fail build 7\nrun build\nfail build lost\nundo\nok build a=b=c \"d= e\"\nundo\nok\nwhy\nwhy build\nwait 1w\nplay \"test: [a, b]\"\nretry\ncancel test\n?\nshow\nquit\nnever read\n")
	for _, text := range []string{
		"pair  pending\n  build    pending\n    build  pending\n  test     created\n    test   created\n",
		"  build/build: pending → failed  because of build\n  test/test: created → skipped  because of test\n  the run: pending → failed\n",
		"  build/build: failed → running  because of build\n",
		"  build/build: running → success  because of build\n",
		"\nthe causes of \n  and more\nthe causes of build\n  and more\n  nothing changes\n", "fail STEP... [HOW]", "pair  success\n",
	} {
		r.wants(t, ExitOK, text, "")
	}
	want := []string{
		`end ["build"] failed script_failure 7`, "undo", "begin [build]", `end ["build"] failed lost -`, "undo",
		`end ["build"] success  -map[a:b=c d: e]`, "undo", `end ["build"] success  -`, "wait 168h0m0s", "play [test: [a, b]] map[]", "retry [] map[]", "cancel [test] map[]",
	}
	if !reflect.DeepEqual(p.calls, want) {
		t.Errorf("called %q\nwant %q", p.calls, want)
	}
}

func TestAWalkFromAFileStopsAtTheFirstErrorWithItsLine(t *testing.T) {
	for line, stderr := range map[string]string{
		"frob build": `line 2: there is no "frob"`, "ok build": "line 2: it has ended", "play": "line 2: play wants the name of a step",
		"fail": "line 2: fail wants", "wait": "line 2: wait wants", "wait x": "no duration", "why a b": "one step",
		"why nobody": `no step "nobody"`, "if": "if wants an event", `ok "build`: "quote",
	} {
		_, r := simulating(t, "ok build\n"+line+"\nok\n")
		r.wants(t, ExitUsage, "pair", stderr)
	}
	_, r := simulating(t, "fail build\nok\n")
	r.wants(t, ExitUsage, "pair", "line 2: ok: nothing is pending or at work")
	_, r = simulating(t, "undo\n")
	r.wants(t, ExitUsage, "pair", "nothing has happened yet")
}

func TestAPersonWhoErrsWalksOn(t *testing.T) {
	p := &pretended{}
	args := []string{"simulate", writeFile(t, "pair.toml", buildAndTest)}
	code, shown := onTerminal(t, "fly\nok build\nquit\n", Process{Args: args, Env: []string{"TERM=xterm"}, Simulate: p.begin})
	for _, text := range []string{"> there is no \"fly\"; ? shows what there is\n> ", "build/build: \x1b[33mpending\x1b[0m → \x1b[32msuccess"} {
		if code != ExitOK || !strings.Contains(shown, text) {
			t.Errorf("exit code %d, want %q in\n%q", code, text, shown)
		}
	}
}

func TestAWalkIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &pretended{}
	end, stdin := io.Pipe()
	defer stdin.Close()
	var stdout syncBuffer
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, Process{
			Args: []string{"simulate", writeFile(t, "pair.toml", buildAndTest)}, Stdin: end, Stdout: &stdout, Stderr: io.Discard, Simulate: p.begin,
		})
	}()
	stdout.await("pending")
	cancel()
	if got := <-code; got != ExitInterrupted {
		t.Errorf("exit code %d", got)
	}
}
