package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// follows is a pipeline that runs after another, with what it is given.
func follows(name, after, given string) string {
	return fmt.Sprintf(`name = %q
type = "dynamic"
[[input]]
name = "what"
default = "nothing"
[[trigger]]
after = %s
%s
[[stage]]
name = "main"
[[stage.step]]
name = "x"
uses = "shell"
variables = { WHAT = "{{ inputs.what }}" }
with = { script = "echo $WHAT" }
`, name, after, given)
}

// heardOf waits until nobody is to be told of an end any more, and gives the
// ledger of a trigger, the oldest first.
func (h *house) heardOf(pipeline, trigger string) (all []store.Tick) {
	h.t.Helper()
	for deadline := time.Now().Add(patience); h.endings() > 0; {
		h.update(func(*store.Tx) error { return nil }) // a turn of the engine later
		if time.Now().After(deadline) {
			h.t.Fatalf("nobody is told of %d ends; log:\n%s", h.endings(), h.log)
		}
	}
	view := h.d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(pipeline)
	if err != nil {
		h.t.Fatal(err)
	}
	for tick, err := range view.Ticks(p.ID, trigger, "") {
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, tick)
	}
	slices.Reverse(all)
	return all
}

func (h *house) endings() (n int) {
	view := h.d.store.View()
	defer view.Close()
	for _, err := range view.Endings() {
		if err != nil {
			h.t.Fatal(err)
		}
		n++
	}
	return n
}

// decisions are what became of ticks, with what is said of them.
func decisions(all []store.Tick) (text string) {
	for _, tick := range all {
		text += strings.TrimSpace(fmt.Sprintf("%s %s %s", tick.Subject, tick.Decision, tick.Reason)) + "\n"
	}
	return text
}

// B31.T.
func TestARunFollowsTheEndOfAnother(t *testing.T) {
	h := newHouse(t)
	h.apply("name = \"build\"\ntype = \"dynamic\"\n[variables]\nCODE = 0\n" + childText(script(`echo version=7 >> "$PENSTOCK_OUTPUT"; exit $CODE`)))
	h.apply(follows("deploy", `"build"`, `inputs = { what = "{{ upstream.pipeline }} {{ upstream.run }} {{ upstream.status }} {{ upstream.outputs.x.version }}" }`))
	h.apply(follows("mourn", `{ pipeline = "build", status = ["failed", "canceled"] }`, `inputs = { what = "{{ upstream.status }}" }`))
	h.perform("build")
	bad := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "build", Variables: map[string]string{"CODE": "1"}}))
	h.over(bad.Run.Name)
	if got := decisions(h.heardOf("deploy", "after")); got != "1/success fired\n" {
		t.Errorf("deploy: %s", got)
	}
	mourning := h.heardOf("mourn", "after")
	if got := decisions(mourning); got != fmt.Sprintf("%d/failed fired\n", bad.Run.ID) {
		t.Errorf("mourn: %s", got)
	}
	deploy, mourn := h.over("deploy/1"), h.over("mourn/1")
	if got := said(h.follow("deploy/1", "x")); !slices.Equal(got, []string{"build build/1 success 7"}) {
		t.Errorf("%q", got)
	}
	if got := said(h.follow("mourn/1", "x")); !slices.Equal(got, []string{"failed"}) {
		t.Errorf("%q", got)
	}
	c := deploy.Cause
	if c.Source != "subscription" || c.Trigger != "after" || c.Upstream == nil || c.Upstream.Name != "build/1" || c.Upstream.ID != 1 {
		t.Errorf("%+v", c)
	}
	if mourning[0].Run != mourn.ID || !mourning[0].At.Equal(*h.get(bad.Run.Name).FinishedAt) {
		t.Errorf("%+v", mourning[0])
	}
	why := told(*must[*rpc.Explanation](t)(h.RunWhy(t.Context(), &rpc.RunWhyRequest{Run: "deploy/1"})))
	if !strings.Contains(why, "it follows from the end of build/1") || !strings.Contains(why, "build/1: success: it was started by") {
		t.Errorf("why says\n%s", why)
	}
}

