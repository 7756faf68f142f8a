package daemon

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

const evening = `name = "nightly"
type = "dynamic"
run_name = "usual"
labels = { team = "db", kind = "usual" }
[[input]]
name = "keep"
type = "number"
default = 1
[[trigger]]
name = "evening"
schedule = "30 2 * * *"
inputs = { keep = 3 }
variables = { WHO = "evening" }
sub_queue = "eu"
[[trigger]]
name = "morning"
schedule = "30 8 * * *"
[[stage]]
name = "s"
[[stage.step]]
name = "x"
uses = "shell"
variables = { KEEP = "{{ inputs.keep }}", AT = "{{ trigger.scheduled_at ?? 'never' }}" }
with = { script = 'echo "$KEEP $WHO $AT $PENSTOCK_SOURCE $PENSTOCK_TRIGGER $PENSTOCK_SCHEDULED_AT $PENSTOCK_RUN_NAME $PENSTOCK_SUB_QUEUE"' }
`

func TestARunByHandForAnInstantOfASchedule(t *testing.T) {
	h := newHouse(t)
	h.apply(evening)
	at := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	start := func(q rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
		q.Pipeline = "nightly"
		return h.RunStart(t.Context(), &q)
	}
	says := func(run string, want string) {
		t.Helper()
		if r := h.over(run); r.Status != "success" {
			t.Fatalf("%+v", r)
		}
		if got := said(h.follow(run, "x")); !slices.Equal(got, []string{want}) {
			t.Errorf("%s says %q, want %q", run, got, want)
		}
	}
	r := must[*rpc.RunStartResponse](t)(start(rpc.RunStartRequest{Trigger: "evening", AsScheduled: &at})).Run
	if r.Cause.Source != "command" || r.Cause.Trigger != "evening" || r.Cause.ScheduledAt == nil || !r.Cause.ScheduledAt.Equal(at) || r.SubQueue != "eu" {
		t.Errorf("%+v", r)
	}
	says("nightly/1", "3 evening 2026-11-20T02:30:00Z command evening 2026-11-20T02:30:00Z usual eu")
	must[*rpc.RunStartResponse](t)(start(rpc.RunStartRequest{
		Trigger: "evening", AsScheduled: &at, Inputs: map[string]any{"keep": 5}, Variables: map[string]string{"WHO": "me"}, SubQueue: "us",
	}))
	says("nightly/2", "5 me 2026-11-20T02:30:00Z command evening 2026-11-20T02:30:00Z usual us")
	_, err := start(rpc.RunStartRequest{AsScheduled: &at})
	refused(t, err, rpc.CodeInvalid, "2 schedules", "nightly/evening, nightly/morning")
	_, err = start(rpc.RunStartRequest{Trigger: "noon", AsScheduled: &at})
	refused(t, err, rpc.CodeNotFound, "noon")
	_, err = start(rpc.RunStartRequest{Trigger: "evening"})
	refused(t, err, rpc.CodeInvalid, "as_scheduled")
}

func TestARunHasTheNameAndTheLabelsThatItIsGiven(t *testing.T) {
	h := newHouse(t)
	h.apply(evening)
	for i, c := range []struct {
		q      rpc.RunStartRequest
		name   string
		labels map[string]string
	}{
		{rpc.RunStartRequest{}, "usual", map[string]string{"team": "db", "kind": "usual"}},
		{rpc.RunStartRequest{RunName: "again", Labels: map[string]string{"kind": "own", "x": ""}}, "again", map[string]string{"team": "db", "kind": "own", "x": ""}},
	} {
		c.q.Pipeline = "nightly"
		r := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &c.q)).Run
		if r.RunName != c.name || !maps.Equal(r.Labels, c.labels) {
			t.Errorf("%d: %q %v", i, r.RunName, r.Labels)
		}
	}
	if got := h.list(rpc.RunListRequest{RunName: "a*n", Labels: map[string]string{"team": "db"}}, 0); got != "nightly/2" {
		t.Errorf("the list is %q", got)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Labels: map[string]string{"a b": ""}})
	refused(t, err, rpc.CodeInvalid, "a b")
}

// A skipped run has a number and is listed; nothing of it works, and it stands in
// nobody's way.
func TestARunThatIsSkipped(t *testing.T) {
	h := newHouse(t)
	h.apply(evening)
	r := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Skip: true, Note: "no need"})).Run
	if r.Name != "nightly/1" || r.Status != "skipped" || r.Cause.Note != "no need" || r.FinishedAt == nil {
		t.Errorf("%+v", r)
	}
	if step := h.get("nightly/1").Stages[0].Steps[0]; len(step.Attempts) != 0 || step.SkipMessage != "the run was skipped when it was started" {
		t.Errorf("%+v", step)
	}
	if got := h.list(rpc.RunListRequest{Status: []string{"skipped"}}, 0); got != "nightly/1" {
		t.Errorf("the list is %q", got)
	}
}

func TestAFreezeRefusesPlayAndRetryUnlessTheyAreForInSpiteOfIt(t *testing.T) {
	h := newHouse(t)
	h.apply(strings.Replace(one("nightly", "exit 1"), "uses = ", "allow_failure = true\nuses = ", 1) +
		"\n[[stage.step]]\nname = \"deploy\"\nuses = \"shell\"\nwhen = \"manual\"\nwith = { script = \"true\" }\n")
	h.over(h.begin("nightly"))
	must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{Reason: "release"}))
	play := rpc.RunPlayRequest{Run: "nightly/1", Steps: []string{"deploy"}}
	retry := rpc.RunRetryRequest{Run: "nightly/1", Steps: []string{"x"}}
	_, err := h.RunPlay(t.Context(), &play)
	refused(t, err, rpc.CodeConflict, "frozen", "release")
	_, err = h.RunRetry(t.Context(), &retry)
	refused(t, err, rpc.CodeConflict, "frozen", "release")
	play.DespiteFreeze, retry.DespiteFreeze = true, true
	if r := must[*rpc.RunStepsResponse](t)(h.RunPlay(t.Context(), &play)); len(r.Steps) != 1 {
		t.Errorf("%+v", r)
	}
	h.over("nightly/1")
	if r := must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &retry)); len(r.Steps) != 1 {
		t.Errorf("%+v", r)
	}
	h.over("nightly/1")
}

func TestAFreezeCanBeOverridden(t *testing.T) {
	h := newHouse(t)
	h.apply(evening)
	if _, err := h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{Reason: "release"}); err != nil {
		t.Fatal(err)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})
	refused(t, err, rpc.CodeConflict, "frozen", "release")
	must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", DespiteFreeze: true}))
}
