package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// model is what a store should hold, by key.
type model map[string]string

// world is a store, the transaction under way in it, and what both should hold.
type world struct {
	*rapid.T
	dir    string
	store  *Store
	prefix string // of the keys of this check

	committed model
	tx        *Tx
	own       model // what tx should read
	marks     []Mark
	marked    []model
}

// TestATxIsAMapThatCanGoBack holds random transactions against a plain map.
func TestATxIsAMapThatCanGoBack(t *testing.T) {
	w := &world{dir: t.TempDir()}
	var err error
	w.store, err = Open(w.dir, quiet)
	check(t, err)
	defer func() { check(t, w.store.Close()) }()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w.T, w.prefix, w.committed = rt, fmt.Sprintf("x/%d/", n), model{}
		w.begin()
		for range rapid.IntRange(1, 40).Draw(rt, "acts") {
			w.act()
			w.compare()
		}
		w.commit()
		w.compare()
		w.tx.Discard()
	})
}

func (w *world) begin() {
	w.tx, w.own = w.store.Begin(), maps.Clone(w.committed)
	w.marks, w.marked = nil, nil
}

func (w *world) act() {
	switch n := rapid.IntRange(0, 599).Draw(w.T, "act"); { // small ones are drawn the most
	case n == 571: // the dear ones
		w.tx.Discard()
		w.reopen()
	case n == 572:
		w.putMuch()
	case n > 572:
		w.tx.Discard()
		w.begin()
	case n > 540:
		w.commit()
	case n > 400:
		w.marks, w.marked = append(w.marks, w.tx.Mark()), append(w.marked, maps.Clone(w.own))
	case n > 300:
		w.rollback()
	case n > 200:
		key := w.key()
		w.tx.remove([]byte(key))
		delete(w.own, key)
	default:
		w.put(w.key(), rapid.StringN(0, 4, -1).Draw(w.T, "value"))
	}
}

func (w *world) key() string {
	return w.prefix + rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(w.T, "key")
}

func (w *world) put(key, value string) {
	w.tx.put([]byte(key), value)
	w.own[key] = value
}

// putMuch puts more than one of Badger's transactions can hold.
func (w *world) putMuch() {
	for i := range 6 {
		w.put(fmt.Sprint(w.prefix, "much", i), strings.Repeat(fmt.Sprint(i), 500<<10))
	}
}

func (w *world) rollback() {
	if len(w.marks) == 0 {
		return
	}
	i := rapid.IntRange(0, len(w.marks)-1).Draw(w.T, "mark")
	w.tx.Rollback(w.marks[i])
	w.own = maps.Clone(w.marked[i])
	w.marks, w.marked = w.marks[:i+1], w.marked[:i+1]
}

func (w *world) commit() {
	check(w.T, w.tx.Commit())
	w.committed = w.own
	w.begin()
}

func (w *world) reopen() {
	check(w.T, w.store.Close())
	var err error
	w.store, err = Open(w.dir, quiet)
	check(w.T, err)
	w.begin()
}

// compare reads everything in every way.
func (w *world) compare() {
	v := w.store.View()
	defer v.Close()
	w.compareReader("the view", &v.reader, w.committed)
	w.compareReader("the transaction", &w.tx.reader, w.own)
	scanned := model{}
	check(w.T, w.tx.scan([]byte(w.prefix), []byte(w.prefix), func(key, record []byte) error {
		var value string
		err := decode(key, record, &value)
		scanned[string(key)] = value
		return err
	}))
	want := maps.Clone(w.own)
	maps.DeleteFunc(want, func(key, _ string) bool { _, old := w.committed[key]; return !old })
	if !maps.Equal(scanned, want) {
		w.Fatalf("the transaction scans %v, want %v", shapes(scanned), shapes(want))
	}
}

func (w *world) compareReader(name string, r *reader, want model) {
	got := model{}
	for _, k := range []string{"a", "b", "c", "d", "much0", "much1", "much2", "much3", "much4", "much5"} {
		var value string
		err := r.get([]byte(w.prefix+k), &value)
		if err == nil {
			got[w.prefix+k] = value
		} else if !errors.Is(err, ErrNotFound) {
			w.Fatal(err)
		}
	}
	if !maps.Equal(got, want) {
		w.Fatalf("%s reads %v, want %v", name, shapes(got), shapes(want))
	}
}

// shapes are keys and values short enough to be printed.
func shapes(m model) (all []string) {
	for k, v := range m {
		all = append(all, fmt.Sprintf("%s=%.8q+%d", k, v, len(v)))
	}
	slices.Sort(all)
	return all
}

func TestWhatCannotBeEncodedIsNotCommitted(t *testing.T) {
	s := openStore(t, t.TempDir())
	tx := s.Begin()
	tx.put([]byte("x/good"), 1)
	tx.put([]byte("x/bad"), func() {})
	if err := tx.Commit(); err == nil || !strings.Contains(err.Error(), "func()") {
		t.Errorf("committing a function answered %v", err)
	}
	v := s.View()
	defer v.Close()
	var n int
	if err := v.get([]byte("x/good"), &n); !errors.Is(err, ErrNotFound) {
		t.Errorf("a part of the refused commit is there: %v", err)
	}
}
