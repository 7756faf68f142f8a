package daemon

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// parent is a pipeline whose step go stands for a run by settings, after what a
// step before it does; a step after it shows whether the run goes on.
func parent(name, before, with string) string {
	return fmt.Sprintf(`name = %q
type = "dynamic"
[variables]
TEXT = "of the text"
BOTH = "of the text"
[[stage]]
name = "first"
[[stage.step]]
name = "before"
uses = "shell"
with = { script = %q }
[[stage]]
name = "second"
[[stage.step]]
name = "go"
uses = "pipeline"
variables = { STEP = "of the step" }
with = { %s }
[[stage]]
name = "third"
[[stage.step]]
name = "after"
uses = "shell"
with = { script = "true" }
`, name, before, with)
}

// childText is the text of a child with a step x.
func childText(step string) string {
	return "[[stage]]\nname = \"main\"\n[[stage.step]]\nname = \"x\"\n" + step + "\n"
}

// script is a step that runs one.
func script(text string) string { return fmt.Sprintf("uses = \"shell\"\nwith = { script = %q }", text) }

// descend is a step that stands for a child.
func descend(text, strategy string) string {
	return fmt.Sprintf("uses = \"pipeline\"\nwith = { inline = %q, strategy = %q }", text, strategy)
}

// step finds a step of a run.
func step(r *rpc.Run, name string) *rpc.RunStep {
	for _, stage := range r.Stages {
		for i := range stage.Steps {
			if stage.Steps[i].Name == name {
				return &stage.Steps[i]
			}
		}
	}
	return &rpc.RunStep{}
}

// awaits waits until the run is as it should be.
func (h *house) awaits(run string, as func(*rpc.Run) bool) *rpc.Run {
	h.t.Helper()
	for q := (&rpc.RunWatchRequest{Run: run}); ; q.WaitMS = 60000 {
		news := must[*rpc.RunWatchResponse](h.t)(h.RunWatch(h.t.Context(), q))
		r := h.get(run)
		if as(r) {
			return r
		}
		if q.WaitMS > 0 && news.Sequence == q.After {
			h.t.Fatalf("%s does not come so far: %+v", run, r)
		}
		q.After = news.Sequence
	}
}

// of names the run that the newest attempt of a step stands for.
func of(step *rpc.RunStep) string {
	if n := len(step.Attempts); n > 0 && step.Attempts[n-1].Downstream != nil {
		return step.Attempts[n-1].Downstream.Run
	}
	return ""
}

// stands waits until the step go of a run stands for another, and names it.
func (h *house) stands(run string) string {
	h.t.Helper()
	return of(step(h.awaits(run, func(r *rpc.Run) bool { return of(step(r, "go")) != "" }), "go"))
}

func wantStatuses(t *testing.T, r *rpc.Run, want string) {
	t.Helper()
	got := fmt.Sprintf("%s: before %s, go %s, after %s", r.Status, step(r, "before").Status, step(r, "go").Status, step(r, "after").Status)
	if got != want {
		t.Errorf("%s is %s, want %s", r.Name, got, want)
	}
}

// GitLab's acceptance examples of downstream pipelines, B30.T1 to T3.
func TestAStepTakesOfItsRunWhatItsStrategySays(t *testing.T) {
	h := newHouse(t)
	h.apply(one("bad", "exit 3"))
	h.apply(one("good", "true"))
	for _, c := range []struct{ with, want, child string }{
		{`pipeline = "bad"`, "success: before success, go success, after success", "failed"},
		{`pipeline = "good", strategy = "depend"`, "success: before success, go success, after success", "success"},
		{`pipeline = "bad", strategy = "depend"`, "failed: before success, go failed, after skipped", "failed"},
		{`pipeline = "bad", strategy = "mirror"`, "failed: before success, go failed, after skipped", "failed"},
		{fmt.Sprintf("inline = %q", childText(script("exit 3"))), "success: before success, go success, after success", "failed"},
		{fmt.Sprintf(`inline = %q, strategy = "mirror"`, childText(script("exit 3"))), "failed: before success, go failed, after skipped", "failed"},
	} {
		h.apply(parent("up", "true", c.with))
		r := h.perform("up")
		wantStatuses(t, r, c.want)
		child := h.over(of(step(r, "go")))
		if child.Status != c.child {
			t.Errorf("with %s the child is %s", c.with, child.Status)
		}
		if up := child.Cause.Upstream; up == nil || up.ID != r.ID || up.Name != r.Name+"/second/go/1" || child.Cause.Actor != r.Cause.Actor {
			t.Errorf("the cause is %+v", child.Cause)
		}
		source := map[bool]string{true: "parent_pipeline", false: "pipeline"}[strings.HasPrefix(c.with, "inline")]
		if child.Cause.Source != source || source == "parent_pipeline" && child.Pipeline != "up" {
			t.Errorf("the child %s has the source %s", child.Name, child.Cause.Source)
		}
		if d := h.get(r.Name); step(d, "go").Attempts[0].Downstream.Status != c.child {
			t.Errorf("the parent shows %+v", step(d, "go").Attempts[0].Downstream)
		}
	}
}

