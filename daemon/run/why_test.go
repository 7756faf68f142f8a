package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// checkWhy: nothing stands still without a reason, and what is named as the
// reason is one.
func checkWhy(t *rapid.T, r *Run) {
	for i := range r.Steps {
		x := r.Why(i)
		if x.Text == "" || !r.Steps[i].Status.Complete() && x.Release == "" {
			t.Fatalf("nobody knows why s%d is %s: %+v", i, r.Steps[i].Status, x)
		}
		checkCauses(t, r, i, x)
	}
	if x := r.WhyRun(); x.Text == "" {
		t.Fatalf("nobody knows why the run is %s", r.State.Status)
	}
}

func checkCauses(t *rapid.T, r *Run, i int, x Explanation) {
	s := &r.Steps[i]
	waits := s.Status == Created && !r.State.Held || s.Status == Pending && !r.graph.slot[i]
	if (waits || s.Skipped == NotAdmitted && read(r, i).previous != Success) &&
		!slices.ContainsFunc(x.Causes, func(cause Explanation) bool { return cause.Step >= 0 }) {
		t.Fatalf("s%d is %s and nothing is named that made it so: %+v", i, s.Status, x)
	}
	for _, cause := range x.Causes {
		switch {
		case cause.Step < 0:
		case s.Status == Created && slowTag(r, cause.Step).complete():
			t.Fatalf("s%d is said to wait for s%d, which is over", i, cause.Step)
		case s.Status == Created && !looksAt(r.Plan, i, cause.Step):
			t.Fatalf("s%d is said to wait for s%d, at which it does not look", i, cause.Step)
		case s.Status == Pending && r.Steps[cause.Step].Status != Pending && !works(r, cause.Step):
			t.Fatalf("s%d is said to wait for the slot of s%d, which has none", i, cause.Step)
		case s.Skipped == NotAdmitted && r.Plan.Steps[i].When != OnFailure && slowTag(r, cause.Step) == tagSuccess:
			t.Fatalf("s%d is said to be skipped because s%d succeeded", i, cause.Step)
		}
	}
}

// walk lists the subjects of an explanation from top to bottom.
func walk(x Explanation) []string {
	all := []string{x.Subject + " " + string(x.Status)}
	for _, cause := range x.Causes {
		all = append(all, walk(cause)...)
	}
	return all
}

func TestWhyFollowsTheChainToItsRoot(t *testing.T) {
	p := &Plan{
		Pipeline: "nightly", Number: 1, Stages: []PlanStage{{Name: "build"}, {Name: "test"}, {Name: "deploy"}},
		Steps: []PlanStep{
			{Name: "compile"}, {Name: "unit", Stage: 1, HasNeeds: true, Needs: []int{0}},
			{Name: "load", Stage: 1, HasNeeds: true, Needs: []int{1}}, {Name: "ship", Stage: 2},
		},
	}
	at := time.Unix(1_700_000_000, 0).UTC()
	r, _ := New(p, at, false)
	apply := func(ev Event) {
		if _, err := r.Apply(ev); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"load created", "unit created", "compile pending"}
	if got := walk(r.Why(2)); !slices.Equal(got, want) {
		t.Errorf("before: %v, want %v", got, want)
	}
	code := 3
	apply(Begin{Step: 0, At: at})
	apply(Ended{Step: 0, Attempt: 1, At: at, Outcome: Outcome{Status: Failed, FailureReason: ScriptFailure, ExitCode: &code}})
	want = []string{"load skipped", "unit skipped", "compile failed"}
	if got := walk(r.Why(2)); !slices.Equal(got, want) {
		t.Errorf("after: %v, want %v", got, want)
	}
	if got, want := r.Why(0).Text, "attempt 1 failed (script_failure, exit code 3)"; got != want {
		t.Errorf("compile: %q, want %q", got, want)
	}
	want = []string{"ship skipped", "compile failed"}
	if got := walk(r.Why(3)); !slices.Equal(got, want) {
		t.Errorf("ship: %v, want %v", got, want)
	}
}

