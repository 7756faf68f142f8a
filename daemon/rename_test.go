package daemon

import (
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func (h *house) rename(name, to string) {
	h.t.Helper()
	must[*rpc.Empty](h.t)(h.PipelineRename(h.t.Context(), &rpc.PipelineRenameRequest{Name: name, To: to}))
}

func TestRenameChangesNothingElseInTheText(t *testing.T) {
	h := newHouse(t)
	head, tail := "# Who reads this?\r\n\n  name  =  ", "   # not 'nightly' for ever\n"+strings.SplitN(one("x", "echo nightly"), "\n", 2)[1]+"\n# \tend"
	h.apply(head + `'nightly'` + tail)
	h.rename("nightly", "daily")
	r := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "daily"}))
	if r.Text != head+`"daily"`+tail || r.Revision != 2 || r.Note != "renamed from nightly" {
		t.Errorf("%+v", r)
	}
	before := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "daily", Revision: 1}))
	if before.Text != head+`'nightly'`+tail {
		t.Errorf("the old revision was rewritten: %q", before.Text)
	}
}

func TestRunsAndNumbersGoWithARename(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	first := h.perform("nightly")
	h.rename("nightly", "daily")
	if r := h.get("daily/1"); r.ID != first.ID || r.Name != "daily/1" || r.Pipeline != "daily" || r.Revision != 1 {
		t.Errorf("%+v", r)
	}
	_, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "nightly/1"})
	refused(t, err, rpc.CodeNotFound, "nightly")
	if r := h.perform("daily"); r.Name != "daily/2" || r.Revision != 2 || r.Status != "success" {
		t.Errorf("%+v", r)
	}
}

func TestARunThatLivesGoesOnThroughARename(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(one("nightly", "echo a; cat "+g.path+"; echo b"))
	h.begin("nightly")
	open := g.reached()
	h.rename("nightly", "daily")
	open()
	if r := h.over("daily/1"); r.Status != "success" {
		t.Errorf("%+v", r)
	}
	if got := said(h.follow("daily/1", "x")); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}

func TestWhyNamesRunsAsTheyAreCalledNow(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(one("down", "cat "+g.path+"; exit 1"))
	h.apply(parent("up", "true", `pipeline = "down", strategy = "depend"`))
	h.begin("up")
	open := g.reached()
	h.rename("up", "upper")
	h.rename("down", "lower")
	why := func(step string) string {
		return told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: "upper/1", Step: step})))
	}
	for _, text := range []string{why(""), why("go")} {
		for _, want := range []string{"attempt 1 waits for lower/1, which is", "\nlower/1: running: ", "\nlower/1/main/x: running: "} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing: why says\n%s", want, text)
			}
		}
	}
	if text := why(""); !strings.HasPrefix(text, "upper/1: running: ") {
		t.Errorf("why says\n%s", text)
	}
	open()
	h.over("upper/1")
	text := why("")
	for _, want := range []string{"upper/1: failed: ", "\nlower/1: failed: "} {
		if !strings.Contains("\n"+text, want) {
			t.Errorf("%q is missing: why says\n%s", want, text)
		}
	}
}

func TestANameThatIsGivenUpIsFree(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	h.perform("nightly")
	h.rename("nightly", "daily")
	if a := h.apply(one("nightly", "true")); !a.Created || a.Revision != 1 {
		t.Errorf("%+v", a)
	}
	// nightly/1 named another run once, and somebody may remember.
	if r := h.perform("nightly"); r.Name != "nightly/2" {
		t.Errorf("%+v", r)
	}
}

func TestCloneHasTheTextAndNoRuns(t *testing.T) {
	h := newHouse(t)
	h.revise("nightly", 2)
	h.perform("nightly")
	a := must[*rpc.PipelineApplyResponse](t)(h.PipelineClone(t.Context(), &rpc.PipelineCloneRequest{Name: "nightly", To: "copy"}))
	if a.Pipeline != "copy" || a.Revision != 1 || !a.Created || !a.Changed {
		t.Errorf("%+v", a)
	}
	r := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "copy"}))
	if r.Text != one("copy", "true 2") || r.Note != "cloned from nightly@2" {
		t.Errorf("%+v", r)
	}
	_, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "copy/latest"})
	refused(t, err, rpc.CodeNotFound, "no runs yet")
	if r := h.perform("copy"); r.Name != "copy/1" || r.Status != "success" {
		t.Errorf("%+v", r)
	}
	if names := h.names(); !slices.Equal(names, []string{"copy", "nightly"}) {
		t.Errorf("%v", names)
	}
}

func TestAWrongNameIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	h.apply(one("daily", "true"))
	h.apply("\"name\" = \"odd\"\n" + strings.SplitN(one("x", "true"), "\n", 2)[1])
	for _, c := range []struct {
		name, to string
		code     rpc.Code
		says     string
	}{
		{"absent", "other", rpc.CodeNotFound, `"absent"`},
		{"nightly", "daily", rpc.CodeConflict, `"daily"`},
		{"nightly", "nightly", rpc.CodeConflict, `"nightly"`},
		{"nightly", "No Name", rpc.CodeInvalid, "nothing was changed"},
		{"nightly", "", rpc.CodeInvalid, "nothing was changed"},
		{"nightly", "..", rpc.CodeInvalid, "nothing was changed"},
		{"nightly", "a\"\nb = \"c", rpc.CodeInvalid, "nothing was changed"},
		{"odd", "even", rpc.CodeInvalid, "on a line of its own"},
	} {
		_, err := h.PipelineRename(t.Context(), &rpc.PipelineRenameRequest{Name: c.name, To: c.to})
		refused(t, err, c.code, c.says)
		_, err = h.PipelineClone(t.Context(), &rpc.PipelineCloneRequest{Name: c.name, To: c.to})
		refused(t, err, c.code, c.says)
	}
	if names := h.names(); !slices.Equal(names, []string{"daily", "nightly", "odd"}) {
		t.Errorf("%v", names)
	}
}
