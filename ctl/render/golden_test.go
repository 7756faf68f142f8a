package render

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

const sampleDifference = `--- nightly revision 2
+++ nightly revision 3
@@ -1,3 +1,3 @@
 name = "nightly"
-order = "serial"
+order = "parallel"
`

func revisions() []rpc.RevisionSummary {
	return []rpc.RevisionSummary{
		{Revision: 3, Current: true, AppliedAt: before(time.Hour), AppliedBy: "alice", Note: "faster", Difference: sampleDifference},
		{Revision: 2, AppliedAt: before(48 * time.Hour), AppliedBy: "uid 1000"},
	}
}

func samplePipelines() []rpc.Pipeline {
	latest := summaries()
	return []rpc.Pipeline{
		{Name: "nightly", Description: "Dump the database", Revision: 3, Stages: 3, Steps: 5, Latest: &latest[0]},
		{Name: "weekly", Revision: 1, Stages: 1, Steps: 1},
		{Name: "备份", Description: "e\u0301t\u0301e\u0301 📦", Revision: 12, Stages: 2, Steps: 4, Latest: &latest[2]},
	}
}

func samplePlugin() rpc.Plugin {
	return rpc.Plugin{
		Type: "shell", Version: "1.0", Summary: "Run a script", Documentation: "Runs a *script*.\n\nTwice.\n",
		Settings: map[string]any{"type": "object"}, Outputs: []rpc.PluginOutput{{Name: "code", Description: "the exit code"}, {Name: "x"}},
		Capacity: 1, Path: "/usr/lib/penstock/plugins/penstock-step-shell", SHA256: "ab12", Processes: 2, Attempts: 1,
	}
}

func sampleInfo() rpc.Info {
	return rpc.Info{
		Version: "v1.2.0", Protocol: 1, Pid: 77, StartedAt: before(3 * time.Hour), State: "/var/lib/penstock", Generation: 4,
		Pipelines: 12, LiveRuns: 3, RunningSteps: 8, PendingSteps: 2, MaxRunning: 8,
		FreeBytes: 300 << 20, MinFreeBytes: 1 << 30, You: "alice", Role: "operator",
	}
}

// pages is every page, in a style.
func pages(t *testing.T, s Style) map[string]string {
	plugin, err := s.Plugin(samplePlugin())
	if err != nil {
		t.Fatal(err)
	}
	broken := rpc.Plugin{Type: "http", Problem: "its sha256 is not the pinned one"}
	return map[string]string{
		"pipelines":    s.Pipelines(samplePipelines()),
		"history":      s.Revisions(revisions(), false),
		"history-diff": s.Revisions(revisions(), true),
		"runs":         s.Runs(summaries()),
		"run":          s.Run(sampleRun()),
		"waiting":      s.Run(waitingRun()),
		"waiting-live": s.Live(waitingRun(), 1),
		"blocked":      s.Blocked(waitingRun()),
		"held":         s.Runs([]rpc.RunSummary{heldSummary()}),
		"why":          s.Explanation(sampleExplanation()),
		"paused":       s.Pipelines(pausedPipelines()),
		"resources":    s.Resources(sampleResources()),
		"acts":         Steps(rpc.RunStepsResponse{Run: summaries()[0], Steps: []string{"a/b", "a/c: [x, \x1b[2Jy]"}}, "played"),
		"confirm":      Confirmations([]rpc.Confirmation{{Step: "deploy/prod", Text: "Is the\nbackup done?"}}),
		"erased":       LogsGo(rpc.LogEraseResponse{Run: "nightly/42", Step: "a/b", Attempts: []int{1, 2}, LogBytes: 4096}),
		"failures":     s.Failures(sampleRun()),
		"live":         s.Live(sampleRun(), 2),
		"plugins":      s.Plugins([]rpc.Plugin{samplePlugin(), broken}),
		"plugin":       plugin,
		"info":         s.Info(sampleInfo()),
		"applied": s.Applied(rpc.PipelineApplyResponse{Pipeline: "nightly", Revision: 3, Changed: true, Difference: sampleDifference,
			Notes: []string{"step deploy/start: there is no pipeline \"roll\""}}, true),
		"changes": changes(s),

		"schedules":       s.Schedules(sampleSchedules(), sampleFreeze()),
		"instants":        s.Instants(sampleInstants()),
		"ticks":           s.Ticks(sampleTicks()),
		"ticks-several":   s.Ticks(append(sampleTicks()[:2], rpc.Tick{Schedule: "poll/schedule", Wall: "2026-03-14T11:00:00Z", Decision: "fired", Run: "poll/1"})),
		"calendars":       s.Calendars(sampleCalendars()),
		"calendar":        s.Calendar(sampleCalendar()),
		"calendar-put":    s.CalendarPut(samplePut(), false),
		"backfills":       s.Backfills(sampleBackfills()),
		"backfill":        s.Backfill(rpc.BackfillStartResponse{Backfill: sampleBackfills()[0]}, false),
		"backfill-dry":    s.Backfill(dryBackfill(), true),
		"forecast":        s.Forecast(sampleForecast(24)),
		"forecast-days":   s.Forecast(sampleForecast(24 * 4)),
		"forecast-cut":    s.Forecast(cutForecast()),
		"forecast-none":   s.Forecast(rpc.Forecast{From: noon, To: noon.Add(24 * time.Hour)}),
		"applied-planned": s.Applied(rpc.PipelineApplyResponse{Pipeline: "nightly", Revision: 3, Created: true, Changed: true, Schedules: sampleSchedules()[:2]}, false),
		"keys":            s.Keys(sampleKeys()),
		"key-api":         s.KeyCreated(sampleCreated("api")),
		"key-github":      s.KeyCreated(sampleCreated("github")),
		"key-standard":    s.KeyCreated(sampleCreated("standard")),
		"key-off":         s.KeyCreated(rpc.KeyCreateResponse{Key: sampleKeys()[0], Secret: "pk_x"}),
		"info-frozen":     s.Info(rpc.Info{Freeze: sampleFreeze()}),
	}
}