func TestWhySaysWhatLetAStepBegin(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{
		{Name: "build", Rule: "rule[1]: inputs.full"},
		{Name: "alarm", Stage: 1, When: OnFailure, ResourceGroup: "siren"},
		{Name: "tidy", Stage: 1, When: Always},
		{Name: "lint", Stage: 1, HasNeeds: true},
		{Name: "sum", Stage: 2, HasNeeds: true, Needs: []int{3}},
		{Name: "late", HasNeeds: true, When: Delayed, StartIn: time.Minute},
	}})
	s.works(3, well).works(0, fails(ScriptFailure, 3))
	s.now = s.now.Add(7 * time.Second)
	s.do(Grant{Step: 1, At: s.now}).works(1, well)
	if got := s.Why(5).Causes[0].Text; got != "it was admitted at once: no step of its run comes before it" {
		t.Errorf("late, which is scheduled still: %q", got)
	}
	s.do(Due{Step: 5, At: s.Alarm(5)}, Begin{Step: 5, At: s.Alarm(5)})
	for i, want := range [][]string{
		{"it is in the run by rule[1]: inputs.full", "it was admitted at once: no step of its run comes before it",
			"attempt 1 waited 2s for a place"},
		{`when = "on_failure" admitted it`, "attempt 1 waited 8s for the resource group siren", "attempt 1 waited 1s for a place"},
		{`when = "always" admitted it, however the steps before it ended`},
		{"it was admitted at once: no step of its run comes before it"},
		{"it was admitted because the steps that it needs succeeded"},
		{"it was admitted at once: no step of its run comes before it; start_in = 1m held it"},
	} {
		var got []string
		for _, x := range s.Why(i).Causes {
			got = append(got, x.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", s.Plan.Steps[i].Name, got, want)
		}
	}
	if by := s.Why(1).Causes[0].Causes; len(by) != 1 || by[0].Step != 0 {
		t.Errorf("the failure that admitted alarm is %+v", by)
	}
	s.do(Retry{Steps: []int{0}, At: s.now, Actor: "ann"}).works(0, well)
	if got := s.Why(0).Causes; len(got) != 2 || got[1].Text != "attempt 2 waited 1s for a place" {
		t.Errorf("ann, and nothing else, began build: %+v", got)
	}
}

// A wait of the past is told by what it was for, one after another, and only of
// the attempt that waited.
func TestWhySaysWhatAnAttemptWaitedFor(t *testing.T) {
	s := tell(t, Plan{MaxParallel: 1, Steps: []PlanStep{
		{Name: "first"}, {Name: "second", ResourceGroup: "siren", Retry: RetryRule{Max: 1}}, {Name: "third"},
	}})
	s.do(Begin{Step: 0, At: s.now})
	s.now = s.now.Add(2 * time.Second)
	s.do(Grant{Step: 1, At: s.now}).ends(0, well) // third has stood in line for longer
	s.now = s.now.Add(3 * time.Second)
	s.works(2, well)
	s.now = s.now.Add(4 * time.Second)
	s.do(Begin{Step: 1, At: s.now}).ends(1, fails(ScriptFailure, 1))
	waited := func(i int) (told []string) {
		for _, x := range s.Why(i).Causes[1:] {
			told = append(told, x.Text)
		}
		return told
	}
	for i, want := range [][]string{
		nil,
		{"attempt 1 waited 3s for the resource group siren", "attempt 1 waited 6s for its turn under max_parallel",
			"attempt 1 waited 5s for a place"},
		{"attempt 1 waited 4s for its turn under max_parallel", "attempt 1 waited 4s for a place"},
	} {
		if got := waited(i); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", s.Plan.Steps[i].Name, got, want)
		}
	}
	s.do(Grant{Step: 1, At: s.now}).works(1, well)
	if got := waited(1); !slices.Equal(got, []string{"attempt 2 waited 1s for the resource group siren", "attempt 2 waited 1s for a place"}) {
		t.Errorf("the retry waited for what the first attempt did: %q", got)
	}
}

