package main

import (
	"errors"
	"testing"
	"time"
)

// TestEachScheduleThatIsDueHasOneRecordAndOneRun is the measure of schedules in
// small, without its floors: a test machine does other things as well.
func TestEachScheduleThatIsDueHasOneRecordAndOneRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a daemon and takes a quarter of a minute")
	}
	w, err := newWorld(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if w.estate, err = newEstate(t.Context(), w, 2000, 1000); err != nil {
		t.Fatal(err)
	}
	if err := w.estate.rest(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	t.Logf("put in %s; %+v", w.estate.put, w.estate.idle)
	for _, killAt := range []int{0, 300} {
		b, err := w.estate.erupt(t.Context(), killAt)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.estate.audit(&b)
		if err != nil || a.count > 0 {
			t.Fatal(a.count, errors.Join(a.wrong...), err)
		}
		if n := len(a.late); n != 1000 {
			t.Errorf("%d schedules have a record, 1000 were due", n)
		}
		t.Logf("%s; killed at %d, back after %s", a.row(0).ours, b.killed, b.away)
	}
}

func TestProcessorTimeIsReadAfterTheName(t *testing.T) {
	used, err := processorTicks("42 (a) R (b) S 1 1 1 0 -1 4194560 100 0 0 0 123 45 0 0 20 0 9 0 1000")
	if err != nil || used != 1680*time.Millisecond {
		t.Errorf("%s, %v", used, err)
	}
	if _, err := processorTicks("42 (a) S 1"); err == nil {
		t.Error("a line that is cut off is taken for a status")
	}
}