func changes(s Style) string {
	var b strings.Builder
	for _, stage := range sampleStages() {
		for _, step := range stage.Steps {
			b.WriteString(s.Change("nightly/42", rpc.StepChange{Stage: stage.Name, RunStep: step}))
		}
	}
	return b.String()
}

func TestPagesLookAsTheyShould(t *testing.T) {
	for name, text := range pages(t, plainStyle()) {
		golden(t, name+".txt", text)
	}
	for name, text := range pages(t, colourStyle()) {
		golden(t, name+".colour.txt", text)
	}
}

func TestPagesWithoutColourHoldNoEscape(t *testing.T) {
	for name, text := range pages(t, plainStyle()) {
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s holds an escape character:\n%q", name, text)
		}
		if !strings.HasSuffix(text, "\n") {
			t.Errorf("%s does not end with a newline", name)
		}
	}
}

func TestColourIsNeverTheOnlyBearerOfAMeaning(t *testing.T) {
	plain := pages(t, plainStyle())
	for name, text := range pages(t, colourStyle()) {
		if got := string(Harmless([]byte(text), false)); got != plain[name] {
			t.Errorf("%s without its colours is\n%s\nwant\n%s", name, got, plain[name])
		}
	}
}

func TestLinesFitTheTerminal(t *testing.T) {
	for _, width := range []int{20, 40, 60} {
		s := colourStyle()
		s.Width = width
		for name, text := range map[string]string{
			"live": s.Live(sampleRun(), 0), "waiting": s.Live(waitingRun(), 0), "runs": s.Runs(summaries()), "pipelines": s.Pipelines(samplePipelines()),
		} {
			for line := range strings.Lines(text) {
				if got := Width(strings.TrimSuffix(line, "\n")); got > width {
					t.Errorf("%s: a line has %d columns of %d: %q", name, got, width, line)
				}
			}
		}
	}
}

func TestStatusShowsTheWholeOfAMessageOnANarrowTerminal(t *testing.T) {
	s := plainStyle()
	s.Width = 20
	if text := s.Run(sampleRun()); !strings.Contains(text, "pid 12 sleep 600, may fail\n") {
		t.Errorf("cut:\n%s", text)
	}
}

func TestLiveViewNeverScrollsTheTerminal(t *testing.T) {
	tall := sampleRun()
	for range 30 {
		tall.Stages = append(tall.Stages, sampleStages()...)
	}
	for height := 3; height < 40; height++ {
		s := plainStyle()
		s.Height = height
		for _, run := range []rpc.Run{sampleRun(), waitingRun(), tall} {
			if rows := strings.Count(s.Live(run, 0), "\n"); rows > height-1 {
				t.Errorf("%d rows on a terminal of %d", rows, height)
			}
		}
	}
}

func TestLiveViewFoldsWhatIsCompleteFirst(t *testing.T) {
	s := plainStyle()
	s.Height = 9 // a row of the tree too few
	text := s.Live(sampleRun(), 0)
	if strings.Contains(text, "    dump ") || !strings.Contains(text, "upload") || !strings.Contains(text, "mail") {
		t.Errorf("the ended stage should have shrunk, and no other:\n%s", text)
	}
}