func TestWhySaysWhichExitCodesWouldHaveBeenAllowed(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "lint", AllowExitCodes: []int{2, 75}}}})
	s.works(0, fails(ScriptFailure, 1))
	if got, want := s.Why(0).Text, "attempt 1 failed (script_failure, exit code 1); only with exit code 2 or 75 may it fail"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOfAnAttemptWithoutTimesNoWaitIsTold(t *testing.T) {
	old := Attempt{Number: 1, DecidedAt: time.Unix(1_700_000_000, 0)} // ready_at came later
	if got := old.waits("siren"); got != nil {
		t.Errorf("%q", got)
	}
}

func TestWhySaysHowLongARetryWasPutOff(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "dump", Retry: RetryRule{Max: 1, Delay: 30 * time.Second}}}})
	s.works(0, fails(ScriptFailure, 1))
	s.do(Due{Step: 0, At: s.Alarm(0)})
	s.now = s.now.Add(30 * time.Second)
	s.works(0, well)
	if got := s.Why(0).Causes; len(got) < 2 || got[1].Text != "attempt 2 waited 30s by its retry rule" {
		t.Errorf("by its rule: %+v", got)
	}
	s.now = s.now.Add(time.Minute)
	s.do(Retry{Steps: []int{0}, At: s.now, Actor: "ann"}).works(0, well)
	for _, x := range s.Why(0).Causes {
		if strings.Contains(x.Text, "retry rule") {
			t.Errorf("by ann: %q", x.Text)
		}
	}
}

func TestWhySaysHowLongARunWasHeld(t *testing.T) {
	at := time.Unix(1_700_000_000, 0).UTC()
	p := &Plan{Pipeline: "nightly", Number: 1, Stages: []PlanStage{{Name: "a"}, {Name: "b"}}, Steps: []PlanStep{{Name: "build"}, {Name: "tell", Stage: 1}}}
	r, _ := New(p, at, true)
	s := &story{T: t, Run: r, now: at}
	if wait := s.State.Waited(); wait != 0 {
		t.Errorf("it is held and is said to have waited %s", wait)
	}
	s.now = at.Add(90 * time.Second)
	s.do(Release{At: s.now}).works(0, well).works(1, well)
	if wait := s.State.Waited(); wait != 90*time.Second {
		t.Errorf("it waited %s", wait)
	}
	for i, want := range []string{"it was admitted at once: no step of its run comes before it; its run waited 1m30s for its turn", "it was admitted because nothing failed among the steps before it"} {
		if got := s.Why(i).Causes[0].Text; got != want {
			t.Errorf("%s: %q, want %q", p.Steps[i].Name, got, want)
		}
	}
	s.do(Hold{At: s.now})
	if wait := s.State.Waited(); wait != 0 {
		t.Errorf("it is held again and is said to have waited %s", wait)
	}
}

func TestWhySaysThatAPausedStepIsToBeResumed(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "deploy", When: ByHand}}})
	s.do(Pause{Steps: []int{0}, Paused: Paused{At: s.now, Actor: "ann"}})
	if got := s.Why(0).Release; got != "it can be played once it is resumed" {
		t.Errorf("paused: %q", got)
	}
	until := s.now.Add(time.Hour)
	s.do(Pause{Steps: []int{0}, Paused: Paused{At: s.now, Until: until, Actor: "ann"}})
	if got, want := s.Why(0).Release, "it can be played once it is resumed, or from "+moment(until)+" on"; got != want {
		t.Errorf("for an hour: %q, want %q", got, want)
	}
	s.do(Resume{Steps: []int{0}, At: s.now})
	if got := s.Why(0).Release; got != "it begins when somebody plays it" {
		t.Errorf("resumed: %q", got)
	}
}

