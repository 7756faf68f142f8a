package selection

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

var listNoon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// trial is a test, or one case of many in one.
type trial interface {
	rapid.TB
	Cleanup(func())
}

// shelf is a store with runs of two pipelines, 1 and 2.
func shelf(t trial, runs []store.Run, inputs map[uint64]map[string]any) *store.Store {
	dir, err := os.MkdirTemp("", "shelf")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	tx := s.Begin()
	last := map[uint64]uint64{}
	for _, r := range runs {
		last[r.Pipeline]++
		r.Number = last[r.Pipeline]
		tx.CreateRun(r, &run.Plan{RunID: r.ID, Number: r.Number, Values: run.Values{Inputs: inputs[r.ID]}})
	}
	tx.PutPipeline(store.Pipeline{ID: 1, Name: "one", LastNumber: last[1]})
	tx.PutPipeline(store.Pipeline{ID: 2, Name: "two", LastNumber: last[2]})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return s
}

// pages are the ids of a list, page by page as a client asks for them.
func pages(t rapid.TB, s *store.Store, q rpc.RunListRequest, pipeline uint64, patience time.Duration) (ids []uint64, asked int) {
	wanted, err := Of(&q)
	if err != nil {
		t.Fatal(err)
	}
	for list := (store.Listing{Pipeline: pipeline, Ascending: q.Ascending}); ; asked++ {
		view := s.View()
		found, next, err := wanted.Page(view, list, q.Limit, patience)
		view.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > q.Limit {
			t.Fatalf("a page of %d has %d", q.Limit, len(found))
		}
		for _, r := range found {
			ids = append(ids, r.ID)
		}
		if next == 0 {
			return ids, asked + 1
		}
		if q.Ascending {
			list.After = next
		} else {
			list.Before = next
		}
	}
}

// The examples of GitLab's list: two that failed, one that succeeded, one that
// was skipped, and a child of another.
func TestScopesAreGitLabs(t *testing.T) {
	t.Parallel()
	var runs []store.Run
	for i, status := range []run.Status{run.Failed, run.Failed, run.Success, run.Skipped, run.Success} {
		runs = append(runs, store.Run{ID: uint64(i + 1), Pipeline: 1, State: run.State{Status: status}, Cause: store.Cause{Source: store.ByCommand}})
	}
	runs[4].Cause.Source = store.ByParent
	s := shelf(t, runs, nil)
	for _, c := range []struct {
		q    rpc.RunListRequest
		want []uint64
	}{
		{rpc.RunListRequest{}, []uint64{4, 3, 2, 1}},
		{rpc.RunListRequest{Status: []string{"failed"}}, []uint64{2, 1}},
		{rpc.RunListRequest{Status: []string{"finished"}}, []uint64{3, 2, 1}},
		{rpc.RunListRequest{Status: []string{"skipped", "failed"}, Ascending: true}, []uint64{1, 2, 4}},
		{rpc.RunListRequest{Children: true}, []uint64{5, 4, 3, 2, 1}},
		{rpc.RunListRequest{Source: []string{"parent_pipeline"}}, []uint64{5}},
		{rpc.RunListRequest{Source: []string{"schedule"}}, nil},
	} {
		c.q.Limit = 10
		if got, _ := pages(t, s, c.q, 0, time.Minute); !slices.Equal(got, c.want) {
			t.Errorf("%+v shows %v, want %v", c.q, got, c.want)
		}
	}
}

func TestANameMatchesAsAWhole(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"a.b": true, "axb": false, "a.b.c": false, "xa.b": false, "": false} {
		if got := pattern("a.?").MatchString(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if !pattern("*").MatchString("two\nlines / and more") {
		t.Error("* does not match any text")
	}
}

// A run that was made before the clock was set back is later than those after it.
func TestAClockThatIsSetBackHidesNoRun(t *testing.T) {
	t.Parallel()
	runs := []store.Run{
		{ID: 1, Pipeline: 1, State: run.State{CreatedAt: listNoon}},
		{ID: 2, Pipeline: 1, State: run.State{CreatedAt: listNoon.Add(-time.Hour)}},
	}
	s := shelf(t, runs, nil)
	between := listNoon.Add(-time.Minute)
	if got, _ := pages(t, s, rpc.RunListRequest{Since: &between, Limit: 1}, 0, time.Minute); !slices.Equal(got, []uint64{1}) {
		t.Errorf("since then there are %v", got)
	}
	if got, _ := pages(t, s, rpc.RunListRequest{Until: &between, Limit: 1, Ascending: true}, 1, time.Minute); !slices.Equal(got, []uint64{2}) {
		t.Errorf("before that there are %v", got)
	}
}

// Whatever is asked for, in pages of whatever size, by requests that look at one
// run or at all: what comes is what a loop over all runs finds.
func TestPagesAreTheWholeList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runs, inputs := drawRuns(t)
		s := shelf(t, runs, inputs)
		for range 8 {
			q := drawFilters(t)
			pipeline := rapid.Uint64Range(0, 2).Draw(t, "pipeline")
			patience := rapid.SampledFrom([]time.Duration{-1, time.Minute}).Draw(t, "patience")
			got, asked := pages(t, s, q, pipeline, patience)
			if want := plainly(runs, inputs, q, pipeline); !slices.Equal(got, want) {
				t.Fatalf("%+v of pipeline %d shows %v, want %v", q, pipeline, got, want)
			}
			if patience < 0 && asked > len(runs)+1 || patience > 0 && asked > len(got)/q.Limit+1 {
				t.Fatalf("%d requests for %d of %d runs by %d", asked, len(got), len(runs), q.Limit)
			}
		}
	})
}

