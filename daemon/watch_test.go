package daemon

import (
	"slices"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// TestAWatcherThatFollowsTheCursorSeesTheRun holds what is told change by
// change against the run as it is read whole.
func TestAWatcherThatFollowsTheCursorSeesTheRun(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(story + "\n[[stage]]\nname = \"last\"\n[[stage.step]]\nname = \"held\"\nuses = \"shell\"\nwhen = \"always\"\nwith = { script = \"cat " + g.path + "\" }\n")
	run := h.begin("story")
	first := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run}))
	seen, stages := map[string]string{}, map[string]string{}
	if len(first.Whole) != 4 || first.Sequence == 0 {
		t.Fatalf("%+v", first)
	}
	h.note(first, seen, stages)
	open := g.reached()
	released := false
	for q := (&rpc.RunWatchRequest{Run: run, After: first.Sequence, WaitMS: 60000}); ; {
		if seen["held"] == "running" && !released {
			open()
			released = true
		}
		news := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), q))
		if news.Sequence <= q.After {
			t.Fatalf("no news after %d: %+v", q.After, news)
		}
		h.note(news, seen, stages)
		if q.After = news.Sequence; news.Ended {
			break
		}
	}
	end := h.over(run)
	for name, status := range statuses(end) {
		if name != "" && seen[name] != status {
			t.Errorf("%s is %s, and the watcher was told %s", name, status, seen[name])
		}
	}
	for _, stage := range end.Stages {
		if stages[stage.Name] != stage.Status {
			t.Errorf("stage %s is %s, and the watcher was told %s", stage.Name, stage.Status, stages[stage.Name])
		}
	}
}

func (h *house) note(news *rpc.RunWatchResponse, steps, stages map[string]string) {
	for _, stage := range news.Whole {
		stages[stage.Name] = stage.Status
		for _, step := range stage.Steps {
			steps[step.Name] = step.Status
		}
	}
	for _, stage := range news.Stages {
		stages[stage.Name] = stage.Status
	}
	for _, step := range news.Steps {
		steps[step.Name] = step.Status
	}
}

// Between what the engine says and the look into the store a run may go on.
func TestAWatcherMissesNothingOfARunThatGoesOnMeanwhile(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply("name = \"two\"\n[[stage]]\nname = \"s\"\norder = \"serial\"\n" +
		"[[stage.step]]\nname = \"a\"\nuses = \"shell\"\nwith = { script = \"cat " + g.path + "\" }\n" +
		"[[stage.step]]\nname = \"b\"\nuses = \"shell\"\nwith = { script = \"true\" }\n")
	run := h.begin("two")
	open := g.reached()
	id := h.get(run).ID
	late := h.d.engine.Watch(t.Context(), id, 1)
	if !late.Live || late.Whole || len(late.Steps) != 1 {
		t.Fatalf("%+v", late)
	}
	open()
	end := h.over(run)
	seen, stages := map[string]string{}, map[string]string{}
	news := must[*rpc.RunWatchResponse](t)(h.d.newsOf(id, 1, late))
	h.note(news, seen, stages)
	for !news.Ended {
		q := &rpc.RunWatchRequest{Run: run, After: news.Sequence, WaitMS: 60000}
		news = must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), q))
		h.note(news, seen, stages)
	}
	if seen["b"] != "success" || news.Sequence != end.Sequence {
		t.Errorf("told were %v, up to %d of %d", seen, news.Sequence, end.Sequence)
	}
}

func TestAWatchWithoutNewsSaysSo(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	now := h.get(run).Sequence
	for _, wait := range []int{0, 1} {
		a := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run, After: now, WaitMS: wait}))
		if a.Ended || a.Sequence != now || a.Whole != nil || a.Steps != nil || a.Run.Status != "running" {
			t.Errorf("%+v", a)
		}
	}
	a := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run, UntilEnded: true, WaitMS: 1}))
	if a.Ended || a.Run.Status != "running" {
		t.Errorf("%+v", a)
	}
	open()
	a = must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run, UntilEnded: true, WaitMS: 60000}))
	if !a.Ended || a.Run.Status != "success" || a.Whole != nil || a.Steps != nil {
		t.Errorf("%+v", a)
	}
}

func TestAWatchOfWhatIsOverAnswersAtOnce(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	r := h.perform("nightly")
	for _, after := range []uint64{0, 1, r.Sequence} {
		a := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: r.Name, After: after, WaitMS: 60000}))
		if !a.Ended || a.Sequence != r.Sequence || (a.Whole == nil) != (after == r.Sequence) {
			t.Errorf("after %d: %+v", after, a)
		}
	}
}

func TestCancelEndsARunAndSaysWhoAndWhy(t *testing.T) {
	for _, force := range []bool{false, true} {
		t.Run(map[bool]string{false: "asked", true: "forced"}[force], func(t *testing.T) {
			h := newHouse(t)
			run, open := h.held("echo a; cat %s; echo b")
			defer open()
			q := &rpc.RunCancelRequest{Run: run, Force: force, Note: "enough"}
			if first := must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), q)); first.Unchanged {
				t.Errorf("nothing was asked: %+v", first)
			}
			if again := must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), q)); !again.Unchanged {
				t.Errorf("it was asked again: %+v", again)
			}
			r := h.over(run)
			verb := map[bool]string{false: "canceled by ", true: "killed by "}[force]
			if want := verb + r.Cause.Actor + ": enough"; r.Status != "canceled" || r.Message != want {
				t.Errorf("%s: %q, not %q", r.Status, r.Message, want)
			}
			// The shell may say of what it was told to wait for: Terminated.
			if got := said(h.follow(run, "x")); len(got) == 0 || got[0] != "a" || slices.Contains(got, "b") {
				t.Errorf("%q", got)
			}
			late := must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: run, Note: "late"}))
			if now := h.over(run); !late.Unchanged || late.Run.Status != "canceled" || now.Message != r.Message {
				t.Errorf("%+v, then %q", late, now.Message)
			}
		})
	}
}