const asks = "name = \"asks\"\n[[stage]]\nname = \"main\"\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwhen = \"manual\"\nallow_failure = false\nwith = { script = \"true\" }\n"

func TestAStepIsBlockedByItsRunAsItsStrategySays(t *testing.T) {
	h := newHouse(t)
	h.apply(asks)
	for strategy, want := range map[string]string{"mirror": "manual", "depend": "running"} {
		h.apply(parent(strategy, "true", fmt.Sprintf(`pipeline = "asks", strategy = %q`, strategy)))
		name := h.begin(strategy)
		child := h.stands(name)
		h.awaits(child, func(r *rpc.Run) bool { return r.Status == "manual" })
		r := h.awaits(name, func(r *rpc.Run) bool { return step(r, "go").Status == want })
		if r.Status != want || step(r, "after").Status != "created" {
			t.Errorf("%s: the run is %s", strategy, r.Status)
		}
		why := must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: name}))
		if text := told(*why); !strings.Contains(text, child) || !strings.Contains(text, child+"/main/x: manual") {
			t.Errorf("%s: why says\n%s", strategy, text)
		}
		must[*rpc.RunStepsResponse](t)(h.RunPlay(t.Context(), &rpc.RunPlayRequest{Run: child, Steps: []string{"x"}}))
		wantStatuses(t, h.over(name), "success: before success, go success, after success")
	}
}

// told is an explanation as lines.
func told(x rpc.Explanation) string {
	text := fmt.Sprintf("%s: %s: %s\n", x.Subject, x.Status, x.Text)
	for _, cause := range x.Causes {
		text += told(cause)
	}
	return text
}

// B30.T4.
func TestChildrenHaveABoundInDepth(t *testing.T) {
	h := newHouse(t)
	deepest := childText(descend(childText(script("true")), "depend"))
	h.apply(parent("up", "true", fmt.Sprintf(`inline = %q, strategy = "depend"`, childText(descend(deepest, "depend")))))
	r := h.perform("up")
	wantStatuses(t, r, "failed: before success, go failed, after skipped")
	child := h.get(of(step(r, "go")))
	grandchild := h.get(of(step(child, "x")))
	a := step(grandchild, "x").Attempts[0]
	if a.FailureReason != "reached_max_descendant_pipelines_depth" || a.Downstream != nil {
		t.Errorf("%+v", a)
	}
	why := told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: r.Name})))
	if !strings.Contains(why, grandchild.Name) || !strings.Contains(why, "at most 2 levels") {
		t.Errorf("why says\n%s", why)
	}
	why = told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: grandchild.Name})))
	if !strings.Contains(why, "it is a child: "+child.Name) || !strings.Contains(why, "it is a child: "+r.Name) {
		t.Errorf("why says\n%s", why)
	}
}

