package store

import (
	"encoding/binary"
	"errors"
)

// Child is the run that an attempt of another stands for.
type Child struct {
	Step    int // index into the parent's plan
	Attempt int
	Run     uint64
}

// PutChild records of whom a new run is the child, and counts it in its tree. It
// does nothing with a run that no attempt stands for. The row stays when the
// child is deleted: the attempt has had its run.
func (tx *Tx) PutChild(r Run) error {
	up := r.Cause.Upstream
	if up == nil || up.Attempt == 0 {
		return nil
	}
	n, err := tx.TreeSize(up.Root)
	tx.put(childKey(up.Run, up.Step, up.Attempt), r.ID)
	tx.put(treeKey(up.Root), n+1)
	return err
}

// Child reads the id of the run that an attempt stands for.
func (r *reader) Child(parent uint64, step, attempt int) (id uint64, err error) {
	return id, r.get(childKey(parent, step, attempt), &id)
}

// Children lists the children of a run by step and attempt. A child may have
// been deleted since.
func (r *reader) Children(parent uint64) (all []Child, err error) {
	prefix := number("d/", parent)
	return all, r.scanAll(prefix, func(key, record []byte) error {
		c := Child{Step: int(binary.BigEndian.Uint64(key[len(prefix):])), Attempt: int(last(key))}
		err := decode(key, record, &c.Run)
		all = append(all, c)
		return err
	})
}

// TreeSize reads how many runs were ever made below the root of a tree.
func (r *reader) TreeSize(root uint64) (n int, err error) {
	if err = r.get(treeKey(root), &n); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return n, err
}
