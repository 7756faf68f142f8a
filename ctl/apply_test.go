package ctl

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// judge is a daemon that takes texts which name a pipeline with name=, and
// refuses the text "bad".
func judge(d *fake) {
	on(d, func(_ context.Context, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
		name, ok := strings.CutPrefix(strings.TrimSpace(q.Text), "name=")
		if !ok {
			return nil, &rpc.Error{Code: rpc.CodeInvalid, Message: "refused", Data: rpc.InvalidData{Problems: []rpc.Problem{
				{File: q.File, Line: 1, Column: 1, Message: "no name"}, {File: q.File, Line: 2, Column: 3, Message: "nor else"},
			}}}
		}
		return &rpc.PipelineApplyResponse{Pipeline: name, Revision: 1, Created: true, Difference: "@@\n+" + q.Text}, nil
	})
}

func applied(d *fake) (names []string) {
	for _, q := range requests[rpc.PipelineApplyRequest](d) {
		if !q.DryRun {
			names = append(names, strings.TrimSpace(q.Text))
		}
	}
	return names
}

func TestApplyPutsEveryFile(t *testing.T) {
	d := newFake(t)
	judge(d)
	a := writeFile(t, "a.toml", "name=a\n")
	r := d.ctlWith(t.Context(), "name=b\n", nil, "apply", a, "-", "--note", "because")
	r.wants(t, ExitOK, "a: created, revision 1\nb: created, revision 1\n", "")
	if got := applied(d); len(got) != 2 {
		t.Errorf("applied %v", got)
	}
	if q := requests[rpc.PipelineApplyRequest](d)[3]; q.File != "stdin" || q.Note != "because" {
		t.Errorf("asked %+v", q)
	}
}

func TestApplyIsNeverHalfDone(t *testing.T) {
	d := newFake(t)
	judge(d)
	good, bad := writeFile(t, "a.toml", "name=a\n"), writeFile(t, "b.toml", "bad")
	worse := writeFile(t, "c.toml", "bad")
	r := d.ctl("apply", good, bad, worse)
	r.wants(t, ExitUsage, "", bad+":1:1: no name\n"+bad+":2:3: nor else\n"+worse+":1:1: no name\n")
	d.ctl("apply", good, "/no/such/file").wants(t, ExitUsage, "", "/no/such/file")
	d.ctl("apply", good, good).wants(t, ExitUsage, "", `both name the pipeline "a"`)
	if got := applied(d); len(got) > 0 {
		t.Errorf("applied %v", got)
	}
}

func TestApplySaysWhatWasAppliedBeforeAFault(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
		if !q.DryRun && q.Text == "b" {
			return nil, &rpc.Error{Code: rpc.CodeDiskLow, Message: "disk low"}
		}
		return &rpc.PipelineApplyResponse{Pipeline: q.Text, Created: true}, nil
	})
	r := d.ctl("apply", writeFile(t, "a", "a"), writeFile(t, "b", "b"), writeFile(t, "c", "c"))
	r.wants(t, ExitRefused, "a: created", "disk low; the 1 before it are applied")
	if got := applied(d); len(got) != 2 {
		t.Errorf("applied %v after the fault", got)
	}
}

func TestApplyDryRunShowsTheDifferenceAndChangesNothing(t *testing.T) {
	d := newFake(t)
	judge(d)
	d.ctl("apply", "--dry-run", writeFile(t, "a.toml", "name=a\n")).
		wants(t, ExitOK, "a: would be created, revision 1\n@@\n+name=a\n", "")
	if got := applied(d); len(got) > 0 {
		t.Errorf("applied %v", got)
	}
}

func TestHugeFilesAreNotSent(t *testing.T) {
	d := newFake(t)
	d.ctl("apply", writeFile(t, "huge", strings.Repeat("#\n", maxFile))).wants(t, ExitUsage, "", "the most that is read")
}

func TestTextThatIsNotUTF8IsRefusedNotChanged(t *testing.T) {
	d := newFake(t)
	judge(d)
	editable(d)
	bad := writeFile(t, "latin1.toml", "name=a\n# caf\xe9\n")
	r := d.ctl("apply", writeFile(t, "a.toml", "name=a\n"), bad)
	r.wants(t, ExitUsage, "", bad+":2:6: the text is not valid UTF-8 here\n")
	if got := applied(d); len(got) > 0 {
		t.Errorf("applied %q", got)
	}
	t.Setenv("TMPDIR", t.TempDir())
	r = d.ctlWith(t.Context(), "", edits(t, wellFormed+"# \xe9\n"), "edit", "nightly")
	r.wants(t, ExitUsage, "", "7:3: the text is not valid UTF-8 here\n")
	if got := requests[rpc.PipelineApplyRequest](d); len(got) != 1 || !got[0].DryRun {
		t.Errorf("asked %+v", got)
	}
}

const wellFormed = `name = "nightly"
[[stage]]
name = "build"
[[stage.step]]
name = "compile"
uses = "shell"
`

