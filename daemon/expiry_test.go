package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/store"
)

// update writes to the store of a house.
func (h *house) update(write func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.d.engine.Update(h.t.Context(), func(tx *store.Tx, _ time.Time) error { return write(tx) }); err != nil {
		h.t.Fatal(err)
	}
}

// ledger is the subjects of the ticks of a trigger, newest first.
func (h *house) ledger(l store.Ledger) string {
	h.t.Helper()
	view := h.d.store.View()
	defer view.Close()
	var all []string
	for tick, err := range view.Ticks(l.Pipeline, l.Trigger, "") {
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, tick.Subject)
	}
	return strings.Join(all, " ")
}

func TestOldRecordsOfLedgersAreRemoved(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Schedules = config.Schedules{LedgerAge: 24 * time.Hour, LedgerCount: 100} })
	h.apply(one("nightly", "true"))
	now := time.Now()
	old, young := now.Add(-25*time.Hour), now.Add(-23*time.Hour)
	tick := func(at, decided time.Time, subject string) store.Tick {
		return store.Tick{Pipeline: 1, Trigger: "evening", At: at, DecidedAt: decided, Subject: subject}
	}
	h.update(func(tx *store.Tx) error {
		tx.PutTick(tick(old, old, "old"))
		tx.PutTick(tick(old, young, "caught-up"))
		tx.PutTick(tick(young, young, "young"))
		orphan := tick(young, young, "orphan")
		orphan.Pipeline = 9
		tx.PutTick(orphan)
		tx.CreateBackfill(store.Backfill{ID: 1, DoneAt: old}, nil)
		tx.CreateBackfill(store.Backfill{ID: 2, CanceledAt: young}, nil)
		return nil
	})
	h.d.sweepLedgers(t.Context())
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "evening"}); got != "young caught-up" {
		t.Errorf("what is left is %q", got)
	}
	if got := h.ledger(store.Ledger{Pipeline: 9, Trigger: "evening"}); got != "" {
		t.Errorf("of a pipeline that is gone there is %q", got)
	}
	view := h.d.store.View()
	defer view.Close()
	var left []uint64
	for b, err := range view.Backfills() {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, b.ID)
	}
	if fmt.Sprint(left) != "[2]" {
		t.Errorf("the backfills %v are left", left)
	}
}

// A file that was found and lies there still is not taken for a new one because
// its record was removed.
func TestTheRecordOfAFileStaysWithTheFile(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Schedules = config.Schedules{LedgerAge: 24 * time.Hour, LedgerCount: 100} })
	h.apply(one("nightly", "true"))
	there := filepath.Join(h.dir, "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := arrival.Stat(there)
	if err != nil {
		t.Fatal(err)
	}
	gone, before := file, file
	gone.Path, before.Size = filepath.Join(h.dir, "gone"), 7
	old := time.Now().Add(-48 * time.Hour)
	h.update(func(tx *store.Tx) error {
		for _, f := range []arrival.File{file, gone, before} {
			tx.PutTick(store.Tick{Pipeline: 1, Trigger: "files", At: old, DecidedAt: old, Subject: f.Identity()})
		}
		return tx.PutTrigger(store.Trigger{Pipeline: 1, Name: "files", Kind: config.OnFiles})
	})
	h.d.sweepLedgers(t.Context())
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "files"}); got != file.Identity() {
		t.Errorf("what is left is %q", got)
	}
}

// A backfill that goes on after a restart finds by their records which of its
// runs live.
func TestTheRecordOfARunThatLivesStays(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Schedules = config.Schedules{LedgerAge: 24 * time.Hour, LedgerCount: 100} })
	g := h.gate("gate")
	h.apply(one("nightly", "cat "+g.path))
	name := h.begin("nightly")
	open := g.reached()
	old := time.Now().Add(-48 * time.Hour)
	h.update(func(tx *store.Tx) error {
		for subject, id := range map[string]uint64{"lives": h.get(name).ID, "deleted": 99} {
			tx.PutTick(store.Tick{Pipeline: 1, Trigger: "evening", At: old, DecidedAt: old, Subject: subject, Run: id})
		}
		return nil
	})
	h.d.sweepLedgers(t.Context())
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "evening"}); got != "lives" {
		t.Errorf("what is left is %q", got)
	}
	open()
	h.over(name)
	h.d.sweepLedgers(t.Context())
	if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: "evening"}); got != "" {
		t.Errorf("once it is over %q is left", got)
	}
}

// The newest records stay, however many go, in several turns.
func TestALedgerHasABound(t *testing.T) {
	const keep = 100
	h := newHouse(t, func(c *config.Daemon) { c.Schedules = config.Schedules{LedgerAge: 24 * time.Hour, LedgerCount: keep} })
	h.apply(one("nightly", "true"))
	now := time.Now()
	for _, trigger := range []string{"a", "b"} {
		h.update(func(tx *store.Tx) error {
			for n := range keep + expiredAtOnce + 1 {
				tx.PutTick(store.Tick{Pipeline: 1, Trigger: trigger, At: now.Add(-time.Duration(n)), DecidedAt: now, Subject: fmt.Sprint(n)})
			}
			return nil
		})
	}
	h.d.sweepLedgers(t.Context())
	var want []string
	for n := range keep {
		want = append(want, fmt.Sprint(n))
	}
	for _, trigger := range []string{"a", "b"} {
		if got := h.ledger(store.Ledger{Pipeline: 1, Trigger: trigger}); got != strings.Join(want, " ") {
			t.Errorf("of %s %q is left", trigger, got)
		}
	}
}
