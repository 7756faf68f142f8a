package daemon

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestApplySaysWhatItDid(t *testing.T) {
	h := newHouse(t)
	first, second := one("nightly", "true"), one("nightly", "false")
	for _, c := range []struct {
		what string
		q    rpc.PipelineApplyRequest
		want rpc.PipelineApplyResponse // but for Difference
		diff string                    // a line of it; "": there is none
	}{
		{"a dry run of a new one", rpc.PipelineApplyRequest{Text: first, DryRun: true},
			rpc.PipelineApplyResponse{Revision: 1, Created: true, Changed: true}, `+name = "nightly"`},
		{"a new one", rpc.PipelineApplyRequest{Text: first, Note: "the first"},
			rpc.PipelineApplyResponse{Revision: 1, Created: true, Changed: true}, `+name = "nightly"`},
		{"the same text", rpc.PipelineApplyRequest{Text: first},
			rpc.PipelineApplyResponse{Revision: 1}, ""},
		{"a dry run of a change", rpc.PipelineApplyRequest{Text: second, DryRun: true},
			rpc.PipelineApplyResponse{Revision: 2, Changed: true}, `+with = { script = "false" }`},
		{"a change", rpc.PipelineApplyRequest{Text: second, ExpectRevision: 1},
			rpc.PipelineApplyResponse{Revision: 2, Changed: true}, `-with = { script = "true" }`},
		{"a comment only", rpc.PipelineApplyRequest{Text: "# why\n" + second},
			rpc.PipelineApplyResponse{Revision: 3, Changed: true}, "+# why"},
	} {
		got := *must[*rpc.PipelineApplyResponse](t)(h.PipelineApply(t.Context(), &c.q))
		diff := got.Difference
		got.Difference, c.want.Pipeline = "", "nightly"
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", c.what, got)
		}
		if c.diff == "" && diff != "" || !strings.Contains("\n"+diff, "\n"+c.diff) {
			t.Errorf("%s: difference\n%s", c.what, diff)
		}
	}
	history := must[*rpc.PipelineHistoryResponse](t)(h.PipelineHistory(t.Context(), &rpc.PipelineHistoryRequest{Name: "nightly"}))
	if len(history.Revisions) != 3 {
		t.Errorf("the dry runs and the same text left revisions: %+v", history.Revisions)
	}
}

func TestADryRunOfANewPipelineLeavesNothing(t *testing.T) {
	h := newHouse(t)
	must[*rpc.PipelineApplyResponse](t)(h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: one("nightly", "true"), DryRun: true}))
	if _, err := h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly"}); codeOf(err) != rpc.CodeNotFound {
		t.Error(err)
	}
	all := must[*rpc.PipelineListResponse](t)(h.PipelineList(t.Context(), &rpc.PipelineListRequest{}))
	if len(all.Pipelines) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestAnApplyThatExpectsAnotherRevisionIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	for name, expect := range map[string]uint64{"nightly": 7, "absent": 1} {
		_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: one(name, "false"), ExpectRevision: expect})
		refused(t, err, rpc.CodeConflict, name, "somebody changed it")
	}
	now := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly"}))
	if now.Revision != 1 || now.Text != one("nightly", "true") {
		t.Errorf("%+v", now)
	}
}

// wrong has a problem of each kind: of the text, of a setting, of a plugin.
const wrong = `name = "nightly"
colour = "red"

[[stage]]
name = "dump"

[[stage.step]]
name = "a"
uses = "shell"
with = { scrip = "true" }

[[stage.step]]
name = "b"
uses = "shell"
with = { script = "true", dir = "/tmp" }

[[stage.step]]
name = "c"
uses = "pigeon"
needs = ["z"]
`

// problems is what a refused text is told.
func problems(t *testing.T, err error) []rpc.Problem {
	t.Helper()
	refused(t, err, rpc.CodeInvalid)
	e, ok := errors.AsType[*rpc.Error](err)
	if !ok {
		t.Fatal(err)
	}
	data, ok := e.Data.(rpc.InvalidData)
	if !ok {
		t.Fatalf("%+v", e)
	}
	return data.Problems
}

func TestARefusedTextIsToldAllThatIsWrongWithIt(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: wrong, File: "n.toml"})
	refused(t, err, rpc.CodeInvalid, "nothing was changed")
	want := []struct {
		line, column int
		says         string
	}{
		{2, 1, "colour"}, {10, 10, "scrip"}, {15, 27, "/tmp"}, {19, 1, "pigeon"}, {20, 10, "z"},
	}
	got := problems(t, err)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		p := got[i]
		if p.File != "n.toml" || p.Line != w.line || p.Column != w.column || !strings.Contains(p.Message, w.says) {
			t.Errorf("%+v, not %+v", p, w)
		}
	}
	if now := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly"})); now.Revision != 1 {
		t.Errorf("%+v", now)
	}
}

func TestARefusedTextIsNamedAsTheClientNamesIt(t *testing.T) {
	h := newHouse(t)
	for file, want := range map[string]string{"": "pipeline.toml", "n.toml": "n.toml"} {
		_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: "name =", File: file})
		if all := problems(t, err); len(all) != 1 || all[0].File != want || all[0].Line != 1 {
			t.Errorf("%+v", all)
		}
	}
}

func TestALongNoteIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	note := strings.Repeat("n", 1025)
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: one("nightly", "false"), Note: note})
	refused(t, err, rpc.CodeInvalid, "1025", "1024")
	_, err = h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Note: note})
	refused(t, err, rpc.CodeInvalid, "1025", "1024")
	_, err = h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: "nightly/latest", Note: note})
	refused(t, err, rpc.CodeInvalid, "1025", "1024")
}

func TestPipelinesAreListedByNameInPages(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"c", "a", "d", "b", "e"} {
		h.apply(one(name, "true"))
	}
	h.perform("b")
	var names []string
	q := rpc.PipelineListRequest{Limit: 2}
	for pages := 1; ; pages++ {
		page := must[*rpc.PipelineListResponse](t)(h.PipelineList(t.Context(), &q))
		for _, p := range page.Pipelines {
			names = append(names, p.Name)
			if p.Stages != 1 || p.Steps != 1 || p.Revision != 1 || p.AppliedAt.IsZero() || p.AppliedBy == "" {
				t.Errorf("%+v", p)
			}
			if (p.Latest != nil) != (p.Name == "b") {
				t.Errorf("%s: latest %+v", p.Name, p.Latest)
			}
		}
		if q.After = page.Next; q.After == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if got := strings.Join(names, ""); got != "abcde" {
		t.Error(got)
	}
}

func TestThePluginsSeeTheStepsOfAChildAsWell(t *testing.T) {
	h := newHouse(t)
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{File: "n.toml", Text: `name = "nightly"

[[stage]]
name = "s"

[[stage.step]]
name = "go"
uses = "pipeline"

[stage.step.with]
inline = '''
[[stage]]
name = "s"

[[stage.step]]
name = "x"
uses = "shell"
with = { scrip = "true" }
'''
`})
	all := problems(t, err)
	if len(all) != 1 || all[0].Line != 11 || !strings.Contains(all[0].Message, "inline, at 7:") || !strings.Contains(all[0].Message, "scrip") {
		t.Errorf("%+v", all)
	}
}
