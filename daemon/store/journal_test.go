package store

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// large is what one of Badger's transactions cannot hold: a counter, values
// that are many, and the removal of a key.
func large(tx *Tx) {
	tx.put([]byte("x/first"), "new")
	for i := range 12 {
		tx.put(fmt.Appendf(nil, "x/%03d", i), strings.Repeat("v", 300<<10))
	}
	tx.remove([]byte("x/old"))
	tx.put([]byte("x/last"), "new")
}

func old(tx *Tx) {
	tx.put([]byte("x/first"), "old")
	tx.put([]byte("x/old"), "old")
}

// largeKeys are the keys that large leaves.
func largeKeys() []string {
	all := []string{"m/meta"}
	for i := range 12 {
		all = append(all, fmt.Sprintf("x/%03d", i))
	}
	return append(all, "x/first", "x/last")
}

func TestACommitLargerThanBadgerTakesIsWhole(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, quiet)
	check(t, err)
	put(t, s, old)
	put(t, s, large)
	if got := keys(t, s); !slices.Equal(got, largeKeys()) {
		t.Errorf("the keys are %q", got)
	}
	check(t, s.Close())
	if got := keys(t, openStore(t, dir)); !slices.Equal(got, largeKeys()) {
		t.Errorf("after another start the keys are %q", got)
	}
}

// A commit that is cut off after any of the transactions that it is made of
// is, after the next Open, either whole or nothing.
func TestALargeCommitThatWasCutOffIsWholeOrNothing(t *testing.T) {
	tx := openStore(t, t.TempDir()).Begin()
	large(tx)
	parts := journal(tx.final())
	tx.Discard()
	if len(parts) < 4 {
		t.Fatalf("only %d parts", len(parts))
	}
	for _, stored := range []int{1, len(parts) - 1, len(parts)} {
		for _, placed := range []int{0, 1, stored - 1} {
			if stored < len(parts) && placed > 0 {
				continue
			}
			t.Run(fmt.Sprintf("%d stored, %d placed", stored, placed), func(t *testing.T) {
				dir := t.TempDir()
				cutOff(t, dir, parts, stored, placed)
				want := []string{"m/meta", "x/first", "x/old"}
				if stored == len(parts) {
					want = largeKeys()
				}
				if got := keys(t, openStore(t, dir)); !slices.Equal(got, want) {
					t.Errorf("the keys are %q, want %q", got, want)
				}
			})
		}
	}
}

// cutOff leaves a store in dir in which so many parts of a commit are in the
// journal and the first of them have gone to their places.
func cutOff(t *testing.T, dir string, parts []journalPart, stored, placed int) {
	t.Helper()
	s, err := Open(dir, quiet)
	check(t, err)
	put(t, s, old)
	for i, part := range parts[:stored] {
		p := keyedPart{journalKey(i), part}
		record, err := encode(part)
		check(t, err)
		check(t, s.commitSynced([]write{{key: p.key, record: record}}))
		if i < placed {
			check(t, s.commitSynced(append(p.writes(), write{key: p.key})))
		}
	}
	check(t, s.Close())
}

func TestPartsOfAJournalFit(t *testing.T) {
	many := make([]write, 100_000)
	for i := range many {
		many[i].key = stepKey(1, i)
	}
	big := make([]write, 9)
	for i := range big {
		big[i] = write{key: planKey(1, i), record: bytes.Repeat([]byte("x"), 700<<10)}
	}
	s := openStore(t, t.TempDir())
	for name, writes := range map[string][]write{"many removals": many, "big records": big} {
		for i, part := range journal(writes) {
			record, err := encode(part)
			check(t, err)
			if int64(len(record)) >= s.db.Opts().ValueThreshold {
				t.Errorf("%s: part %d has %d bytes and goes to the value log", name, i, len(record))
			}
		}
		check(t, s.commit(writes))
	}
	if got := keys(t, s); len(got) != 1+len(big) || got[0] != string(planKey(1, 0)) {
		t.Errorf("%d keys are left, the first is %q", len(got), got[0])
	}
}

// The value log is never written: Badger only logs its failed syncs.
func TestRecordsStayOutOfTheValueLog(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		plan := planOf(1, "a")
		plan.Environment = map[string]string{"BIG": strings.Repeat("x", 3*planPart)}
		tx.putPlan(plan)
	})
	check(t, s.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if n := it.Item().ValueSize(); n >= s.db.Opts().ValueThreshold {
				t.Errorf("%q has %d bytes", it.Item().Key(), n)
			}
		}
		return nil
	}))
}
