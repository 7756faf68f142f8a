package store

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/penstock/penstock/daemon/run"
)

// rows collects the first rows of a list.
func rows[T any](t *testing.T, all iter.Seq2[T, error], limit int, name func(T) any) string {
	t.Helper()
	var got []any
	for v, err := range all {
		check(t, err)
		got = append(got, name(v))
		if len(got) == limit {
			break
		}
	}
	return strings.Trim(fmt.Sprint(got), "[]")
}

func TestListsAndTheirPages(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		for i, name := range []string{"b", "a-b", "a", "a.b", "0"} {
			tx.PutPipeline(Pipeline{ID: uint64(i + 1), Name: name, LastNumber: 300})
		}
		for id := range uint64(300) {
			r := createRun(tx, 1+id%2, id+1, "s")
			r.Number = id + 1
		}
		for n := range uint64(4) {
			tx.PutRevision(1, Revision{Revision: n + 1})
		}
	})
	v := s.View()
	defer v.Close()
	named := func(p Pipeline) any { return p.Name }
	numbered := func(r Run) any { return r.ID }
	revised := func(r Revision) any { return r.Revision }
	current := Pipeline{ID: 1, Revision: 4}
	for _, c := range []struct{ what, got, want string }{
		{"pipelines", rows(t, v.Pipelines(""), 9, named), "0 a a-b a.b b"},
		{"a page of pipelines", rows(t, v.Pipelines(""), 2, named), "0 a"},
		{"pipelines after a", rows(t, v.Pipelines("a"), 9, named), "a-b a.b b"},
		{"pipelines after one that is gone", rows(t, v.Pipelines("a-c"), 9, named), "a.b b"},
		{"pipelines after the last", rows(t, v.Pipelines("b"), 9, named), ""},
		{"runs", rows(t, v.List(Listing{}), 3, numbered), "300 299 298"},
		{"runs before 258", rows(t, v.List(Listing{Before: 258}), 3, numbered), "257 256 255"},
		{"runs before 3", rows(t, v.List(Listing{Before: 3}), 9, numbered), "2 1"},
		{"runs before the first", rows(t, v.List(Listing{Before: 1}), 9, numbered), ""},
		{"runs before one to come", rows(t, v.List(Listing{Before: 1000}), 1, numbered), "300"},
		{"runs after 298", rows(t, v.List(Listing{After: 298}), 9, numbered), "300 299"},
		{"the oldest runs", rows(t, v.List(Listing{Ascending: true}), 3, numbered), "1 2 3"},
		{"the oldest runs after 257", rows(t, v.List(Listing{After: 257, Before: 260, Ascending: true}), 9, numbered), "258 259"},
		{"a page of a pipeline", rows(t, v.List(Listing{Pipeline: 1, Before: 258}), 3, numbered), "257 255 253"},
		{"a page of a pipeline from another's run", rows(t, v.List(Listing{Pipeline: 2, Before: 257}), 3, numbered), "256 254 252"},
		{"the last page of a pipeline", rows(t, v.List(Listing{Pipeline: 2, Before: 6}), 9, numbered), "4 2"},
		{"before the first of a pipeline", rows(t, v.List(Listing{Pipeline: 2, Before: 2}), 9, numbered), ""},
		{"the oldest of a pipeline", rows(t, v.List(Listing{Pipeline: 2, Ascending: true}), 3, numbered), "2 4 6"},
		{"the oldest of a pipeline after 257", rows(t, v.List(Listing{Pipeline: 2, After: 257, Before: 263, Ascending: true}), 9, numbered), "258 260 262"},
		{"after the last of a pipeline", rows(t, v.List(Listing{Pipeline: 2, After: 300, Ascending: true}), 9, numbered), ""},
		{"runs of a pipeline", rows(t, v.RunsOf(1), 3, numbered), "299 297 295"},
		{"runs of another", rows(t, v.RunsOf(2), 2, numbered), "300 298"},
		{"runs of none", rows(t, v.RunsOf(3), 9, numbered), ""},
		{"revisions", rows(t, v.Revisions(current, 0), 9, revised), "4 3 2 1"},
		{"revisions before 3", rows(t, v.Revisions(current, 3), 9, revised), "2 1"},
		{"revisions before one to come", rows(t, v.Revisions(current, 77), 2, revised), "4 3"},
		{"revisions before the first", rows(t, v.Revisions(current, 1), 9, revised), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if n, err := v.CountPipelines(); n != 5 || err != nil {
		t.Errorf("%d pipelines, %v", n, err)
	}
}

// A view does not see what is committed after it was opened.
func TestAViewIsOfOneMoment(t *testing.T) {
	s := openStore(t, t.TempDir())
	v := s.View()
	defer v.Close()
	put(t, s, func(tx *Tx) { createRun(tx, 1, 1, "a") })
	if _, err := v.Run(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("the run of later: %v", err)
	}
}

// The lengths around the end of a part are those where a part may be lost or
// one too many asked for.
func TestPlansOfManyParts(t *testing.T) {
	s := openStore(t, t.TempDir())
	empty := len(mustMarshal(t, planWith(0)))
	for _, size := range []int{empty, planPart - 1, planPart, planPart + 1, 2 * planPart, 3*planPart + 7} {
		want := planWith(size - empty)
		if n := len(mustMarshal(t, want)); n != size {
			t.Fatalf("the plan has %d bytes, not %d", n, size)
		}
		put(t, s, func(tx *Tx) { tx.putPlan(want) })
		v := s.View()
		got, err := v.Plan(want.RunID)
		v.Close()
		check(t, err)
		same(t, fmt.Sprint("a plan of ", size, " bytes"), got, want)
		put(t, s, func(tx *Tx) { check(t, tx.DeleteRun(Run{ID: want.RunID})) })
	}
	if got := keys(t, s); len(got) != 1 {
		t.Errorf("%d keys are left", len(got))
	}
}

func planWith(filling int) *run.Plan {
	p := planOf(1, "a")
	p.Environment = map[string]string{"FILL": strings.Repeat("x", filling)}
	return p
}
