package store

import (
	"crypto/sha256"
	"time"
)

// Claim is a file that is being claimed for a trigger: it is written before the
// file is moved, and removed when the file has its tick. So a file that was
// moved and started nothing yet is known, whatever happens to the daemon.
type Claim struct {
	Pipeline uint64    `json:"pipeline"`
	Trigger  string    `json:"trigger"`
	From     string    `json:"from"` // where it arrived
	Path     string    `json:"path"` // where it is moved to
	Inode    uint64    `json:"inode"`
	Size     int64     `json:"size"`
	ModTime  time.Time `json:"mod_time"`
}

// PutClaim writes a claim.
func (tx *Tx) PutClaim(c Claim) { tx.put(claimKey(&c), c) }

// RemoveClaim removes a claim.
func (tx *Tx) RemoveClaim(c Claim) { tx.remove(claimKey(&c)) }

// Claims reads the claims of a trigger.
func (r *reader) Claims(pipeline uint64, trigger string) ([]Claim, error) {
	return list[Claim](r, claimed(pipeline, trigger))
}

// claimed is what the keys of the claims of a trigger begin with.
func claimed(pipeline uint64, trigger string) []byte {
	return append(append(number("f/", pipeline), trigger...), 0)
}

func claimKey(c *Claim) []byte {
	sum := sha256.Sum256([]byte(c.Path))
	return append(claimed(c.Pipeline, c.Trigger), sum[:]...)
}
