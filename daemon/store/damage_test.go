package store

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

func TestADamagedRecordIsAnErrorThatNamesItsKey(t *testing.T) {
	good, err := encode(Run{ID: 1})
	check(t, err)
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-2] ^= 1
	for name, record := range map[string][]byte{
		"a flipped bit": flipped, "a missing tail": good[:len(good)-1], "nothing": {}, "no checksum": []byte("{}"),
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, t.TempDir())
			put(t, s, func(tx *Tx) { createRun(tx, 1, 1, "a") })
			check(t, s.db.Update(func(txn *badger.Txn) error { return txn.Set(runKey(1), record) }))
			v := s.View()
			defer v.Close()
			_, get := v.Run(1)
			_, find := v.RunNumbered(1, 1)
			failures := []error{get, find}
			for _, err := range v.List(Listing{}) {
				failures = append(failures, err)
			}
			for _, err := range v.RunsOf(1) {
				failures = append(failures, err)
			}
			for i, err := range failures {
				if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is damaged", runKey(1))) {
					t.Errorf("reading in way %d answered %v", i, err)
				}
			}
			if len(failures) != 4 {
				t.Errorf("the lists gave %d rows, not one each", len(failures)-2)
			}
		})
	}
}

// Every kind of list ends with the error, not before it.
func TestAListTellsOfADamagedRow(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		tx.PutPipeline(Pipeline{ID: 1, Name: "a"})
		tx.PutStep(1, 0, planStep)
		tx.PutRequest("key", Request{Run: 1})
		createRun(tx, 1, 1, "a")
	})
	for _, key := range [][]byte{nameKey("a"), indexKey(1, 1), stepKey(1, 0), requestKey("key"), planKey(1, 0)} {
		check(t, s.db.Update(func(txn *badger.Txn) error { return txn.Set(key, []byte("rubbish")) }))
	}
	tx := s.Begin()
	defer tx.Discard()
	_, _, restore := tx.Restore(Run{ID: 1})
	_, steps := tx.steps(1)
	var list, runs error
	for _, list = range tx.Pipelines("") {
	}
	for _, runs = range tx.RunsOf(1) {
	}
	for name, err := range map[string]error{
		"pipelines": list, "runs": runs, "steps": steps, "plan": restore, "requests": tx.ForgetRequests(instant),
	} {
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStoreOfAnotherSchemaIsLeftAsItIs(t *testing.T) {
	dir := t.TempDir()
	db, err := badger.Open(badgerOptions(dir, quiet).WithExternalMagic(Schema + 1))
	check(t, err)
	check(t, db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("k"), []byte("v")) }))
	check(t, db.Close())
	before := contents(t, dir)
	s, err := Open(dir, quiet)
	if err == nil {
		check(t, s.Close())
		t.Fatal("it was opened")
	}
	for _, want := range []string{dir, fmt.Sprint(Schema), fmt.Sprint(Schema + 1)} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s: %v", want, err)
		}
	}
	if after := contents(t, dir); !maps.Equal(before, after) {
		t.Error("its files were changed")
	}
}

func TestAStoreIsOpenOnce(t *testing.T) {
	dir := t.TempDir()
	openStore(t, dir)
	if s, err := Open(dir, quiet); err == nil {
		check(t, s.Close())
		t.Error("it was opened twice")
	}
}