func TestAStepThatIsAskedToEndIsSaidToBeSoNow(t *testing.T) {
	c := rpc.StepChange{Stage: "store", RunStep: rpc.RunStep{Name: "upload", Status: "canceling",
		Attempts: []rpc.RunAttempt{{Number: 1, Status: "canceling", StartedAt: at(44 * time.Second)}}}}
	if got, want := plainStyle().Change("nightly/42", c), "12:00:00 store/upload: canceling after 44s\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAStepThatIsCanceledBeforeItIsTriedAgainShowsNothingOfTheAttemptBefore(t *testing.T) {
	code := 1
	c := rpc.StepChange{Stage: "store", RunStep: rpc.RunStep{Name: "upload", Status: "canceled", Since: at(10 * time.Second),
		Stopped: &rpc.Stop{Actor: "ann"}, Attempts: []rpc.RunAttempt{{Number: 1, Status: "failed", FailureReason: "script_failure",
			ExitCode: &code, StartedAt: at(40 * time.Second), FinishedAt: at(20 * time.Second)}}}}
	if got, want := plainStyle().Change("nightly/42", c), "11:59:50 store/upload: canceled, by ann\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.Attempts[0] = rpc.RunAttempt{Number: 1, Status: "canceled", StartedAt: at(40 * time.Second), FinishedAt: at(20 * time.Second)}
	if got, want := plainStyle().Change("nightly/42", c), "11:59:40 store/upload: canceled in 20s, by ann\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAStepThatFailsBeforeItIsTriedAgainShowsNothingOfTheAttemptBefore(t *testing.T) {
	code := 7
	before := rpc.RunAttempt{Number: 1, Status: "failed", FailureReason: "script_failure", ExitCode: &code, StartedAt: at(40 * time.Second), FinishedAt: at(20 * time.Second)}
	c := rpc.StepChange{Stage: "store", RunStep: rpc.RunStep{Name: "upload", Status: "failed", Since: at(10 * time.Second), Attempts: []rpc.RunAttempt{before},
		Stopped: &rpc.Stop{At: *at(10 * time.Second), Actor: "penstock", FailureReason: "stuck_or_timeout", Note: "it waited too long"}}}
	if got, want := plainStyle().Change("nightly/42", c), "11:59:50 store/upload: failed, stuck_or_timeout, it waited too long\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.Stopped.At = *at(30 * time.Second) // while it worked: both are said
	if got, want := plainStyle().Change("nightly/42", c), "11:59:40 store/upload: failed in 20s, stuck_or_timeout, it waited too long, script_failure, exit code 7\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAChangeHasTheTimeAtWhichTheStepCameToItsStatus(t *testing.T) {
	began, ended, since := at(40*time.Second), at(20*time.Second), at(10*time.Second)
	worked := []rpc.RunAttempt{{Number: 1, Status: "success", StartedAt: began, FinishedAt: ended}}
	works := []rpc.RunAttempt{{Number: 1, Status: "running", StartedAt: began}}
	for what, c := range map[string]struct {
		step rpc.RunStep
		want *time.Time
	}{
		"it ended while there was no daemon": {rpc.RunStep{Status: "success", Attempts: worked}, ended},
		"it works":                           {rpc.RunStep{Status: "running", Attempts: works}, began},
		"it is to be tried again":            {rpc.RunStep{Status: "pending", Attempts: worked}, since},
		"it was left out":                    {rpc.RunStep{Status: "skipped"}, since},
		"it is asked to end":                 {rpc.RunStep{Status: "canceling", Attempts: works}, since},
		"its run is blocked":                 {rpc.RunStep{Status: "manual", Uses: "pipeline", Attempts: works}, since},
		"its run goes on":                    {rpc.RunStep{Status: "running", Uses: "pipeline", Attempts: works}, since},
	} {
		c.step.Since = since
		got := plainStyle().Change("nightly/42", rpc.StepChange{RunStep: c.step})
		if want := c.want.In(plainStyle().zone()).Format(time.TimeOnly); !strings.HasPrefix(got, want+" ") {
			t.Errorf("%s: %q, want %s", what, got, want)
		}
	}
}

func TestProblemsReadLikeACompilers(t *testing.T) {
	got := Problems([]rpc.Problem{
		{File: "a.toml", Line: 3, Column: 7, Path: "stage[0]", Message: "unknown key"},
		{File: "a.toml", Line: 4, Message: "no column"},
		{File: "a.toml", Path: "stage[0].name", Message: "no line"},
		{Message: "nothing\nknown"},
	})
	want := "a.toml:3:7: unknown key\na.toml:4: no column\na.toml:stage[0].name: no line\nnothing known\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