// B30.T5.
func TestVariablesGoDownAsTheStepSays(t *testing.T) {
	h := newHouse(t)
	show := script(`echo "${TEXT-none}, ${STEP-none}, ${MINE-none}, ${BOTH-none}, ${GIVEN-none}"`)
	h.apply("name = \"down\"\ntype = \"dynamic\"\n[variables]\nTEXT = \"of the child\"\n" + childText(show))
	h.apply("name = \"fixed\"\n[variables]\nTEXT = \"of the child\"\n" + childText(show))
	for with, want := range map[string]string{
		``:                                       "of the text, of the step, none, of the text, none",
		`, forward = { yaml_variables = false }`: "of the child, none, none, none, none",
		`, forward = { pipeline_variables = true }`:                                         "of the text, of the step, given, given, none",
		`, forward = { yaml_variables = false }, variables = { GIVEN = "{{ vars.BOTH }}" }`: "of the child, none, none, none, given",
	} {
		h.apply(parent("up", "true", `pipeline = "down", strategy = "depend"`+with))
		if got := h.heard("up"); !slices.Equal(got, []string{want}) {
			t.Errorf("with %s: %q, want %s", with, got, want)
		}
	}
	h.apply(parent("up", "true", `pipeline = "fixed", strategy = "depend"`))
	if got := h.heard("up"); !slices.Equal(got, []string{"of the child, none, none, none, none"}) {
		t.Errorf("a standard pipeline hears %q", got)
	}
	h.apply(parent("up", "true", fmt.Sprintf(`inline = %q, strategy = "depend"`, childText(show))))
	if got := h.heard("up"); !slices.Equal(got, []string{"of the text, of the step, none, of the text, none"}) {
		t.Errorf("a child hears %q", got)
	}
}

// heard starts a run with variables and gives what the run said that its step
// stands for.
func (h *house) heard(pipeline string) []string {
	h.t.Helper()
	name := must[*rpc.RunStartResponse](h.t)(h.RunStart(h.t.Context(), &rpc.RunStartRequest{
		Pipeline: pipeline, Variables: map[string]string{"MINE": "given", "BOTH": "given"},
	})).Run.Name
	r := h.over(name)
	if of(step(r, "go")) == "" {
		h.t.Fatalf("%+v", step(r, "go"))
	}
	return said(h.follow(of(step(r, "go")), "x"))
}

// B30.T6.
func TestAChildIsMadeOfAFileThatAStepWrote(t *testing.T) {
	h := newHouse(t)
	outside := filepath.Join(h.dir, "outside.toml")
	for _, c := range []struct{ script, status, reason, says string }{
		{"mkdir gen; cat > gen/c.toml <<'E'\n" + childText(script("echo generated")) + "E\n", "success", "", ""},
		{"mkdir gen; echo 'stage = 3' > gen/c.toml", "failed", "downstream_pipeline_creation_failed", "gen/c.toml:1:1: "},
		{"mkdir gen; printf 'stag = 3\\npriorit = 1\\n' > gen/c.toml", "failed", "downstream_pipeline_creation_failed", "; gen/c.toml:2:1: unknown key"},
		{"mkdir gen; cat > gen/c.toml <<'E'\n" + childText("uses = \"shell\"\nwith = { scrip = \"x\" }") + "E\n", "failed", "downstream_pipeline_creation_failed", "gen/c.toml:6:10: "},
		{"true", "failed", "downstream_pipeline_creation_failed", "the workspace has no file gen/c.toml: a step before this one has to write it"},
		{"mkdir gen; mkfifo gen/c.toml", "failed", "downstream_pipeline_creation_failed", "no regular file"},
		{"mkdir -p gen/c.toml", "failed", "downstream_pipeline_creation_failed", "no regular file"},
		{"mkdir gen; cp -r gen " + outside + "; ln -s " + outside + " gen/c.toml", "failed", "downstream_pipeline_creation_failed", "escapes"},
		{"mkdir gen; head -c 300000 /dev/zero > gen/c.toml", "failed", "downstream_pipeline_creation_failed", "300000 bytes"},
		{"ln -s / gen", "failed", "downstream_pipeline_creation_failed", "escapes"},
	} {
		h.apply(parent("up", c.script, `file = "gen/c.toml", strategy = "depend"`))
		r := h.perform("up")
		s := step(r, "go")
		if s.Status != c.status || len(s.Attempts) != 1 || s.Attempts[0].FailureReason != c.reason || !strings.Contains(s.Attempts[0].Message, c.says) {
			t.Errorf("after %s: %+v", c.script, s)
			continue
		}
		if c.status == "success" {
			if got := said(h.follow(of(s), "x")); !slices.Equal(got, []string{"generated"}) {
				t.Errorf("it said %q", got)
			}
		}
	}
}

