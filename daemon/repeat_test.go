package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// A11: rerun repeats an earlier run, with what that was given.
func TestARunIsRepeatedWithWhatItWasGiven(t *testing.T) {
	h := newHouse(t)
	h.apply(evening)
	at := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	priority := 7
	must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{
		Pipeline: "nightly", Trigger: "evening", AsScheduled: &at, Inputs: map[string]any{"keep": 5}, Priority: &priority, RunName: "mine",
		Labels: map[string]string{"team": "web"},
	}))
	h.over("nightly/1")
	h.apply(strings.ReplaceAll(evening, "default = 1", "default = 2")) // what it was given stays
	again := func(q rpc.RunStartRequest, want string) rpc.RunSummary {
		t.Helper()
		q.Like = "nightly/1"
		r := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &q)).Run
		h.over(r.Name)
		if got := said(h.follow(r.Name, "x")); !slices.Equal(got, []string{want}) {
			t.Errorf("%s says %q, want %q", r.Name, got, want)
		}
		return r
	}
	r := again(rpc.RunStartRequest{}, "5 evening 2026-11-20T02:30:00Z command evening 2026-11-20T02:30:00Z usual eu")
	if r.Revision != 2 || r.Priority != 7 || r.RunName != "usual" || r.Labels["team"] != "db" || r.Cause.Note != "like nightly/1" || r.Cause.Trigger != "evening" {
		t.Errorf("%+v", r)
	}
	none := 0
	other := time.Date(2026, 11, 21, 2, 30, 0, 0, time.UTC)
	r = again(rpc.RunStartRequest{
		Pipeline: "nightly", Inputs: map[string]any{"keep": 6}, Variables: map[string]string{"WHO": "me"}, SubQueue: "us",
		Priority: &none, Note: "why", Trigger: "evening", AsScheduled: &other,
	}, "6 me 2026-11-21T02:30:00Z command evening 2026-11-21T02:30:00Z usual us")
	if r.Priority != 0 || r.Cause.Note != "why" {
		t.Errorf("%+v", r)
	}
	if got := h.ticks(h.triggers("nightly")[0]); len(got) != 0 {
		t.Errorf("the ledger knows of it: %+v", got)
	}
}

// Among the others a run that is repeated is what the one before was: one of its
// trigger, by the text that is current.
func TestARunThatIsRepeatedGoesByTheOverlapOfItsTrigger(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true") + `
[[trigger]]
schedule = "30 2 * * *"
overlap = "skip"
[[trigger]]
name = "calls"
key = "ci"
overlap = "queue_one"
`)
	_, definition, err := h.d.current("nightly")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		repeats store.Cause
		want    *config.Overlap
	}{
		"a schedule's":      {store.Cause{Source: store.BySchedule, Trigger: "schedule"}, &config.Overlap{Policy: config.OverlapSkip, Limit: 1}},
		"by a key":          {store.Cause{Source: store.ByTrigger, Trigger: "ci"}, &config.Overlap{Policy: config.OverlapQueueOne, Limit: 1}},
		"by a like key":     {store.Cause{Source: store.ByTrigger, Trigger: "schedule"}, nil},
		"by a key, again":   {store.Cause{Source: store.ByCommand, Trigger: "ci"}, &config.Overlap{Policy: config.OverlapQueueOne, Limit: 1}},
		"by hand":           {store.Cause{Source: store.ByCommand}, nil},
		"of a trigger gone": {store.Cause{Source: store.BySchedule, Trigger: "weekly"}, nil},
	} {
		got := (&request{repeats: &c.repeats}).repeating(definition).overlap
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	at := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	for _, q := range []rpc.RunStartRequest{{Pipeline: "nightly", Trigger: "schedule", AsScheduled: &at}, {Like: "nightly/1"}} {
		made := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &q)).Run
		h.over(made.Name)
		record, err := h.d.found(made.Name)
		if err != nil || record.Overlap != config.OverlapSkip {
			t.Errorf("%s goes by %q (%v)", made.Name, record.Overlap, err)
		}
	}
}

func TestWhatCannotBeRepeatedIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(parent("up", "true", fmt.Sprintf(`strategy = "depend", inline = %q`, childText(script("true")))))
	h.apply(one("other", "true"))
	child := of(step(h.perform("up"), "go"))
	for _, c := range []struct {
		q    rpc.RunStartRequest
		code rpc.Code
		says string
	}{
		{rpc.RunStartRequest{Like: child}, rpc.CodeInvalid, "is a child: it began with a step of up/1/"},
		{rpc.RunStartRequest{Like: "up/1", Pipeline: "other"}, rpc.CodeInvalid, `is one of pipeline "up", not of "other"`},
		{rpc.RunStartRequest{Like: "up/9"}, rpc.CodeNotFound, "up/9"},
	} {
		_, err := h.RunStart(t.Context(), &c.q)
		refused(t, err, c.code, c.says)
	}
}
