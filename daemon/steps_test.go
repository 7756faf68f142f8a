package daemon

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// cells is a plan with a matrix whose values hold slashes.
func cells() *run.Plan {
	return &run.Plan{
		Pipeline: "a", Number: 7,
		Stages: []run.PlanStage{{Name: "build"}, {Name: "deploy"}},
		Steps: []run.PlanStep{
			{Name: "make", Stage: 0},
			{Name: "test: [linux, a/b]", Address: "test@1", Stage: 0, Group: 1},
			{Name: "test: [mac, c]", Address: "test@2", Stage: 0, Group: 1},
			{Name: "load 1/2", Address: "load@1", Stage: 1, Group: 2},
		},
		Groups: []run.Group{{Name: "test"}, {Name: "load"}},
		Absent: []run.Absent{
			{Stage: "deploy", Name: "beta", Why: "rule 1 says never"}, {Stage: "deploy", Name: "load 2/2", Address: "load@2", Why: "no load"},
			{Stage: "deploy", Name: "tidy: [a]", Address: "tidy@1", Why: "no a"}, {Stage: "deploy", Name: "tidy: [b]", Address: "tidy@2", Why: "no b"},
		},
	}
}

func TestStepsAreFoundByWhatPeopleCallThem(t *testing.T) {
	for name, want := range map[string][]int{
		"make": {0}, "build/make": {0}, "test": {1, 2}, "build/test": {1, 2}, "test@2": {2}, "build/test@1": {1},
		"test: [linux, a/b]": {1}, "build/test: [linux, a/b]": {1}, "load 1/2": {3}, "deploy/load 1/2": {3},
	} {
		if got, err := findSteps(cells(), []string{name}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v (%v), want %v", name, got, err, want)
		}
	}
	if got, err := findSteps(cells(), []string{"test@2", "test", "make"}); err != nil || !slices.Equal(got, []int{2, 1, 0}) {
		t.Errorf("%v (%v): want each step once, in the order of the names", got, err)
	}
	for _, name := range []string{"", "/", "nope", "deploy/make", "nowhere/make", "test@3", "build/", "test: [linux]"} {
		_, err := findSteps(cells(), []string{name})
		refused(t, err, rpc.CodeNotFound, "a/7", name)
	}
	for name, why := range map[string]string{"deploy/beta": "rule 1 says never", "tidy": "no a", "deploy/tidy@2": "no b", "load 2/2": "no load"} {
		_, err := findSteps(cells(), []string{name})
		refused(t, err, rpc.CodeNotFound, name, why)
	}
}

func TestWhyNamesTheRulesThatLeftAMatrixOut(t *testing.T) {
	r, _ := run.New(cells(), time.Now(), false)
	for name, want := range map[string][]string{
		"beta":          {"deploy/beta it is not in this run: rule 1 says never"},
		"tidy":          {"tidy it is 2 steps, none of which is in this run", "deploy/tidy: [a] it is not in this run: no a", "deploy/tidy: [b] it is not in this run: no b"},
		"deploy/tidy@2": {"deploy/tidy: [b] it is not in this run: no b"}, "tidy: [a]": {"deploy/tidy: [a] it is not in this run: no a"},
		"load@2": {"deploy/load 2/2 it is not in this run: no load"},
	} {
		x, err := explain(r, name)
		got := []string{x.Subject + " " + x.Text}
		for _, cause := range x.Causes {
			got = append(got, cause.Subject+" "+cause.Text)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q (%v), want %q", name, got, err, want)
		}
	}
	if x, err := explain(r, "load"); err != nil || x.Subject != "load 1/2" {
		t.Errorf("a cell of load is in the run: %q, %v", x.Subject, err)
	}
	for _, name := range []string{"", "build", "nobody/tidy"} {
		if found := absentees(r.Plan, name); found != nil {
			t.Errorf("%q means %v", name, found)
		}
	}
}

func TestWhatAnAnswerCallsAStepIsFoundAgain(t *testing.T) {
	p := cells()
	for i := range p.Steps {
		if got, err := findSteps(p, []string{stepName(p, i)}); err != nil || !slices.Equal(got, []int{i}) {
			t.Errorf("%s is %v (%v), want %d", stepName(p, i), got, err, i)
		}
	}
}