// B30.T7.
func TestTheEndOfAParentIsTheEndOfItsChildren(t *testing.T) {
	h := newHouse(t)
	for _, strategy := range []string{"none", "depend", "mirror"} {
		g := h.gate(strategy)
		grandchild := childText(script("cat " + g.path))
		h.apply(parent(strategy, "true", fmt.Sprintf(`inline = %q, strategy = %q`, childText(descend(grandchild, "depend")), strategy)+"\n}\n[[stage.step]]\nname = \"waits\"\nuses = \"sleep\"\nwith = { for = \"1h\""))
		name := h.begin(strategy)
		child := h.stands(name)
		open := g.reached()
		must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: name, Note: "enough"}))
		r, c := h.over(name), h.over(child)
		last := h.over(of(step(c, "x")))
		if r.Status != "canceled" || c.Status != "canceled" || last.Status != "canceled" {
			t.Errorf("%s: %s, %s, %s", strategy, r.Status, c.Status, last.Status)
		}
		if !strings.Contains(last.Message, "was asked to end") || !strings.Contains(r.Message, "enough") {
			t.Errorf("%s: the last says %q, the first %q", strategy, last.Message, r.Message)
		}
		open()
	}
}

func TestARunOfAnotherPipelineThatNobodyWaitsForGoesOn(t *testing.T) {
	h := newHouse(t)
	g := h.gate("gate")
	h.apply(one("free", "cat "+g.path))
	h.apply(parent("up", "true", `pipeline = "free"`+"\n}\n[[stage.step]]\nname = \"waits\"\nuses = \"sleep\"\nwith = { for = \"1h\""))
	name := h.begin("up")
	child := h.stands(name)
	open := g.reached()
	must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: name}))
	h.over(name)
	open()
	if r := h.over(child); r.Status != "success" {
		t.Errorf("%s is %s", child, r.Status)
	}
}

// B30.T8.
func TestAChildOutlivesItsParent(t *testing.T) {
	h := newHouse(t)
	h.apply(parent("up", "true", fmt.Sprintf(`inline = %q, strategy = "depend"`, childText(script("echo here")))))
	r := h.perform("up")
	child := of(step(r, "go"))
	h.over(child)
	must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: r.Name}))
	if got := said(h.follow(child, "x")); !slices.Equal(got, []string{"here"}) {
		t.Errorf("%q", got)
	}
	why := told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: child})))
	if !strings.Contains(why, "deleted since") {
		t.Errorf("why says\n%s", why)
	}
	second := h.perform("up")
	must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: of(step(second, "go"))}))
	if d := step(h.get(second.Name), "go").Attempts[0].Downstream; !d.Deleted || d.Status != "success" {
		t.Errorf("%+v", d)
	}
}

func TestWhyNamesTheFailedChildThatIsGone(t *testing.T) {
	h := newHouse(t)
	h.apply(parent("up", "true", fmt.Sprintf(`inline = %q, strategy = "depend"`, childText(script("exit 3")))))
	r := h.perform("up")
	child := of(step(r, "go"))
	must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: child}))
	why := told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: r.Name})))
	if !strings.Contains(why, "the run "+child+" was deleted since") {
		t.Errorf("why says\n%s", why)
	}
}

func TestPipelinesThatStartEachOtherAreFoundOut(t *testing.T) {
	h := newHouse(t)
	h.apply(parent("a", "true", `pipeline = "b", strategy = "depend"`))
	h.apply(parent("b", "true", fmt.Sprintf(`strategy = "depend", inline = %q`, childText("rule = [{}]\nuses = \"pipeline\"\nwith = { pipeline = \"a\", strategy = \"depend\" }"))))
	r := h.perform("a")
	b := h.get(of(step(r, "go")))
	child := h.get(of(step(b, "go")))
	a := step(child, "x").Attempts[0]
	if r.Status != "failed" || a.FailureReason != "pipeline_loop_detected" || !strings.Contains(a.Message, "a → b → a") {
		t.Errorf("%s: %+v", r.Status, a)
	}
	if _, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "a/2"}); codeOf(err) != rpc.CodeNotFound {
		t.Errorf("a second run of a: %v", err)
	}
}