// drawRuns draws runs about a day apart, with a clock that is set back now and
// then by less.
func drawRuns(t *rapid.T) ([]store.Run, map[uint64]map[string]any) {
	inputs, runs, id := map[uint64]map[string]any{}, []store.Run(nil), uint64(0)
	for i := range rapid.IntRange(0, 25).Draw(t, "runs") {
		id += rapid.Uint64Range(1, 3).Draw(t, "gap") // others were deleted
		at := listNoon.Add(time.Duration(rapid.IntRange(24*i, 24*i+47).Draw(t, "hour")) * time.Hour)
		inputs[id] = map[string]any{"keep": float64(rapid.IntRange(1, 2).Draw(t, "keep"))}
		runs = append(runs, store.Run{
			ID: id, Pipeline: rapid.Uint64Range(1, 2).Draw(t, "of"), Name: rapid.SampledFrom([]string{"", "a.b", "a/b", "axb"}).Draw(t, "name"),
			Labels: rapid.SampledFrom([]map[string]string{nil, {"team": "db"}, {"team": "db", "x": ""}}).Draw(t, "labels"),
			Cause: store.Cause{
				Source: rapid.SampledFrom([]store.Source{store.ByCommand, store.BySchedule, store.ByParent}).Draw(t, "source"),
				Actor:  rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "actor"),
			},
			State: run.State{
				Status:    rapid.SampledFrom([]run.Status{run.Running, run.Success, run.Failed, run.Skipped}).Draw(t, "status"),
				CreatedAt: at,
			},
		})
	}
	return runs, inputs
}

func drawFilters(t *rapid.T) rpc.RunListRequest {
	words := func(what string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID).Draw(t, what)
	}
	q := rpc.RunListRequest{
		Status: words("statuses", "running", "success", "finished"), Source: words("sources", "command", "schedule", "parent_pipeline"),
		Actor: rapid.SampledFrom([]string{"", "", "ann"}).Draw(t, "by"), RunName: rapid.SampledFrom([]string{"", "", "a?b", "a.*", "*b"}).Draw(t, "called"),
		Labels:   rapid.SampledFrom([]map[string]string{nil, nil, {"team": "db"}, {"x": ""}}).Draw(t, "labelled"),
		Inputs:   rapid.SampledFrom([]map[string]string{nil, nil, {"keep": "1"}, {"none": ""}}).Draw(t, "given"),
		Children: rapid.Bool().Draw(t, "children"), Ascending: rapid.Bool().Draw(t, "ascending"), Limit: rapid.IntRange(1, 6).Draw(t, "limit"),
	}
	for _, bound := range []**time.Time{&q.Since, &q.Until} {
		if rapid.IntRange(0, 2).Draw(t, "bounded") == 0 {
			at := listNoon.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours")) * time.Hour)
			*bound = &at
		}
	}
	return q
}

// plainly is the list as its request says it, over every run.
func plainly(runs []store.Run, inputs map[uint64]map[string]any, q rpc.RunListRequest, pipeline uint64) (ids []uint64) {
	for _, r := range runs {
		status := string(r.State.Status)
		finished := slices.Contains(q.Status, "finished") && (status == "success" || status == "failed" || status == "canceled")
		keep, _ := inputs[r.ID]["keep"].(float64)
		at := r.State.CreatedAt
		switch {
		case pipeline != 0 && r.Pipeline != pipeline, len(q.Status) > 0 && !finished && !slices.Contains(q.Status, status):
		case len(q.Source) > 0 && !slices.Contains(q.Source, string(r.Cause.Source)):
		case r.Cause.Source == store.ByParent && !q.Children && !slices.Contains(q.Source, "parent_pipeline"):
		case q.Actor != "" && q.Actor != r.Cause.Actor, q.Inputs["keep"] == "1" && keep != 1:
		case q.RunName == "a?b" && len(r.Name) != 3, q.RunName == "*b" && !strings.HasSuffix(r.Name, "b"), q.RunName == "a.*" && !strings.HasPrefix(r.Name, "a."):
		case q.Labels["team"] != "" && r.Labels["team"] != "db", len(q.Labels) > 0 && q.Labels["team"] == "" && len(r.Labels) < 2:
		case q.Since != nil && at.Before(*q.Since), q.Until != nil && !at.Before(*q.Until):
		default:
			if _, none := q.Inputs["none"]; !none {
				ids = append(ids, r.ID)
			}
		}
	}
	if !q.Ascending {
		slices.Reverse(ids)
	}
	return ids
}
