package store

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// journalPart is some of the writes of a commit that is too large for one of
// Badger's transactions. Such a commit is stored as parts first, each a record
// of its own, and every part goes to its place, and out of the journal, in one
// transaction. The commit happens with its last part: before, the next Open
// drops the parts, after, it carries on with those that are left.
type journalPart struct {
	Last   bool           `json:"last,omitempty"`
	Writes []journalWrite `json:"writes"`
}

type journalWrite struct {
	Key    []byte `json:"key"`
	Record []byte `json:"record"` // nil: delete
}

// The bounds of a part, so that its record stays below Badger's value threshold
// and its writes fit into a transaction.
const (
	maxPartBytes  = 512 << 10
	maxPartWrites = 8 << 10
)

// journal cuts writes into parts, in their order.
func journal(writes []write) []journalPart {
	parts, size := []journalPart{{}}, 0
	for _, w := range writes {
		part := &parts[len(parts)-1]
		n := len(w.key) + len(w.record)
		if len(part.Writes) == maxPartWrites || len(part.Writes) > 0 && size+n > maxPartBytes {
			parts, size = append(parts, journalPart{}), 0
			part = &parts[len(parts)-1]
		}
		part.Writes = append(part.Writes, journalWrite{w.key, w.record})
		size += n
	}
	parts[len(parts)-1].Last = true
	return parts
}

// commitInParts commits writes by way of the journal.
func (s *Store) commitInParts(writes []write) error {
	for i, part := range journal(writes) {
		record, err := encode(part)
		if err != nil {
			return err
		}
		if err := s.commitSynced([]write{{key: journalKey(i), record: record}}); err != nil {
			return err
		}
	}
	return s.replay()
}

// replay finishes the commit in the journal, or drops it where its last part
// was never written.
func (s *Store) replay() error {
	parts, err := readJournal(s.db)
	if err != nil || len(parts) == 0 {
		return err
	}
	whole := parts[len(parts)-1].part.Last
	for _, p := range parts {
		var writes []write
		if whole {
			writes = p.writes()
		}
		if err := s.commitSynced(append(writes, write{key: p.key})); err != nil {
			return err
		}
	}
	return nil
}

// keyedPart is a part and its key in the journal.
type keyedPart struct {
	key  []byte
	part journalPart
}

func (p keyedPart) writes() (writes []write) {
	for _, w := range p.part.Writes {
		writes = append(writes, write{key: w.Key, record: w.Record})
	}
	return writes
}

func readJournal(db *badger.DB) (parts []keyedPart, err error) {
	r := reader{txn: db.NewTransaction(false)}
	defer r.txn.Discard()
	prefix := []byte("j/")
	return parts, r.scan(prefix, prefix, func(key, record []byte) error {
		p := keyedPart{key: append([]byte(nil), key...)}
		parts = append(parts, p)
		return decode(key, record, &parts[len(parts)-1].part)
	})
}

// commitSynced commits writes in one transaction, or answers
// badger.ErrTxnTooBig and has written nothing. A part of a journal is synced
// before the next one is begun: Badger syncs only the log that it writes to at
// the moment, and may change to another between two transactions.
func (s *Store) commitSynced(writes []write) error {
	if s.Room != nil {
		if err := s.Room(); err != nil {
			return err
		}
	}
	if err := s.space.take(); err != nil {
		return err
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	for _, w := range writes {
		if err := w.apply(txn); err != nil {
			return err
		}
	}
	if err := txn.Commit(); err != nil {
		return err
	}
	if err := s.db.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// commit makes writes durable, all of them or none.
func (s *Store) commit(writes []write) error {
	err := s.commitSynced(writes)
	if errors.Is(err, badger.ErrTxnTooBig) {
		err = s.commitInParts(writes)
	}
	return err
}