// B31: only runs of tags count.
func TestOnlyRunsWithTheLabelsAreFollowed(t *testing.T) {
	h := newHouse(t)
	h.apply(one("build", "true"))
	h.apply(follows("deploy", `{ pipeline = "build", labels = { kind = "tag" } }`, ""))
	start := func(labels map[string]string) uint64 {
		r := must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "build", Labels: labels})).Run
		h.over(r.Name)
		return r.ID
	}
	start(nil)
	start(map[string]string{"kind": "branch"})
	h.heardOf("deploy", "after")
	tag := start(map[string]string{"kind": "tag", "team": "web"})
	if got, want := decisions(h.heardOf("deploy", "after")), fmt.Sprintf("%d/success fired\n", tag); got != want {
		t.Errorf("the ledger has %s, want %s", got, want)
	}
	h.over("deploy/1")
	list := must[*rpc.ScheduleListResponse](t)(h.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "deploy"}))
	if got := list.Schedules[0].Description; got != "after build (success; kind=tag)" {
		t.Errorf("it is called %q", got)
	}
}

func TestAnEndIsToldOnceForEachWayToEnd(t *testing.T) {
	h := newHouse(t)
	flag := h.dir + "/flag"
	h.apply(one("build", "test -e "+flag))
	h.apply(follows("any", `{ pipeline = "build", status = ["success", "failed"] }`, ""))
	h.perform("build")
	again := func() {
		must[*rpc.RunStepsResponse](t)(h.RunRetry(t.Context(), &rpc.RunRetryRequest{Run: "build/1", Steps: []string{"x"}}))
		h.over("build/1")
	}
	h.heardOf("any", "after")
	again()
	if got := decisions(h.heardOf("any", "after")); got != "1/failed fired\n" {
		t.Errorf("failed twice: %s", got)
	}
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again()
	if got := decisions(h.heardOf("any", "after")); got != "1/failed fired\n1/success fired\n" {
		t.Errorf("succeeded at last: %s", got)
	}
}

func TestAnEndThatWasRecordedIsToldAfterARestart(t *testing.T) {
	h := newHouse(t)
	h.apply(one("build", "true"))
	h.perform("build")
	h.apply(follows("deploy", `"build"`, ""))
	end := store.Ending{Run: 1, Pipeline: 1, Sequence: 9, Status: "success", FinishedAt: time.Now()}
	for range 2 { // the second time as if it had been killed before it forgot
		h.update(func(tx *store.Tx) error {
			tx.PutEnding(end)
			return nil
		})
		h.halt()
		h.start()
		if got := decisions(h.heardOf("deploy", "after")); got != "1/success fired\n" {
			t.Errorf("%s", got)
		}
	}
	h.over("deploy/1")
	if _, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "deploy/2"}); codeOf(err) != rpc.CodeNotFound {
		t.Errorf("a second run: %v", err)
	}
}

func TestTheEndOfARunThatWasDeletedIsInTheLedger(t *testing.T) {
	h := newHouse(t)
	h.apply(one("build", "true"))
	h.perform("build")
	h.apply(follows("deploy", `"build"`, ""))
	h.update(func(tx *store.Tx) error { // as if it was deleted while the disk was full and nobody was told
		gone, err := tx.Run(1)
		if err != nil {
			return err
		}
		tx.PutEnding(store.Ending{Run: 1, Pipeline: 1, Sequence: 9, Status: "success", FinishedAt: time.Now()})
		return tx.DeleteRun(gone)
	})
	h.halt()
	h.start()
	heard := h.heardOf("deploy", "after")
	if got := decisions(heard); got != "1/success skipped refused\n" || !strings.Contains(heard[0].Message, "was deleted before") {
		t.Errorf("%s%+v", got, heard)
	}
}

