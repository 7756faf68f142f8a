package store

import (
	"iter"
	"sort"

	"github.com/dgraph-io/badger/v4"
)

// Listing is a list of runs in the order of their ids.
type Listing struct {
	Pipeline  uint64 // 0: of all
	Before    uint64 // only ids below; 0: all
	After     uint64 // only ids above
	Ascending bool   // oldest first
}

// List visits the runs of a listing. What it costs to begin does not depend on
// how many runs lie outside of Before and After.
func (r *reader) List(l Listing) iter.Seq2[Run, error] {
	if l.Pipeline == 0 {
		return r.listAll(l)
	}
	return r.listOf(l)
}

func (r *reader) listAll(l Listing) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		it := r.txn.NewIterator(badger.IteratorOptions{Prefix: []byte("r/"), Reverse: !l.Ascending})
		defer it.Close()
		from := runKey(l.Before - 1)
		if l.Ascending {
			from = runKey(l.After + 1)
		}
		for it.Seek(from); it.Valid(); it.Next() {
			if !l.holds(last(it.Item().Key())) {
				return
			}
			var v Run
			key := it.Item().KeyCopy(nil)
			err := it.Item().Value(func(record []byte) error { return decode(key, record, &v) })
			if !yield(v, err) {
				return
			}
		}
	}
}

func (r *reader) listOf(l Listing) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		it := r.txn.NewIterator(badger.IteratorOptions{Prefix: number("i/", l.Pipeline), Reverse: l.Ascending})
		defer it.Close()
		from, err := r.place(l)
		if err != nil {
			yield(Run{}, err)
			return
		}
		for it.Seek(indexKey(l.Pipeline, from)); it.Valid(); it.Next() {
			id, err := indexed(it.Item())
			if err == nil && !l.holds(id) {
				return
			}
			var v Run
			if err == nil {
				v, err = r.Run(id)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// holds reports whether the listing has the id.
func (l Listing) holds(id uint64) bool { return id > l.After && (l.Before == 0 || id < l.Before) }

// place is the number in its pipeline at which a listing begins. Numbers and
// ids grow together, so it is searched for by halves.
func (r *reader) place(l Listing) (uint64, error) {
	p, err := r.Pipeline(l.Pipeline)
	if err != nil {
		return 0, err
	}
	bound := l.After
	if !l.Ascending {
		if l.Before == 0 {
			return p.LastNumber, nil
		}
		bound = l.Before - 1
	}
	above := sort.Search(int(p.LastNumber), func(n int) bool {
		id, found := r.newest(l.Pipeline, uint64(n)+1)
		return found && id > bound
	})
	if l.Ascending {
		return uint64(above) + 1, nil
	}
	return uint64(above), nil
}

// newest is the id of the run of a pipeline with the largest number up to n.
func (r *reader) newest(pipeline, n uint64) (id uint64, found bool) {
	prefix := number("i/", pipeline)
	r.each(prefix, indexKey(pipeline, n), func(key, record []byte) (bool, error) {
		found = true
		return false, decode(key, record, &id)
	}, func(error) {}) // the listing meets the record as well
	return id, found
}

func indexed(item *badger.Item) (id uint64, err error) {
	key := item.KeyCopy(nil)
	return id, item.Value(func(record []byte) error { return decode(key, record, &id) })
}
