package store

import (
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// What version 1 of the schema was given later is absent where it says nothing,
// and is written so that it is read again by whoever comes.
func TestWhatRecordsWereGivenLater(t *testing.T) {
	later := instant.Add(time.Hour)
	for _, c := range []struct {
		name   string
		record any
		want   string
	}{
		{"a pipeline", Pipeline{ID: 1, Name: "a", Revision: 1, LastNumber: 2, CreatedAt: instant},
			`{"id":1,"name":"a","revision":1,"last_number":2,"created_at":"2026-03-01T02:30:00Z"}`},
		{"a paused one", Pipeline{ID: 1, Name: "a", CreatedAt: instant, Pauses: []Pause{
			{Actor: "ann", At: instant, Reason: "full"}, {Part: Part{"build", "compile"}, Actor: "bob", At: instant, Until: later},
		}}, `{"id":1,"name":"a","revision":0,"last_number":0,"created_at":"2026-03-01T02:30:00Z","pauses":[` +
			`{"actor":"ann","at":"2026-03-01T02:30:00Z","reason":"full"},` +
			`{"stage":"build","step":"compile","actor":"bob","at":"2026-03-01T02:30:00Z","until":"2026-03-01T03:30:00Z"}]}`},
		{"terms", Run{State: run.State{CreatedAt: instant}, Terms: Terms{
			SubQueue: "eu", Priority: -3, Overlap: config.OverlapQueue, Limit: 2, OnNewRun: config.CancelConservative, Fingerprint: "00",
		}}, `{"id":0,"pipeline":0,"number":0,"revision":0,"cause":{"source":"","uid":0},` +
			`"state":{"status":"","sequence":0,"created_at":"2026-03-01T02:30:00Z"},` +
			`"sub_queue":"eu","priority":-3,"overlap":"queue","limit":2,"on_new_run":"conservative","fingerprint":"00"}`},
		{"no terms", Run{State: run.State{CreatedAt: instant}},
			`{"id":0,"pipeline":0,"number":0,"revision":0,"cause":{"source":"","uid":0},` +
				`"state":{"status":"","sequence":0,"created_at":"2026-03-01T02:30:00Z"}}`},
		{"a resource group", Resource{Mode: policy.OldestFirst}, `{"mode":"oldest_first"}`},
	} {
		record, err := encode(c.record)
		check(t, err)
		if got := string(record[4:]); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestAPauseEndsByItself(t *testing.T) {
	p := Pipeline{Pauses: []Pause{{Actor: "ann"}, {Actor: "bob", Until: instant}, {Actor: "cid", Until: instant.Add(time.Hour)}}}
	for at, want := range map[time.Time]int{instant.Add(-1): 3, instant: 2, instant.Add(time.Hour): 1} {
		if got := p.Paused(at); len(got) != want || got[0].Actor != "ann" {
			t.Errorf("at %s: %+v", at, got)
		}
	}
	if len(p.Pauses) != 3 {
		t.Error("to ask changed the record")
	}
}

func TestResourcesAreKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		tx.PutResource("db/prod", Resource{policy.OldestFirst})
		tx.PutResource("cache", Resource{policy.NewestFirst})
		tx.PutResource("cache", Resource{policy.Unordered})
	})
	v := s.View()
	defer v.Close()
	got, err := v.Resources()
	check(t, err)
	same(t, "resources", got, map[string]Resource{"db/prod": {policy.OldestFirst}, "cache": {policy.Unordered}})
}

func TestARunIsRevived(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		createRun(tx, 1, 1, "a")
		createRun(tx, 1, 2, "a")
		tx.EndRun(1)
	})
	put(t, s, func(tx *Tx) { tx.ReviveRun(1) })
	v := s.View()
	defer v.Close()
	live, err := v.Live()
	check(t, err)
	same(t, "live runs", live, []uint64{1, 2})
}