func TestPipelinesThatFollowEachOtherGoRoundOnce(t *testing.T) {
	h := newHouse(t)
	h.apply(follows("a", `{ pipeline = "c", status = ["failed"] }`, ""))
	h.apply(follows("b", `"a"`, ""))
	h.apply(strings.Replace(follows("c", `"b"`, ""), "echo $WHAT", "false", 1))
	h.perform("b")
	h.over("b/1")
	h.heardOf("c", "after")
	h.over("c/1")
	h.heardOf("a", "after")
	h.over("a/1")
	ticks := h.heardOf("b", "after")
	if ticks[0].Run != 0 || ticks[0].Reason != "refused" || !strings.Contains(ticks[0].Message, "b → c → a → b") {
		t.Errorf("%+v", ticks)
	}
}

func TestARunThatCannotFollowSaysSoInTheLedger(t *testing.T) {
	h := newHouse(t)
	h.apply(one("build", "true"))
	h.apply(follows("wants", `"build"`, `inputs = { what = "{{ upstream.outputs.x.version }}" }`))
	h.apply(follows("paused", `"build"`, ""))
	must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "paused", Reason: "no"}))
	h.perform("build")
	wants, paused := h.heardOf("wants", "after"), h.heardOf("paused", "after")
	if got := decisions(wants) + decisions(paused); got != "1/success skipped refused\n1/success skipped paused\n" {
		t.Errorf("%s", got)
	}
	if !strings.Contains(wants[0].Message, "version") {
		t.Errorf("%+v", wants[0])
	}
}

func TestTriggersThatGoRoundInACircleAreRefused(t *testing.T) {
	h := newHouse(t)
	a := h.apply(follows("a", `{ pipeline = "c", status = ["success", "failed"] }`, ""))
	if !slices.Equal(a.Notes, []string{`trigger after: there is no pipeline "c" yet`}) {
		t.Errorf("%q", a.Notes)
	}
	h.apply(follows("b", `"a"`, ""))
	text := follows("c", `"b"`, "")
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: text, DryRun: true, File: "c.toml"})
	all := problems(t, err)
	if len(all) != 1 || all[0].Line != 7 || !strings.Contains(all[0].Message, "c → a → b → c") {
		t.Errorf("%+v", all)
	}
	c := h.apply(follows("c", `{ pipeline = "b", status = ["failed"] }`, "")) // it is up to the runs
	if len(c.Notes) != 0 {
		t.Errorf("%q", c.Notes)
	}
	h.apply(follows("c", `{ pipeline = "b", labels = { kind = "tag" } }`, "")) // so it is here
}

func TestAPipelineThatAStepNamesMayComeLater(t *testing.T) {
	h := newHouse(t)
	got := h.apply(parent("up", "true", `pipeline = "down"`))
	if !slices.Equal(got.Notes, []string{`step second/go: there is no pipeline "down" yet`}) {
		t.Errorf("%q", got.Notes)
	}
	h.apply(one("down", "true"))
	if got := h.apply(parent("up", "false", `pipeline = "down"`)); len(got.Notes) != 0 {
		t.Errorf("%q", got.Notes)
	}
	if got := h.apply(parent("open", "true", `pipeline = "{{ vars.TEXT }}"`)); len(got.Notes) != 0 {
		t.Errorf("%q", got.Notes)
	}
}

func TestTheLedgerNamesTheRunThatEnded(t *testing.T) {
	h := newHouse(t)
	h.apply(one("build", "true"))
	h.apply(follows("deploy", `"build"`, ""))
	h.perform("build")
	h.heardOf("deploy", "after")
	h.over("deploy/1")
	about := func() string {
		answer := must[*rpc.ScheduleAuditResponse](t)(h.ScheduleAudit(t.Context(), &rpc.ScheduleAuditRequest{Schedule: "deploy/after"}))
		return answer.Ticks[0].Subject
	}
	if got := about(); got != "build/1 success" {
		t.Error(got)
	}
	must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: "build/1"}))
	if got := about(); got != "id 1 success" {
		t.Error(got)
	}
}