func TestValidateNeedsNoDaemon(t *testing.T) {
	d := newFake(t)
	d.kill()
	good, bad := writeFile(t, "good.toml", wellFormed), writeFile(t, "bad.toml", "nam = 1\n")
	d.ctl("validate", good).wants(t, ExitOK, "pipeline nightly is well-formed", "")
	d.ctl("validate", good, bad).wants(t, ExitUsage, "nightly is well-formed", bad+":1:1: ")
	d.ctl("validate", bad, "-o", "json").wants(t, ExitUsage, `{"problems":[{"file":"`+bad+`","line":1`, "")
	d.ctl("validate", good, "-o", "json").wants(t, ExitOK, `{"problems":[]}`, "")
	d.ctlWith(t.Context(), "nam = 1\n", nil, "validate", "-").wants(t, ExitUsage, "", "stdin:1:1: ")
}

// edits is the environment with an editor that puts text in place of a file.
func edits(t *testing.T, text string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "EDITOR=false", "VISUAL=cp '" + writeFile(t, "new", text) + "' \"$1\"; test -z \"$FAIL\" #"}
}

func editable(d *fake) {
	always[rpc.PipelineGetRequest](d, rpc.PipelineRevision{Pipeline: "nightly", Revision: 7, Text: wellFormed})
}

func TestEditAppliesOnTopOfWhatWasEdited(t *testing.T) {
	d := newFake(t)
	editable(d)
	always[rpc.PipelineApplyRequest](d, rpc.PipelineApplyResponse{Pipeline: "nightly", Revision: 8, Changed: true})
	text := wellFormed + "# more\n"
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	r := d.ctlWith(t.Context(), "", edits(t, text), "edit", "nightly", "--note", "why")
	r.wants(t, ExitOK, "nightly: changed, revision 8", "")
	q := requests[rpc.PipelineApplyRequest](d)[0]
	if q.Text != text || q.ExpectRevision != 7 || q.Note != "why" {
		t.Errorf("asked %+v", q)
	}
	empty(t, temp)
}

func TestEditWithoutAChangeAppliesNothing(t *testing.T) {
	d := newFake(t)
	editable(d)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	d.ctlWith(t.Context(), "", edits(t, wellFormed), "edit", "nightly").wants(t, ExitOK, "", "nothing changed")
	empty(t, temp)
}

func TestAnEditorThatFailsAndChangesNothingLeavesNothing(t *testing.T) {
	d := newFake(t)
	editable(d)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	r := d.ctlWith(t.Context(), "", []string{"PATH=" + os.Getenv("PATH"), "VISUAL=false"}, "edit", "nightly")
	r.wants(t, ExitInternal, "", "nothing was applied")
	if strings.Contains(r.stderr, "kept") {
		t.Errorf("%q: nothing is to be kept", r.stderr)
	}
	empty(t, temp)
}

func TestADirectoryIsSaidOnceToBeOne(t *testing.T) {
	d, dir := newFake(t), t.TempDir()
	d.ctl("apply", dir).wants(t, ExitUsage, "", "penstockctl: read "+dir+": is a directory\n")
}

func TestRefusedEditKeepsTheText(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		env    []string
		code   int
		stderr string
	}{
		"somebody else was quicker": {wellFormed + "\n", nil, ExitRefused, "was changed"},
		"another name":              {strings.Replace(wellFormed, "nightly", "daily", 1), nil, ExitUsage, "rename or clone"},
		"the editor fails":          {wellFormed + "# more\n", []string{"FAIL=1"}, ExitInternal, "nothing was applied"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFake(t)
			editable(d)
			refuses[rpc.PipelineApplyRequest](d, &rpc.Error{Code: rpc.CodeConflict, Message: "was changed"})
			t.Setenv("TMPDIR", t.TempDir())
			r := d.ctlWith(t.Context(), "", append(edits(t, c.text), c.env...), "edit", "nightly")
			r.wants(t, c.code, "", c.stderr)
			_, rest, _ := strings.Cut(r.stderr, "Your text is kept in ")
			path, _, _ := strings.Cut(rest, "\n")
			if kept, err := os.ReadFile(path); err != nil || string(kept) != c.text {
				t.Errorf("kept %q: %v", kept, err)
			}
		})
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesThatCloseACircleTogetherAreRefusedTogether(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineApplyRequest](d, rpc.PipelineApplyResponse{Pipeline: "x", Revision: 1, Created: true})
	start := func(name, of string) string {
		return writeFile(t, name+".toml", "name = \""+name+"\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"go\"\nuses = \"pipeline\"\nwith = { pipeline = \""+of+"\" }\n")
	}
	a, b := start("a", "b"), start("b", "a")
	for _, command := range []string{"apply", "validate"} {
		d.ctl(command, a, b).wants(t, ExitUsage, "", b+":7:10: the step closes a circle of pipelines that start each other: a → b → a")
	}
	for _, q := range requests[rpc.PipelineApplyRequest](d) {
		if !q.DryRun {
			t.Errorf("%s was applied", q.File)
		}
	}
	d.ctl("validate", a).wants(t, ExitOK, "pipeline a is well-formed", "")
	d.ctl("validate", start("c", "c")).wants(t, ExitUsage, "", "c.toml:7:10: a step cannot start its own pipeline")
}
