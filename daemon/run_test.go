package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// story has a step for each way in which a step can end.
const story = `name = "story"

[variables]
WHO = "world"

[[stage]]
name = "first"

[[stage.step]]
name = "fine"
uses = "shell"
with = { script = '''
echo "hello $WHO"
echo greeting=hello >> "$PENSTOCK_OUTPUT"
''' }

[[stage.step]]
name = "may-fail"
uses = "shell"
allow_failure = true
with = { script = "exit 3" }

[[stage]]
name = "second"

[[stage.step]]
name = "nap"
uses = "sleep"
needs = ["fine"]
with = { for = "0s" }

[[stage.step]]
name = "fails"
uses = "shell"
with = { script = "echo on the other side >&2; exit 7" }

[[stage]]
name = "third"

[[stage.step]]
name = "never"
uses = "shell"
with = { script = "true" }

[[stage.step]]
name = "mourns"
uses = "shell"
when = "on_failure"
with = { script = "true" }
`

func TestARunTellsItsStory(t *testing.T) {
	h := newHouse(t)
	h.apply(story)
	r := h.perform("story")
	want := map[string]string{
		"": "failed", "fine": "success", "may-fail": "failed", "nap": "success", "fails": "failed",
		"never": "skipped", "mourns": "success",
	}
	for name, status := range statuses(r) {
		if want[name] != status {
			t.Errorf("%q is %s, not %s", name, status, want[name])
		}
	}
	if r.StartedAt == nil || r.FinishedAt == nil || r.Duration == nil || *r.Duration <= 0 {
		t.Errorf("%+v", r.RunSummary)
	}
	fine, failing, never := r.Stages[0].Steps[0], r.Stages[1].Steps[1], r.Stages[2].Steps[0]
	if fine.Outputs["greeting"] != "hello" || !r.Stages[0].Steps[1].AllowFailure {
		t.Errorf("%+v", r.Stages[0])
	}
	if needs := r.Stages[1].Steps[0].Needs; !slices.Equal(needs, []string{"fine"}) {
		t.Errorf("needs %v", needs)
	}
	if len(never.Attempts) != 0 || len(failing.Attempts) != 1 {
		t.Fatalf("%+v %+v", never, failing)
	}
	a := failing.Attempts[0]
	if a.ExitCode == nil || *a.ExitCode != 7 || a.FailureReason != "script_failure" || a.Log.SHA256 == "" ||
		!strings.Contains(a.Plugin, "sha256:") || a.StartedAt == nil || a.FinishedAt == nil {
		t.Errorf("%+v", a)
	}
	if log := h.follow(r.Name, "fails"); !strings.Contains(log, " stderr F on the other side\n") {
		t.Errorf("%q", log)
	}
	if got := said(h.follow(r.Name, "fine")); !slices.Equal(got, []string{"hello world"}) {
		t.Errorf("%q", got)
	}
}

func TestARunRemembersWhoStartedItAndWhy(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	a := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Note: "to see"}))
	for _, c := range []rpc.Cause{a.Run.Cause, h.over(a.Run.Name).Cause} {
		if c.Source != "command" || c.Actor == "" || c.Note != "to see" || c.UID == nil || *c.UID != os.Getuid() {
			t.Errorf("%+v", c)
		}
	}
}

func TestAKeyStartsOneRun(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	h.apply(one("daily", "true"))
	start := func(pipeline, key string) (*rpc.RunStartResponse, error) {
		return h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: pipeline, Key: key})
	}
	first := must[*rpc.RunStartResponse](t)(start("nightly", "k"))
	again := must[*rpc.RunStartResponse](t)(start("nightly", "k"))
	if first.Duplicate || !again.Duplicate || again.Run.Name != "nightly/1" || again.Run.ID != first.Run.ID {
		t.Errorf("%+v then %+v", first, again)
	}
	if other := must[*rpc.RunStartResponse](t)(start("nightly", "l")); other.Duplicate || other.Run.Name != "nightly/2" {
		t.Errorf("%+v", other)
	}
	_, err := start("daily", "k")
	refused(t, err, rpc.CodeConflict, "nightly/1")
	h.over("nightly/1")
	h.halt()
	h.start()
	if late := must[*rpc.RunStartResponse](t)(start("nightly", "k")); !late.Duplicate || late.Run.ID != first.Run.ID || late.Run.Status != "success" {
		t.Errorf("after a restart: %+v", late)
	}
	_, err = start("nightly", strings.Repeat("k", 129))
	refused(t, err, rpc.CodeInvalid, "129", "128")
	_, err = start("absent", "m")
	refused(t, err, rpc.CodeNotFound, `"absent"`)
}

func TestARunHasSeveralNames(t *testing.T) {
	h := newHouse(t)
	h.apply(one("other", "true"))
	h.perform("other")
	h.apply(one("nightly", "true"))
	h.perform("nightly")
	second := h.perform("nightly")
	for _, name := range []string{"nightly/2", "nightly/latest", fmt.Sprint(second.ID)} {
		if r := h.get(name); r.ID != second.ID || r.Name != "nightly/2" || r.Number != 2 {
			t.Errorf("%s is %+v", name, r.RunSummary)
		}
	}
}