// A step that its rule delays is delayed again when its turn comes again, and
// not tried again by its retry rule.
func TestWhyTellsAStartInFromARetry(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "build"}, {
		Name: "late", Stage: 1, When: Delayed, StartIn: time.Minute, Retry: RetryRule{Max: 3, Delay: time.Second},
	}}})
	late := func(o Outcome) {
		s.now = s.Alarm(1)
		s.do(Due{Step: 1, At: s.now}).works(1, o)
	}
	s.works(0, well)
	late(well)
	s.do(Retry{Steps: []int{0}, After: true, At: s.now, Actor: "ann"}).works(0, well).are(Scheduled, Success, Scheduled)
	if got, want := s.Why(1).Text, "start_in = 1m: it begins at "+moment(s.Steps[1].DueAt); got != want {
		t.Errorf("it waits again: %q, want %q", got, want)
	}
	if got := s.Why(1).Causes[0].Text; strings.Contains(got, "held") {
		t.Errorf("it is held still: %q", got)
	}
	late(well)
	for _, x := range s.Why(1).Causes {
		if strings.Contains(x.Text, "retry rule") {
			t.Errorf("nothing of it has failed: %q", x.Text)
		}
	}
	s.do(Retry{Steps: []int{0}, After: true, At: s.now, Actor: "ann"}).works(0, well)
	late(fails(ScriptFailure, 1))
	if got, want := s.Why(1).Text, "attempt 3 failed (script_failure, exit code 1); its retry rule tries again at "+moment(s.Steps[1].DueAt)+" (attempt 4 of 4)"; got != want {
		t.Errorf("it failed: %q, want %q", got, want)
	}
}

// A person began the attempt that was asked for, not those that followed.
func TestWhySaysWhoBeganWhat(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{
		{Name: "build"}, {Name: "load", Stage: 1, Retry: RetryRule{Max: 3}}, {Name: "deploy", Stage: 2, When: ByHand, Retry: RetryRule{Max: 1}},
	}})
	wants := func(i int, text string, causes ...string) {
		t.Helper()
		var got []string
		for _, x := range s.Why(i).Causes {
			if !strings.Contains(x.Text, "for a place") {
				got = append(got, x.Text)
			}
		}
		if x := s.Why(i); x.Text != text || !slices.Equal(got, causes) {
			t.Errorf("%q, %q; want %q, %q", x.Text, got, text, causes)
		}
	}
	const failed = " failed (script_failure, exit code 1)"
	const admitted = "it was admitted because nothing failed among the steps before it"
	again := func(i int, after bool, actor string) {
		s.do(Retry{Steps: []int{i}, After: after, At: s.now, Actor: actor})
	}
	s.works(0, well).works(1, well)
	again(1, false, "ann")
	wants(1, s.Why(1).Text)
	s.works(1, fails(ScriptFailure, 1)).works(1, well)
	wants(1, "attempt 3 succeeded; attempt 2"+failed, admitted)
	again(1, false, "ann")
	s.works(1, well)
	wants(1, "attempt 4 succeeded; it was begun by ann")
	again(0, true, "bob")
	s.works(0, well)
	wants(1, s.Why(1).Text, admitted)
	s.works(1, well)
	wants(1, "attempt 5 succeeded; attempt 4 ended as success", admitted)
	s.do(Play{Steps: []int{2}, At: s.now, Actor: "eve"}).works(2, well)
	wants(2, "attempt 1 succeeded; it was begun by eve")
	again(2, false, "ann")
	s.works(2, well)
	wants(2, "attempt 2 succeeded; it was begun by ann")
}