func TestOfAMatrixThoseCellsAreMeantThatFit(t *testing.T) {
	r, _ := run.New(cells(), time.Now(), false)
	if _, err := r.Apply(run.Cancel{Cancellation: run.Cancellation{At: time.Now()}, Steps: []int{1}}); err != nil {
		t.Fatal(err)
	}
	over := (*run.Step).CanRetry
	for name, want := range map[string][]int{"test": {1}, "build/test": {1}, "test@2": {2}, "make": {0}, "load": {3}} {
		if got, err := fitting(r, []string{name, name}, over); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v (%v), want %v", name, got, err, want)
		}
	}
	none := func(*run.Step) bool { return false }
	if got, err := fitting(r, []string{"test"}, none); err != nil || !slices.Equal(got, []int{1, 2}) {
		t.Errorf("%v (%v): want all cells where none fits: the refusal names one", got, err)
	}
}

func TestVariablesThatNoStepMayHaveAreAllNamed(t *testing.T) {
	err := checkVariables(map[string]string{"FINE": "x", "BASH_ENV": "x", "1A": "", "NUL": "a\x00"})
	var refusal *rpc.Error
	if !errors.As(err, &refusal) || refusal.Code != rpc.CodeInvalid {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range refusal.Data.(rpc.InvalidData).Problems {
		paths = append(paths, p.Path)
	}
	if got := strings.Join(paths, " "); got != "variables.1A variables.BASH_ENV variables.NUL" {
		t.Errorf("refused %s", got)
	}
	if err := checkVariables(nil); err != nil {
		t.Error(err)
	}
	refused(t, checkVariables(map[string]string{"A": strings.Repeat("x", maxVariables)}), rpc.CodeInvalid, "at most 65536")
}

func TestARequestThatMeansNothingIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	r := h.perform("nightly")
	play := func(q rpc.RunPlayRequest) error {
		q.Run = r.Name
		_, err := h.RunPlay(t.Context(), &q)
		return err
	}
	refused(t, play(rpc.RunPlayRequest{}), rpc.CodeInvalid, "one of the two")
	refused(t, play(rpc.RunPlayRequest{Steps: []string{"x"}, Stage: "main"}), rpc.CodeInvalid, "one of the two")
	refused(t, play(rpc.RunPlayRequest{Stage: "nowhere"}), rpc.CodeNotFound, "nowhere")
	retry := func(q rpc.RunRetryRequest) error {
		q.Run = r.Name
		_, err := h.RunRetry(t.Context(), &q)
		return err
	}
	refused(t, retry(rpc.RunRetryRequest{After: true}), rpc.CodeInvalid)
	refused(t, retry(rpc.RunRetryRequest{Attempt: 1}), rpc.CodeInvalid)
	refused(t, retry(rpc.RunRetryRequest{Steps: []string{"x"}, Attempt: -1}), rpc.CodeInvalid)
	_, err := h.RunUnschedule(t.Context(), &rpc.RunUnscheduleRequest{Run: r.Name, Steps: []string{}})
	refused(t, err, rpc.CodeInvalid)
	_, err = h.RunRetry(t.Context(), &rpc.RunRetryRequest{Run: "nightly/9"})
	refused(t, err, rpc.CodeNotFound)
}

func TestARefusedRequestLeavesARunThatIsOverAlone(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	before := h.perform("nightly")
	a := must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &rpc.RunRetryRequest{Run: before.Name}))
	if len(a.Steps) != 0 || a.Run.Status != "success" {
		t.Errorf("%+v", a)
	}
	_, err := h.RunPlay(t.Context(), &rpc.RunPlayRequest{Run: before.Name, Steps: []string{"x"}})
	refused(t, err, rpc.CodeConflict, "tried again")
	if after := h.get(before.Name); after.Sequence != before.Sequence {
		t.Errorf("the run is at %d, was at %d", after.Sequence, before.Sequence)
	}
	if load := h.d.engine.Load(); load.LiveRuns != 0 {
		t.Errorf("%d runs live", load.LiveRuns)
	}
}

