package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"

	"github.com/penstock/penstock/daemon/run"
)

// ErrNotFound: there is no such record.
var ErrNotFound = errors.New("not found")

// View is a consistent picture of the committed state. It may be used by one
// goroutine and must be closed soon: it pins old versions.
type View struct{ reader }

// View opens a picture of the state as it is committed now.
func (s *Store) View() *View {
	v := &View{}
	v.txn = s.db.NewTransaction(false)
	return v
}

// Close lets go of the picture.
func (v *View) Close() { v.txn.Discard() }

// reader reads records; both View and Tx are one.
type reader struct {
	txn     *badger.Txn
	pending func(key []byte) (record []byte, written bool) // nil: nothing pends
	added   func(prefix []byte) [][]byte                   // keys that pend and are not committed
}

// get reads the record of key into v, or answers ErrNotFound.
func (r *reader) get(key []byte, v any) error {
	if r.pending != nil {
		if record, ok := r.pending(key); ok {
			if record == nil {
				return ErrNotFound
			}
			return decode(key, record, v)
		}
	}
	item, err := r.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %q: %w", key, err)
	}
	return item.Value(func(record []byte) error { return decode(key, record, v) })
}

// scan visits the committed records whose keys have prefix, from a key on. In a
// Tx those that it has written are as it wrote them, and those that it removed
// are left out. The slices are good until visit returns.
func (r *reader) scan(prefix, from []byte, visit func(key, record []byte) error) error {
	it := r.txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Seek(from); it.Valid(); it.Next() {
		key := it.Item().Key()
		if err := r.visit(it.Item(), visit); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return fmt.Errorf("read %q: %w", key, err)
		}
	}
	return nil
}

func (r *reader) visit(item *badger.Item, visit func(key, record []byte) error) error {
	if r.pending != nil {
		if record, ok := r.pending(item.Key()); ok && record == nil {
			return nil
		} else if ok {
			return visit(item.Key(), record)
		}
	}
	return item.Value(func(record []byte) error { return visit(item.Key(), record) })
}

var errStop = errors.New("stop")

// Meta reads the counters; a new store has zeros.
func (r *reader) Meta() (Meta, error) {
	var m Meta
	err := r.get(metaKey, &m)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return m, err
}

// Pipeline reads a pipeline by its id.
func (r *reader) Pipeline(id uint64) (p Pipeline, err error) {
	return p, r.get(pipelineKey(id), &p)
}

// PipelineNamed reads a pipeline by its name.
func (r *reader) PipelineNamed(name string) (Pipeline, error) {
	var id uint64
	if err := r.get(nameKey(name), &id); err != nil {
		return Pipeline{}, err
	}
	return r.Pipeline(id)
}

// LastNumber reads the last number that runs under a name were given by
// pipelines that have it no more.
func (r *reader) LastNumber(name string) (n uint64, err error) {
	if err = r.get(retiredKey(name), &n); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return n, err
}

// Revision reads one revision of a pipeline.
func (r *reader) Revision(pipeline, revision uint64) (v Revision, err error) {
	return v, r.get(revisionKey(pipeline, revision), &v)
}

// Run reads the record of a run.
func (r *reader) Run(id uint64) (v Run, err error) { return v, r.get(runKey(id), &v) }

// RunNumbered finds the run of a pipeline with a number.
func (r *reader) RunNumbered(pipeline, n uint64) (Run, error) {
	var id uint64
	if err := r.get(indexKey(pipeline, n), &id); err != nil {
		return Run{}, err
	}
	return r.Run(id)
}

// Request reads which run a request with this key made.
func (r *reader) Request(key string) (v Request, err error) { return v, r.get(requestKey(key), &v) }

// Restore reads a run whole, as run.Restore makes it.
func (r *reader) Restore(record Run) (*run.Run, run.Change, error) {
	plan, err := r.Plan(record.ID)
	if err != nil {
		return nil, run.Change{}, err
	}
	steps, err := r.steps(record.ID)
	if err != nil {
		return nil, run.Change{}, err
	}
	restored, change := run.Restore(plan, record.State, steps)
	return restored, change, nil
}

func (r *reader) steps(id uint64) (map[int]run.Step, error) {
	steps := map[int]run.Step{}
	prefix := number("s/", id)
	return steps, r.scan(prefix, prefix, func(key, record []byte) error {
		var s run.Step
		if err := decode(key, record, &s); err != nil {
			return err
		}
		steps[int(last(key))] = s
		return nil
	})
}

// planPart is how much of a plan's JSON one record holds: below Badger's value
// threshold, so that the value log stays empty.
const planPart = 512 << 10

func (tx *Tx) putPlan(p *run.Plan) {
	text, err := json.Marshal(p)
	if err != nil {
		tx.err = errors.Join(tx.err, fmt.Errorf("encode a plan: %w", err))
		return
	}
	for part := 0; len(text) > 0; part++ {
		n := min(planPart, len(text))
		tx.put(planKey(p.RunID, part), text[:n])
		text = text[n:]
	}
}