// Who plays a step begins what its retry rule makes of it too.
func TestWhySaysWhoPlayedWhatWasTriedAgain(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "deploy", When: ByHand, Retry: RetryRule{Max: 1}}}})
	s.do(Play{Steps: []int{0}, At: s.now, Actor: "eve"}).works(0, fails(ScriptFailure, 1)).works(0, well)
	if got, want := s.Why(0).Text, "attempt 2 succeeded; it was begun by eve; attempt 1 failed (script_failure, exit code 1)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhySaysWhatAPauseMakesOfAScheduledStep(t *testing.T) {
	begin := func(until time.Duration) *story {
		s := tell(t, Plan{Steps: []PlanStep{
			{Name: "late", When: Delayed, StartIn: time.Minute}, {Name: "flaky", Retry: RetryRule{Max: 1, Delay: time.Minute}},
		}})
		s.works(1, fails(ScriptFailure, 1))
		p := Paused{At: s.now, Actor: "ann"}
		if until > 0 {
			p.Until = s.now.Add(until)
		}
		return s.do(Pause{Steps: []int{0, 1}, Paused: p})
	}
	s := begin(0)
	for i, want := range []string{"it is left out", "it stays failed"} {
		want = "unless it is resumed by then, " + want + " at " + moment(s.Steps[i].DueAt)
		if got := s.Why(i); got.Release != want || !strings.HasSuffix(got.Text, "; it is paused by ann") {
			t.Errorf("%q, %q; want %q", got.Text, got.Release, want)
		}
	}
	s = begin(time.Second)
	for i := range 2 {
		if got, want := s.Why(i).Release, "it begins at "+moment(s.Steps[i].DueAt); got != want {
			t.Errorf("the pause is over by then: %q, want %q", got, want)
		}
	}
}

func TestWhyNamesAStepOnceThatIsNeededAndRead(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "a"}, {Name: "b", HasNeeds: true, Needs: []int{0}, After: []int{0}}}})
	if got := s.Why(1).Causes; len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// A step with needs can wait for a step that it does not need.
func TestWhySaysForWhatAStepWithNeedsWaits(t *testing.T) {
	s := tell(t, Plan{Stages: []PlanStage{{Name: "row", Serial: true}, {Name: "rest"}}, Steps: []PlanStep{
		{Name: "a"}, {Name: "b", HasNeeds: true}, {Name: "c", Stage: 1, HasNeeds: true, After: []int{0}},
		{Name: "d", Stage: 1, HasNeeds: true, Needs: []int{0}, After: []int{1}},
	}})
	wants := func(texts ...string) {
		for i, want := range texts {
			if got := s.Why(i + 1).Text; got != want {
				t.Errorf("%s: %q, want %q", s.Plan.Steps[i+1].Name, got, want)
			}
		}
	}
	wants("it waits for the step before it: the stage row is serial", "it waits for steps whose outputs it reads", "it waits for steps that it needs")
	s.works(0, well)
	wants(s.Why(1).Text, s.Why(2).Text, "it waits for steps whose outputs it reads")
}

func TestWhySaysWhatBecomesOfAStepThatIsToCome(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{
		{Name: "build"}, {Name: "deploy", Stage: 1}, {Name: "beta", Stage: 1, Skip: "skip = true"},
		{Name: "late", Stage: 1, When: Delayed, StartIn: time.Hour},
	}})
	s.do(Pause{Steps: []int{1}, Paused: Paused{At: s.now, Actor: "ann", Reason: "the disk"}})
	for i, want := range []string{
		1: "it begins if none of them fails, unless its turn comes while it is paused by ann: the disk: then it is left out",
		2: "it is left out then: skip = true",
		3: "if they succeed, its start_in begins",
	} {
		if got := s.Why(i).Release; i > 0 && got != "it is decided when these are over: "+want {
			t.Errorf("%s: %q", s.Plan.Steps[i].Name, got)
		}
	}
}

func TestLengthsAreWrittenAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Hour: "1h", 20 * time.Minute: "20m", 90 * time.Second: "1m30s", time.Hour + time.Second: "1h0m1s",
		10 * time.Second: "10s", 30 * time.Hour: "30h", 1500 * time.Millisecond: "1.5s", 0: "0s",
	} {
		if got := length(d); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
}