func TestAStepIsTriedAgainWithItsVariables(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", `echo "$WHO"; test -n "$WHO"`))
	if r := h.perform("nightly"); r.Status != "failed" {
		t.Fatalf("%s", r.Status)
	}
	a := must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &rpc.RunRetryRequest{
		Run: "nightly/latest", Steps: []string{"main/x"}, Attempt: 1, Variables: map[string]string{"WHO": "you"}}))
	if !slices.Equal(a.Steps, []string{"main/x"}) {
		t.Errorf("%+v", a)
	}
	r := h.over(a.Run.Name)
	step := r.Stages[0].Steps[0]
	if r.Status != "success" || len(step.Attempts) != 2 || step.RequestedBy == nil || step.RequestedBy.Actor == "" ||
		step.RequestedBy.Variables["WHO"] != "you" {
		t.Errorf("%+v", r)
	}
	if got := said(h.follow(r.Name, "x")); !slices.Equal(got, []string{"you"}) {
		t.Errorf("%q", got)
	}
}

func TestAStepOfARunIsCanceledAlone(t *testing.T) {
	h := newHouse(t)
	g := h.gate("gate")
	h.apply("name = \"two\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwith = { script = \"sleep 600\" }\n" +
		"[[stage.step]]\nname = \"y\"\nuses = \"shell\"\nwith = { script = \"cat " + g.path + "\" }\n")
	name := h.begin("two")
	open := g.reached()
	first := must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: name, Steps: []string{"s/x"}, Note: "enough"}))
	if first.Unchanged || first.Already != nil || !slices.Equal(first.Steps, []string{"s/x"}) || first.Run.Name != name {
		t.Errorf("%+v", first)
	}
	open()
	r := h.over(name)
	if got := statuses(r); got["x"] != "canceled" || got["y"] != "success" {
		t.Errorf("%v", got)
	}
	if s := r.Stages[0].Steps[0].Stopped; s == nil || s.Note != "enough" || s.Actor == "" {
		t.Errorf("%+v", s)
	}
	again := must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: name, Steps: []string{"x", "s/y"}}))
	if !again.Unchanged || len(again.Steps) != 0 || !slices.Equal(again.Already, []string{"s/x", "s/y"}) {
		t.Errorf("%+v", again)
	}
	_, err := h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: name, Steps: []string{"s/z"}})
	refused(t, err, rpc.CodeNotFound, "s/z")
}

func TestAnErasedLogIsGoneFromTheDisk(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "echo secret"))
	r := h.perform("nightly")
	q := rpc.LogEraseRequest{Run: r.Name, Step: "x", DryRun: true}
	for _, dry := range []bool{true, false} {
		q.DryRun = dry
		a := must[*rpc.LogEraseResponse](t)(h.LogErase(t.Context(), &q))
		if a.Step != "main/x" || !slices.Equal(a.Attempts, []int{1}) || a.LogBytes == 0 {
			t.Errorf("dry run %v: %+v", dry, a)
		}
	}
	_, err := h.LogRead(t.Context(), &rpc.LogReadRequest{Run: r.Name, Step: "x"})
	refused(t, err, rpc.CodeNotFound, "erased by")
	if usage := must[int64](t)(h.d.logs.Usage(r.ID)); usage != 0 {
		t.Errorf("%d bytes are left", usage)
	}
	if a := h.get(r.Name).Stages[0].Steps[0].Attempts[0]; a.Erased == nil || a.Erased.Actor == "" || a.Status != "success" {
		t.Errorf("%+v", a)
	}
	_, err = h.LogErase(t.Context(), &q)
	refused(t, err, rpc.CodeConflict, "no log that could be erased")
}

func TestWaitingForABlockedRunEndsWhenAskedFor(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true") + "when = \"manual\"\nallow_failure = false\n")
	name := h.begin("nightly")
	q := &rpc.RunWatchRequest{Run: name, WaitMS: 60000, UntilEnded: true, UntilBlocked: true}
	if news := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), q)); news.Run.Status != "manual" || news.Ended {
		t.Errorf("%+v", news)
	}
	must[*rpc.RunStepsResponse](t)(h.RunPlay(t.Context(), &rpc.RunPlayRequest{Run: name, Steps: []string{"x"}}))
	if news := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), q)); news.Run.Status != "success" || !news.Ended {
		t.Errorf("%+v", news)
	}
}