func TestAWrongNameOfARunIsRefusedEverywhere(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	for _, c := range []struct {
		run  string
		code rpc.Code
		says string
	}{
		{"", rpc.CodeInvalid, "write nightly/42"},
		{"nightly", rpc.CodeInvalid, "write nightly/42"},
		{"nightly/", rpc.CodeInvalid, "write nightly/42"},
		{"nightly/-1", rpc.CodeInvalid, "write nightly/42"},
		{"nightly/1/x", rpc.CodeInvalid, "write nightly/42"},
		{"nightly/1", rpc.CodeNotFound, `run "nightly/1" does not exist`},
		{"nightly/latest", rpc.CodeNotFound, "no runs yet"},
		{"absent/1", rpc.CodeNotFound, `pipeline "absent" does not exist`},
		{"77", rpc.CodeNotFound, `run "77" does not exist`},
		{"99999999999999999999", rpc.CodeInvalid, "write nightly/42"},
	} {
		ctx, errs := t.Context(), map[string]error{}
		_, errs["get"] = h.RunGet(ctx, &rpc.RunGetRequest{Run: c.run})
		_, errs["watch"] = h.RunWatch(ctx, &rpc.RunWatchRequest{Run: c.run})
		_, errs["cancel"] = h.RunCancel(ctx, &rpc.RunCancelRequest{Run: c.run})
		_, errs["delete"] = h.RunDelete(ctx, &rpc.RunDeleteRequest{Run: c.run})
		_, errs["log"] = h.LogRead(ctx, &rpc.LogReadRequest{Run: c.run, Step: "x"})
		for method, err := range errs {
			t.Run(method+" "+c.run, func(t *testing.T) { refused(t, err, c.code, c.says) })
		}
	}
}

func TestRunsAreListedNewestFirstInPages(t *testing.T) {
	h := newHouse(t)
	h.apply(one("good", "true"))
	h.apply(one("bad", "false"))
	for range 3 {
		h.perform("good")
		h.perform("bad")
	}
	for _, c := range []struct {
		q    rpc.RunListRequest
		want string
	}{
		{rpc.RunListRequest{}, "bad/3 good/3 bad/2 good/2 bad/1 good/1"},
		{rpc.RunListRequest{Pipeline: "good"}, "good/3 good/2 good/1"},
		{rpc.RunListRequest{Status: []string{"failed"}}, "bad/3 bad/2 bad/1"},
		{rpc.RunListRequest{Pipeline: "good", Status: []string{"failed"}}, ""},
		{rpc.RunListRequest{Pipeline: "good", Before: 5}, "good/2 good/1"},
	} {
		for _, limit := range []int{0, 1, 2, 3, 5} {
			if got := h.list(c.q, limit); got != c.want {
				t.Errorf("%+v by %d: %s", c.q, limit, got)
			}
		}
	}
	_, err := h.RunList(t.Context(), &rpc.RunListRequest{Pipeline: "absent"})
	refused(t, err, rpc.CodeNotFound, `"absent"`)
}

// list lists all pages.
func (h *house) list(q rpc.RunListRequest, limit int) string {
	h.t.Helper()
	var names []string
	for q.Limit = limit; ; {
		page := must[*rpc.RunListResponse](h.t)(h.RunList(h.t.Context(), &q))
		for _, r := range page.Runs {
			names = append(names, r.Name)
		}
		if limit != 0 && len(page.Runs) > limit {
			h.t.Errorf("a page of %d holds %d", limit, len(page.Runs))
		}
		if q.Before = page.Next; q.Before == 0 {
			return strings.Join(names, " ")
		}
	}
}

func TestARunKeepsItsRevision(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(one("nightly", "cat "+g.path+"; echo old"))
	h.begin("nightly")
	open := g.reached()
	h.apply(one("nightly", "echo new"))
	open()
	if r := h.over("nightly/1"); r.Revision != 1 || !slices.Equal(said(h.follow(r.Name, "x")), []string{"old"}) {
		t.Errorf("%+v", r.RunSummary)
	}
	if r := h.perform("nightly"); r.Revision != 2 || !slices.Equal(said(h.follow(r.Name, "x")), []string{"new"}) {
		t.Errorf("%+v", r.RunSummary)
	}
}

func TestStepsOfARunShareItsWorkspaceOrNot(t *testing.T) {
	for workspace, want := range map[string]string{"run": "success", "step": "failed"} {
		t.Run(workspace, func(t *testing.T) {
			h := newHouse(t)
			h.apply(`name = "w"
workspace = "` + workspace + `"
[[stage]]
name = "a"
[[stage.step]]
name = "writes"
uses = "shell"
dir = "deep/down"
with = { script = "echo x > file" }
[[stage]]
name = "b"
[[stage.step]]
name = "reads"
uses = "shell"
with = { script = "cat deep/down/file" }
`)
			if r := h.perform("w"); r.Status != want || statuses(r)["writes"] != "success" {
				t.Errorf("%v", statuses(r))
			}
		})
	}
}

// TestAKeyIsAnsweredWhateverChangedSince repeats a request that would be
// refused by now.
func TestAKeyIsAnsweredWhateverChangedSince(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	q := &rpc.RunStartRequest{Pipeline: "nightly", Key: "k"}
	first := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), q))
	h.apply("type = \"dynamic\"\ninput = [{ name = \"needed\" }]\n" + one("nightly", "true"))
	must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "nightly"}))
	again := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), q))
	if !again.Duplicate || again.Run.ID != first.Run.ID {
		t.Errorf("%+v then %+v", first, again)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Key: "l"})
	refused(t, err, rpc.CodeInvalid, "needed")
	_, err = h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Key: "l", Inputs: map[string]any{"needed": "x"}})
	refused(t, err, rpc.CodeConflict, "paused by")
}
