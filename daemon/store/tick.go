package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/penstock/penstock/daemon/schedule"
)

// Tick is the record of what was decided of one due instant of a trigger, or
// of one call, file or end that it heard of. It is written in the same commit
// as the run that it makes, and never changes.
type Tick struct {
	Pipeline uint64    `json:"pipeline"`
	Trigger  string    `json:"trigger"`
	At       time.Time `json:"at"` // the instant, as the schedule means it
	// Subject tells ticks of one instant apart: the run that ended, the file. An
	// instant of a schedule has none.
	Subject   string            `json:"subject,omitempty"`
	Decision  schedule.Decision `json:"decision"`
	Reason    schedule.Reason   `json:"reason,omitempty"`
	Message   string            `json:"message,omitempty"` // for people
	Run       uint64            `json:"run,omitempty"`     // that it made
	Actor     string            `json:"actor,omitempty"`   // who asked for it by hand: play, backfill
	DecidedAt time.Time         `json:"decided_at"`
	Revision  uint64            `json:"revision"` // of the pipeline
	// Count is how many instants the record stands for, up to and with Last,
	// where they share a decision and are too many for a record each; 0 is one,
	// negative is more than were counted.
	Count int       `json:"count,omitempty"`
	Last  time.Time `json:"last,omitzero"`
}

// End is the last instant that t stands for.
func (t *Tick) End() time.Time {
	if t.Count != 0 {
		return t.Last
	}
	return t.At
}

// Place names the place of t in the ledger of its trigger: where a page of it
// goes on.
func (t *Tick) Place() string { return hex.EncodeToString(place(t.At, t.Subject)) }

// place is the end of the key of a tick: what comes first there is newer.
func place(at time.Time, subject string) []byte {
	k := binary.BigEndian.AppendUint64(nil, ^(uint64(at.Unix()) ^ 1<<63)) // times before 1970 are negative
	k = binary.BigEndian.AppendUint32(k, math.MaxUint32-uint32(at.Nanosecond()))
	if subject == "" {
		return k
	}
	sum := sha256.Sum256([]byte(subject))
	return append(k, sum[:]...)
}

// ledger is what the keys of the ticks of a trigger begin with.
func ledger(pipeline uint64, trigger string) []byte {
	return append(append(number("y/", pipeline), trigger...), 0)
}

func tickKey(t *Tick) []byte {
	return append(ledger(t.Pipeline, t.Trigger), place(t.At, t.Subject)...)
}

// PutTick writes the record of an instant.
func (tx *Tx) PutTick(t Tick) { tx.put(tickKey(&t), t) }

// RemoveTick removes the record of an instant.
func (tx *Tx) RemoveTick(t Tick) { tx.remove(tickKey(&t)) }

// Tick reads the record of an instant of a trigger.
func (r *reader) Tick(pipeline uint64, trigger string, at time.Time, subject string) (t Tick, err error) {
	return t, r.get(tickKey(&Tick{Pipeline: pipeline, Trigger: trigger, At: at, Subject: subject}), &t)
}

// Ticks visits the ticks of a trigger, newest first: those after a place, or
// with "" all of them.
func (r *reader) Ticks(pipeline uint64, trigger, after string) iter.Seq2[Tick, error] {
	prefix := ledger(pipeline, trigger)
	place, err := hex.DecodeString(after)
	from := append(prefix[:len(prefix):len(prefix)], place...)
	if after != "" {
		from = append(from, 0)
	}
	return func(yield func(Tick, error) bool) {
		if err != nil {
			yield(Tick{}, fmt.Errorf("%q is no place in a ledger: %w", after, err))
			return
		}
		visitFrom[Tick](r, prefix, from)(yield)
	}
}

// TicksUntil visits the ticks of a trigger that are not later than a time,
// newest first.
func (r *reader) TicksUntil(pipeline uint64, trigger string, at time.Time) iter.Seq2[Tick, error] {
	prefix := ledger(pipeline, trigger)
	return visitFrom[Tick](r, prefix, append(prefix[:len(prefix):len(prefix)], place(at, "")...))
}

// Ledger names a trigger that has ticks, be it there or gone.
type Ledger struct {
	Pipeline uint64
	Trigger  string
}

// Ledgers visits the triggers of a pipeline that have ticks, or with 0 those of
// all pipelines. It looks at one tick of each.
func (r *reader) Ledgers(pipeline uint64) iter.Seq2[Ledger, error] {
	prefix := []byte("y/")
	if pipeline != 0 {
		prefix = number("y/", pipeline)
	}
	return func(yield func(Ledger, error) bool) {
		it := r.txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Seek(prefix); it.Valid(); {
			l := ledgerOf(it.Item().Key())
			if !yield(l, nil) {
				return
			}
			next := ledger(l.Pipeline, l.Trigger)
			next[len(next)-1]++
			it.Seek(next)
		}
	}
}

// ledgerOf is the trigger of the tick of a key.
func ledgerOf(key []byte) Ledger {
	rest := key[len("y/")+8:]
	end := bytes.IndexByte(rest, 0)
	return Ledger{Pipeline: binary.BigEndian.Uint64(key[len("y/"):]), Trigger: string(rest[:end])}
}

// Surplus visits the ticks of a trigger that are beyond the newest so many, and
// those whose instant and decision are before a time. It reads no other.
func (r *reader) Surplus(l Ledger, keep int, before time.Time) iter.Seq2[Tick, error] {
	prefix := ledger(l.Pipeline, l.Trigger)
	return func(yield func(Tick, error) bool) {
		it := r.txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		n := 0
		for it.Seek(prefix); it.Valid(); it.Next() {
			n++
			key := it.Item().KeyCopy(nil)
			if n <= keep && !instantOf(key[len(prefix):]).Before(before) {
				continue
			}
			var t Tick
			err := it.Item().Value(func(record []byte) error { return decode(key, record, &t) })
			if (err != nil || n > keep || t.DecidedAt.Before(before)) && !yield(t, err) {
				return
			}
		}
	}
}

// instantOf is the instant of a tick by the end of its key.
func instantOf(place []byte) time.Time {
	seconds := ^binary.BigEndian.Uint64(place) ^ 1<<63
	return time.Unix(int64(seconds), int64(math.MaxUint32-binary.BigEndian.Uint32(place[8:])))
}

// ForgetTicks removes some of the ticks of a pipeline, at most so many, and
// reports whether there are more.
func (tx *Tx) ForgetTicks(pipeline uint64, most int) (more bool, err error) {
	prefix := number("y/", pipeline)
	return more, tx.scan(prefix, prefix, func(key, _ []byte) error {
		if more = most == 0; more {
			return errStop
		}
		most--
		tx.remove(append([]byte(nil), key...))
		return nil
	})
}