func TestWhatCertainlyStartsItselfIsRefusedWithItsPlace(t *testing.T) {
	h := newHouse(t)
	try := func(text string) error {
		_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: text, File: "x.toml"})
		return err
	}
	place := func(err error) (at string) {
		refusal, _ := errors.AsType[*rpc.Error](err)
		if refusal == nil || refusal.Code != rpc.CodeInvalid {
			t.Fatalf("it is not refused: %v", err)
		}
		p := refusal.Data.(rpc.InvalidData).Problems[0]
		return p.Path + " " + p.Message
	}
	if got := place(try(parent("a", "true", `pipeline = "a"`))); !strings.HasPrefix(got, "stage[1].step[0].with.pipeline a step cannot start its own") {
		t.Error(got)
	}
	h.apply(parent("a", "true", `pipeline = "b"`))
	h.apply("trigger = [{ after = \"a\" }]\n" + one("c", "true"))
	for _, c := range []struct{ text, want string }{
		{parent("b", "true", `pipeline = "a"`), "stage[1].step[0].with.pipeline the step closes a circle of pipelines that start each other: a → b → a"},
		{"trigger = [{ after = \"c\" }]\n" + parent("b", "true", `pipeline = "a"`),
			"trigger[0].after the trigger closes a circle of pipelines that follow from each other: b → a → c → b"},
		{parent("b", "true", `pipeline = "d", strategy = "depend"`), ""},
		{"trigger = [{ after = \"b\" }]\n" + one("a", "true"), ""},
	} {
		err := try(c.text)
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if c.want != "" && !strings.HasPrefix(place(err), c.want) {
			t.Errorf("%s: %s", c.text, place(err))
		}
	}
}

func TestAStepWhoseRunIsRefusedSaysWhy(t *testing.T) {
	h := newHouse(t)
	h.apply(one("fixed", "true"))
	h.apply("name = \"wants\"\ntype = \"dynamic\"\n[[input]]\nname = \"n\"\ntype = \"number\"\n" + childText(script("true")))
	h.apply("name = \"never\"\n[[rule]]\nif = 'run.source == \"command\"'\n" + childText(script("true")))
	h.apply(one("paused", "true"))
	must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "paused", Reason: "no"}))
	for with, says := range map[string]string{
		`pipeline = "absent"`:                         `there is no pipeline "absent"`,
		`pipeline = "wants"`:                          "the input n is missing",
		`pipeline = "wants", inputs = { n = "many" }`: "the input n must be a number",
		`pipeline = "fixed", variables = { A = "1" }`: "the pipeline is standard",
		`pipeline = "never"`:                          "rule",
		`pipeline = "paused"`:                         "the pipeline is paused by",
	} {
		h.apply(parent("up", "true", with))
		r := h.perform("up")
		a := step(r, "go").Attempts[0]
		if r.Status != "failed" || a.FailureReason != "downstream_pipeline_creation_failed" || !strings.Contains(a.Message, says) {
			t.Errorf("with %s: %s, %+v", with, r.Status, a)
		}
	}
}

func TestARetryStartsAnotherRunOfWhatThePipelineIsByThen(t *testing.T) {
	h := newHouse(t)
	h.apply(one("down", "exit 1"))
	h.apply(parent("up", "true", `pipeline = "down", strategy = "depend"`))
	r := h.perform("up")
	h.apply(one("down", "true"))
	must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &rpc.RunRetryRequest{Run: r.Name, Steps: []string{"go"}}))
	r = h.over(r.Name)
	wantStatuses(t, r, "success: before success, go success, after success")
	if all := step(r, "go").Attempts; len(all) != 2 || all[0].Downstream.Run != "down/1" || all[1].Downstream.Run != "down/2" || all[1].Downstream.Status != "success" {
		t.Errorf("%+v", all)
	}
}

func TestARetryInARunMovesTheStepThatStandsForIt(t *testing.T) {
	h := newHouse(t)
	flag := filepath.Join(h.dir, "flag")
	h.apply(one("down", "test -e "+flag+" || { touch "+flag+"; exit 1; }"))
	h.apply(parent("up", "true", `pipeline = "down", strategy = "mirror"`))
	r := h.perform("up")
	wantStatuses(t, r, "failed: before success, go failed, after skipped")
	must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &rpc.RunRetryRequest{Run: "down/1", Steps: []string{"x"}}))
	h.over("down/1")
	r = h.awaits(r.Name, func(r *rpc.Run) bool { return r.Status == "success" })
	if all := step(r, "go").Attempts; len(all) != 1 {
		t.Errorf("%+v", all)
	}
}
