package store

import (
	"errors"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"
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
