package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/penstock/penstock/daemon/run"
)

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

// Step reads how far a step has come; ErrNotFound is as the plan made it.
func (r *reader) Step(id uint64, step int) (s run.Step, err error) {
	return s, r.get(stepKey(id, step), &s)
}
