package store

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Key is a trigger key. Its secret is nowhere: only what it is recognised by.
type Key struct {
	ID        string    `json:"id"` // 16 hex digits, part of the secret that callers send
	Pipeline  uint64    `json:"pipeline"`
	Name      string    `json:"name"`                 // for people; changes nothing of the secret
	Digest    []byte    `json:"digest"`               // SHA-256 of the secret
	Hint      string    `json:"hint"`                 // the first four characters of the secret
	Form      string    `json:"form"`                 // of calls: api, or a webhook's: see daemon/key
	Addresses []string  `json:"addresses,omitempty"`  // CIDR prefixes that may call; none: any
	SkipLocks bool      `json:"skip_locks,omitempty"` // its calls may ask for runs that take no resource groups
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	LastUsed  time.Time `json:"last_used,omitzero"`
}

// PutKey writes a trigger key of a pipeline.
func (tx *Tx) PutKey(k Key) {
	tx.put(keyKey(k.ID), k)
	tx.put(ownKeyKey(k.Pipeline, k.ID), true)
}

// RemoveKey removes a trigger key.
func (tx *Tx) RemoveKey(k Key) {
	tx.remove(keyKey(k.ID))
	tx.remove(ownKeyKey(k.Pipeline, k.ID))
}

// Key reads a trigger key by its id.
func (r *reader) Key(id string) (k Key, err error) { return k, r.get(keyKey(id), &k) }

// noKey is the record of a key as most are.
var noKey = sync.OnceValues(func() ([]byte, error) {
	then := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return encode(Key{
		ID: "0000000000000000", Pipeline: 1, Name: "nobody", Digest: make([]byte, sha256.Size), Hint: "0000", Form: "github",
		CreatedAt: then, CreatedBy: "nobody", LastUsed: then,
	})
})

// NoKey is what there is in place of a key that is not there: it takes the work
// of reading one, and has a digest that no secret is known to have.
func NoKey(id string) (k Key, err error) {
	record, err := noKey()
	if err == nil {
		err = decode(keyKey(id), record, &k)
	}
	k.ID = id
	return k, err
}

// KeysOf lists the trigger keys of a pipeline by id; in a Tx those that it has
// put come last.
func (r *reader) KeysOf(pipeline uint64) (all []Key, err error) {
	prefix := number("u/", pipeline)
	return all, r.scanAll(prefix, func(key, _ []byte) error {
		k, err := r.Key(string(key[len(prefix):]))
		all = append(all, k)
		return err
	})
}
