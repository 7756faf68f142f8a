package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/penstock/penstock/daemon/run"
)

// Tx collects writes until Commit. It reads what it has written. It is used by
// one goroutine, and one Tx exists at a time.
type Tx struct {
	reader
	store  *Store
	writes []write
	latest map[string]int // key → index of its newest write
	err    error          // a record that could not be encoded
}

type write struct {
	key, record []byte // record nil: delete
	before      int    // index of the write that it replaced, or -1
}

// Begin starts a transaction on the state as it is.
func (s *Store) Begin() *Tx {
	tx := &Tx{store: s, latest: map[string]int{}}
	tx.txn = s.db.NewTransaction(false)
	tx.pending, tx.added = tx.own, tx.fresh
	return tx
}

// own is what tx itself has written for key.
func (tx *Tx) own(key []byte) (record []byte, written bool) {
	i, ok := tx.latest[string(key)]
	if !ok {
		return nil, false
	}
	return tx.writes[i].record, true
}

// fresh lists the keys with a prefix that tx has put and nobody has committed.
func (tx *Tx) fresh(prefix []byte) (keys [][]byte) {
	wanted := string(prefix)
	for text, i := range tx.latest {
		if tx.writes[i].record == nil || !strings.HasPrefix(text, wanted) {
			continue
		}
		key := []byte(text)
		if _, err := tx.txn.Get(key); errors.Is(err, badger.ErrKeyNotFound) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}

// Mark is a place in a Tx to go back to.
type Mark int

// Mark remembers the writes so far.
func (tx *Tx) Mark() Mark { return Mark(len(tx.writes)) }

// Rollback forgets every write since m.
func (tx *Tx) Rollback(m Mark) {
	for i := len(tx.writes) - 1; i >= int(m); i-- {
		w := tx.writes[i]
		if w.before < 0 {
			delete(tx.latest, string(w.key))
		} else {
			tx.latest[string(w.key)] = w.before
		}
	}
	tx.writes = tx.writes[:m]
}

// Empty reports whether there is nothing to commit.
func (tx *Tx) Empty() bool { return len(tx.writes) == 0 }

// Discard lets go of tx. It does nothing after Commit.
func (tx *Tx) Discard() { tx.txn.Discard() }

// Commit makes the writes durable: when it returns nil they survive a power
// cut. An error leaves unknown what was written: the process must end.
func (tx *Tx) Commit() error {
	defer tx.txn.Discard()
	if tx.err != nil || tx.Empty() {
		return tx.err
	}
	if err := tx.store.commit(tx.final()); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// final is the newest write of each key, in order.
func (tx *Tx) final() (writes []write) {
	for i, w := range tx.writes {
		if tx.latest[string(w.key)] == i {
			writes = append(writes, w)
		}
	}
	return writes
}

func (w write) apply(txn *badger.Txn) error {
	if w.record == nil {
		return txn.Delete(w.key)
	}
	return txn.Set(w.key, w.record)
}

func (tx *Tx) put(key []byte, v any) {
	record, err := encode(v)
	if err != nil {
		tx.err = errors.Join(tx.err, err)
		return
	}
	tx.write(key, record)
}

func (tx *Tx) write(key, record []byte) {
	before, ok := tx.latest[string(key)]
	if !ok {
		before = -1
	}
	tx.latest[string(key)] = len(tx.writes)
	tx.writes = append(tx.writes, write{key, record, before})
}

func (tx *Tx) remove(key []byte) { tx.write(key, nil) }

// PutMeta writes the counters.
func (tx *Tx) PutMeta(m Meta) { tx.put(metaKey, m) }

// PutPipeline writes a pipeline under its name.
func (tx *Tx) PutPipeline(p Pipeline) {
	tx.put(pipelineKey(p.ID), p)
	tx.put(nameKey(p.Name), p.ID)
}

// RenamePipeline gives p another name.
func (tx *Tx) RenamePipeline(p Pipeline, to string) (Pipeline, error) {
	tx.retire(p)
	n, err := tx.LastNumber(to)
	p.Name, p.LastNumber = to, max(p.LastNumber, n)
	tx.PutPipeline(p)
	return p, err
}

// retire gives the name of p up. Its numbers are not: nightly/42 names one run
// for ever, to plugins and to whoever kept the name, so a later pipeline of the
// name goes on counting from there.
func (tx *Tx) retire(p Pipeline) {
	tx.remove(nameKey(p.Name))
	tx.put(retiredKey(p.Name), p.LastNumber)
}

// PutRevision writes a revision of a pipeline.
func (tx *Tx) PutRevision(pipeline uint64, r Revision) {
	tx.put(revisionKey(pipeline, r.Revision), r)
}

// PutRun writes the record of a run.
func (tx *Tx) PutRun(r Run) { tx.put(runKey(r.ID), r) }

// CreateRun writes a new run with its plan, findable and live.
func (tx *Tx) CreateRun(r Run, p *run.Plan) {
	tx.putPlan(p)
	tx.PutRun(r)
	tx.put(indexKey(r.Pipeline, r.Number), r.ID)
	tx.ReviveRun(r.ID)
}

// EndRun takes the mark of a live run away.
func (tx *Tx) EndRun(id uint64) { tx.remove(liveKey(id)) }

// ReviveRun puts a run that was over back among those that live.
func (tx *Tx) ReviveRun(id uint64) { tx.put(liveKey(id), true) }

// PutResource writes what people decided of a resource group.
func (tx *Tx) PutResource(name string, r Resource) { tx.put(resourceKey(name), r) }

// ForgetResource removes what people decided of a resource group.
func (tx *Tx) ForgetResource(name string) { tx.remove(resourceKey(name)) }

// PutStep writes how far a step has come.
func (tx *Tx) PutStep(run uint64, step int, s run.Step) { tx.put(stepKey(run, step), s) }

// PutRequest remembers which run a request with a key made.
func (tx *Tx) PutRequest(key string, r Request) { tx.put(requestKey(key), r) }

// RemoveRequest lets a key start another run.
func (tx *Tx) RemoveRequest(key string) { tx.remove(requestKey(key)) }

// ForgetRequests removes the keys of requests that are not to be known any more.
func (tx *Tx) ForgetRequests(now time.Time) error {
	prefix := []byte("k/")
	return tx.scan(prefix, prefix, func(key, record []byte) error {
		var r Request
		if err := decode(key, record, &r); err != nil {
			return err
		}
		if r.Forgotten(now) {
			tx.remove(append([]byte(nil), key...))
		}
		return nil
	})
}

// DeleteRun removes a run with its plan and its steps, and the rows that lead
// from it to its children; those stay, and so do its ends of which somebody is
// still to be told.
func (tx *Tx) DeleteRun(r Run) error {
	tx.remove(runKey(r.ID))
	tx.remove(indexKey(r.Pipeline, r.Number))
	tx.remove(liveKey(r.ID))
	tx.remove(treeKey(r.ID))
	var errs []error
	for _, prefix := range []string{"s/", "l/", "d/"} {
		errs = append(errs, tx.removeUnder(number(prefix, r.ID)))
	}
	return errors.Join(errs...)
}

// DeletePipeline removes a pipeline with its revisions, triggers, trigger keys,
// claims and backfills. Its runs go first; its ticks, which may be many, later: see
// Tx.ForgetTicks.
func (tx *Tx) DeletePipeline(p Pipeline) error {
	tx.remove(pipelineKey(p.ID))
	tx.retire(p)
	for n := uint64(1); n <= p.Revision; n++ {
		tx.remove(revisionKey(p.ID, n))
	}
	return errors.Join(tx.removeTriggers(p.ID), tx.removeKeys(p.ID), tx.removeBackfills(p.ID), tx.removeUnder(number("f/", p.ID)))
}

func (tx *Tx) removeTriggers(pipeline uint64) error {
	all, err := tx.TriggersOf(pipeline)
	for _, t := range all {
		tx.RemoveTrigger(t)
	}
	return err
}

func (tx *Tx) removeKeys(pipeline uint64) error {
	all, err := tx.KeysOf(pipeline)
	for _, k := range all {
		tx.RemoveKey(k)
	}
	return err
}

func (tx *Tx) removeBackfills(pipeline uint64) error {
	all, err := list[Backfill](&tx.reader, []byte("b/"))
	for _, b := range all {
		if b.Pipeline == pipeline {
			tx.RemoveBackfill(b.ID)
		}
	}
	return err
}

// removeUnder removes the committed keys with a prefix.
func (tx *Tx) removeUnder(prefix []byte) error {
	return tx.scan(prefix, prefix, func(key, _ []byte) error {
		tx.remove(append([]byte(nil), key...))
		return nil
	})
}