// Plan reads the plan of a run.
func (r *reader) Plan(id uint64) (*run.Plan, error) {
	var text bytes.Buffer
	for part := 0; ; part++ {
		var piece []byte
		err := r.get(planKey(id, part), &piece)
		if errors.Is(err, ErrNotFound) && part > 0 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("plan of run %d: %w", id, err)
		}
		text.Write(piece)
		if len(piece) < planPart {
			break
		}
	}
	p := &run.Plan{}
	if err := json.Unmarshal(text.Bytes(), p); err != nil {
		return nil, fmt.Errorf("plan of run %d: %w", id, err)
	}
	return p, nil
}

// Live lists the ids of the runs that are not settled, oldest first.
func (r *reader) Live() (ids []uint64, err error) {
	prefix := []byte("a/")
	return ids, r.scan(prefix, prefix, func(key, _ []byte) error {
		ids = append(ids, last(key))
		return nil
	})
}

// Resources reads what people decided of the resource groups, by their names.
func (r *reader) Resources() (map[string]Resource, error) {
	all, prefix := map[string]Resource{}, []byte("g/")
	return all, r.scan(prefix, prefix, func(key, record []byte) error {
		var v Resource
		err := decode(key, record, &v)
		all[string(key[len(prefix):])] = v
		return err
	})
}

// Pipelines visits the pipelines whose names come after one, in their order.
func (r *reader) Pipelines(after string) iter.Seq2[Pipeline, error] {
	prefix, from := []byte("n/"), nameKey(after)
	if after != "" {
		from = append(from, 0)
	}
	return func(yield func(Pipeline, error) bool) {
		r.each(prefix, from, func(key, record []byte) (bool, error) {
			var id uint64
			if err := decode(key, record, &id); err != nil {
				return false, err
			}
			p, err := r.Pipeline(id)
			return yield(p, err), nil
		}, func(err error) { yield(Pipeline{}, err) })
	}
}

// Revisions visits the revisions of a pipeline below one, newest first; 0 is
// from the newest on.
func (r *reader) Revisions(p Pipeline, before uint64) iter.Seq2[Revision, error] {
	if before == 0 || before > p.Revision {
		before = p.Revision + 1
	}
	return func(yield func(Revision, error) bool) {
		for n := before - 1; n > 0; n-- {
			v, err := r.Revision(p.ID, n)
			if !yield(v, err) {
				return
			}
		}
	}
}

// RunsOf visits the runs of a pipeline, newest first.
func (r *reader) RunsOf(pipeline uint64) iter.Seq2[Run, error] {
	prefix := number("i/", pipeline)
	return func(yield func(Run, error) bool) {
		r.each(prefix, prefix, func(key, record []byte) (bool, error) {
			var id uint64
			if err := decode(key, record, &id); err != nil {
				return false, err
			}
			v, err := r.Run(id)
			return yield(v, err), nil
		}, func(err error) { yield(Run{}, err) })
	}
}

// scanAll visits what scan does, and after that what a Tx has added. It looks
// at all that the Tx has written, so it is for what is rarely asked.
func (r *reader) scanAll(prefix []byte, visit func(key, record []byte) error) error {
	if err := r.scan(prefix, prefix, visit); err != nil || r.added == nil {
		return err
	}
	for _, key := range r.added(prefix) {
		record, _ := r.pending(key)
		if err := visit(key, record); err != nil {
			return err
		}
	}
	return nil
}

// list reads the records whose keys have a prefix, with those that a Tx added.
func list[T any](r *reader, prefix []byte) (all []T, err error) {
	return all, r.scanAll(prefix, func(key, record []byte) error {
		var v T
		err := decode(key, record, &v)
		all = append(all, v)
		return err
	})
}

// visitAll visits the committed records whose keys have a prefix.
func visitAll[T any](r *reader, prefix []byte) iter.Seq2[T, error] {
	return visitFrom[T](r, prefix, prefix)
}

// visitFrom is visitAll from a key on.
func visitFrom[T any](r *reader, prefix, from []byte) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r.each(prefix, from, func(key, record []byte) (bool, error) {
			var v T
			err := decode(key, record, &v)
			return err == nil && yield(v, nil), err
		}, func(err error) { yield(*new(T), err) })
	}
}

// each scans for an iterator: visit says whether to go on.
func (r *reader) each(prefix, from []byte, visit func(key, record []byte) (bool, error), fail func(error)) {
	err := r.scan(prefix, from, func(key, record []byte) error {
		more, err := visit(key, record)
		if err == nil && !more {
			return errStop
		}
		return err
	})
	if err != nil {
		fail(err)
	}
}

// Step reads how far a step has come; ErrNotFound is as the plan made it.
func (r *reader) Step(id uint64, step int) (s run.Step, err error) {
	return s, r.get(stepKey(id, step), &s)
}

// CountPipelines counts the pipelines.
func (r *reader) CountPipelines() (n int, err error) {
	prefix := []byte("p/")
	return n, r.scan(prefix, prefix, func(_, _ []byte) error {
		n++
		return nil
	})
}
