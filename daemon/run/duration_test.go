package run

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// job is a job of GitLab's table of durations; times are seconds.
type job struct {
	Kind       string
	Status     string
	StartedAt  *int64 `json:"started_at"`
	FinishedAt *int64 `json:"finished_at"`
	Downstream []struct{ Jobs []job }
}

func instant(seconds int64) time.Time { return time.Unix(seconds, 0) }

// TestDurationsAreGitLabs plays every row of GitLab's own table.
func TestDurationsAreGitLabs(t *testing.T) {
	text, err := os.ReadFile("testdata/duration.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Cases []struct {
			Name     string
			Periods  [][2]int64
			Expected int64
		}
		PipelineCases []struct {
			Name     string
			Now      int64
			Jobs     []job
			Expected int64
		} `json:"pipeline_cases"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Cases) != 7 || len(table.PipelineCases) == 0 {
		t.Fatalf("the table has %d and %d rows", len(table.Cases), len(table.PipelineCases))
	}
	for _, c := range table.Cases {
		var periods []Period
		for _, p := range c.Periods {
			periods = append(periods, Period{instant(p[0]), instant(p[1])})
		}
		if got := Union(periods); got != time.Duration(c.Expected)*time.Second {
			t.Errorf("%s: %s, want %d s", c.Name, got, c.Expected)
		}
	}
	for _, c := range table.PipelineCases {
		if got := Union(periodsOf(c.Jobs, c.Now)); got != time.Duration(c.Expected)*time.Second {
			t.Errorf("%s: %s, want %d s", c.Name, got, c.Expected)
		}
	}
}

// periodsOf takes the periods of jobs as Worked does those of attempts; a
// bridge stands for the jobs of the runs that it started, and has no time of
// its own.
func periodsOf(jobs []job, now int64) (all []Period) {
	for _, j := range jobs {
		for _, d := range j.Downstream {
			all = append(all, periodsOf(d.Jobs, now)...)
		}
		if j.Kind != "build" || j.StartedAt == nil {
			continue
		}
		a := Attempt{Status: Status(j.Status), StartedAt: instant(*j.StartedAt), DecidedAt: instant(*j.StartedAt)}
		if j.FinishedAt != nil {
			a.FinishedAt = instant(*j.FinishedAt)
		}
		if p, ok := a.period(instant(now)); ok && a.Status != Skipped {
			all = append(all, p)
		}
	}
	return all
}

// What a step did before it was skipped in another go is not part of the
// duration: the attempt is superseded, as GitLab's job is by a new one.
func TestWhatWasSkippedSinceDoesNotCount(t *testing.T) {
	s := tell(t, Plan{Steps: []PlanStep{{Name: "build"}, {Name: "test", Stage: 1}}})
	worked := func(i int, o Outcome, took time.Duration) {
		s.do(Begin{Step: i, At: s.now})
		o.StartedAt, o.FinishedAt = s.now, s.now.Add(took)
		s.now = o.FinishedAt
		s.ends(i, o)
	}
	worked(0, well, 2*time.Second)
	worked(1, well, 10*time.Second)
	if got := s.State.Busy; got != 12*time.Second {
		t.Fatalf("the first go took %s", got)
	}
	s.do(Retry{Steps: []int{0}, After: true, At: s.now})
	worked(0, fails(ScriptFailure, 1), 3*time.Second)
	s.are(Failed, Failed, Skipped)
	if got := s.State.Busy; got != 3*time.Second {
		t.Errorf("the run took %s, want 3s", got)
	}
}
