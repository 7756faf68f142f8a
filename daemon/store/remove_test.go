package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	check(t, err)
	return text
}

// TestWhatIsDeletedLeavesNothing deletes in the turn that wrote last, and in a
// later one; only the neighbours and the number of the name stay.
func TestWhatIsDeletedLeavesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		tx.PutPipeline(Pipeline{ID: 2, Name: "neighbour"})
		tx.PutRevision(2, Revision{Revision: 1})
		createRun(tx, 2, 2, "a")
		tx.PutStep(2, 0, planStep)
	})
	want := append(keys(t, s), string(retiredKey("nightly")))
	slices.Sort(want)
	pipeline := Pipeline{ID: 1, Name: "nightly", Revision: 2, LastNumber: 1}
	var record Run
	put(t, s, func(tx *Tx) {
		tx.PutPipeline(pipeline)
		tx.PutRevision(1, Revision{Revision: 1})
		record = createRun(tx, 1, 1, "a", "b", "c")
		for i := range 3 {
			tx.PutStep(1, i, planStep)
		}
	})
	put(t, s, func(tx *Tx) {
		tx.PutRevision(1, Revision{Revision: 2})
		check(t, tx.DeleteRun(record))
		for range tx.RunsOf(1) {
			t.Error("a run that the transaction has deleted is listed")
		}
		check(t, tx.DeletePipeline(pipeline))
	})
	if got := keys(t, s); !slices.Equal(got, want) {
		t.Errorf("the keys are %q, want %q", got, want)
	}
}

func TestARenamedPipelineHasOneName(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := Pipeline{ID: 1, Name: "old", LastNumber: 5}
	put(t, s, func(tx *Tx) {
		tx.PutPipeline(p)
		check(t, tx.DeletePipeline(Pipeline{ID: 9, Name: "new", LastNumber: 40}))
	})
	var err error
	put(t, s, func(tx *Tx) { p, err = tx.RenamePipeline(p, "new") })
	check(t, err)
	v := s.View()
	defer v.Close()
	got, err := v.PipelineNamed("new")
	check(t, err)
	same(t, "the renamed one", got, Pipeline{ID: 1, Name: "new", LastNumber: 40})
	same(t, "what rename answered", p, got)
	if _, err := v.PipelineNamed("old"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the old name: %v", err)
	}
	if n, err := v.LastNumber("old"); n != 5 || err != nil {
		t.Errorf("the old name counts from %d, %v", n, err)
	}
}

func TestOldRequestsAreForgotten(t *testing.T) {
	s := openStore(t, t.TempDir())
	yesterday := instant.Add(-24 * time.Hour)
	put(t, s, func(tx *Tx) {
		tx.PutRequest("old", Request{Run: 1, At: yesterday.Add(-time.Nanosecond)})
		tx.PutRequest("old, then used again", Request{Run: 2, At: yesterday.Add(-time.Hour)})
		tx.PutRequest("new", Request{Run: 3, At: yesterday})
		tx.PutRequest("old and for long", Request{Run: 5, At: yesterday.Add(-time.Hour), Until: instant})
		tx.PutRequest("new and not for long", Request{Run: 6, At: instant, Until: instant.Add(-time.Nanosecond)})
	})
	put(t, s, func(tx *Tx) {
		tx.PutRequest("old, then used again", Request{Run: 4, At: instant})
		check(t, tx.ForgetRequests(instant))
	})
	v := s.View()
	defer v.Close()
	for key, want := range map[string]string{
		"old": "0 not found", "old, then used again": "4 <nil>", "new": "3 <nil>",
		"old and for long": "5 <nil>", "new and not for long": "0 not found",
	} {
		r, err := v.Request(key)
		if got := fmt.Sprint(r.Run, " ", err); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
