// Package store is the durable state of the daemon, in Badger: it owns the key
// layout below, the encoding of records, the single writer with its group
// commit, and the lock that makes one daemon per state directory.
//
// # Layout
//
// Numbers are eight bytes, big-endian, so that keys sort by them; rows marked *
// hold the number complemented, so that the newest comes first.
//
//	m/meta                          Meta: the last ids given, the generation
//	n/<name>                        id of the pipeline of that name
//	t/<name>                        the last number of a name that was given up
//	p/<pipeline>                    Pipeline
//	v/<pipeline><revision>          Revision: one immutable text
//	r/<run>                         Run: identity, cause, run.State
//	l/<run><part>                   run.Plan, stored once, in parts of 512 KiB of JSON
//	s/<run><step>                   run.Step; absent while it is as the plan made it
//	i/<pipeline><number*>           id of the run with that number
//	a/<run>                         marker: the run is live; read once at start
//	g/<name>                        Resource: the mode of a resource group; absent is the default
//	k/<sha256 of a request key>     Request: the run that a keyed request made
//	x/<pipeline><name>              Trigger of the current revision
//	e/<name>\0<pipeline><name>      marker: that trigger waits for ends of the pipeline named first
//	q/<name>\0<pipeline><name>      marker: the rule of that trigger uses the calendar named first
//	y/<pipeline><name>\0<at*><hash> Tick of a trigger, kept when the trigger is gone
//	f/<pipeline><name>\0<hash>      Claim of a file under way; the hash is the SHA-256 of where it goes
//	h/<id>                          Key: a trigger key
//	u/<pipeline><id>                marker: the key is the pipeline's
//	c/<name>                        Calendar
//	m/freeze                        Freeze; absent: nothing is frozen
//	d/<run><step><attempt>          id of the run that the attempt stands for
//	z/<run>                         how many runs are below it, where it is the root of a tree
//	o/<run><sequence>               Ending: a run's end that triggers are to be told of
//	b/<backfill>                    Backfill
//	w/<backfill>                    the instants of a backfill, in the order of their turn
//	j/<part>                        a commit under way that Badger cannot write at once
//
// The instant of a tick is its seconds, eight bytes, and its nanoseconds, four,
// both complemented, so that the newest comes first; the hash is the SHA-256 of
// the tick's subject, and nothing where it has none.
//
// A record is its CRC-32C (Castagnoli), four bytes, and its JSON. The layout
// and the encoding are version 1 of the schema: Badger's external magic holds
// it, and a store of another version is refused with both numbers and left as
// it is. A change to either needs a new version and a migration; a key or a
// field that may be absent does not.
//
// # Durability
//
// All writes come from one goroutine, the engine's. It collects all that waits
// into one [Tx]; [Tx.Commit] writes it, syncs the write-ahead log once and only
// then returns, so that everybody is answered at the price of one sync. What
// Commit returned for survives kill -9 and power loss. The first Commit that
// fails must end the daemon: what a failed sync left in memory cannot be
// trusted, and trying again is unsafe.
//
// A Tx is written whole or not at all. One that is larger than a transaction of
// Badger goes through a journal, which [Open] finishes where a kill cut it off.
//
// Badger writes through a memory map: on a full disk it dies of SIGBUS, and
// again at each start. So the space of its logs is taken when they are made,
// and [Store.Room] is asked before each commit: a disk that fills up is an
// error, and long before it is full. Open wants [Headroom] bytes free.
//
// Step output never comes here.
package store

import (
	"crypto/sha256"
	"encoding/binary"
)

// Schema is the version of the key layout and of the record encoding.
const Schema = 1

func number(prefix string, ns ...uint64) []byte {
	k := make([]byte, 0, len(prefix)+8*len(ns))
	k = append(k, prefix...)
	for _, n := range ns {
		k = binary.BigEndian.AppendUint64(k, n)
	}
	return k
}

var metaKey = []byte("m/meta")

func nameKey(name string) []byte                   { return []byte("n/" + name) }
func retiredKey(name string) []byte                { return []byte("t/" + name) }
func pipelineKey(id uint64) []byte                 { return number("p/", id) }
func revisionKey(pipeline, revision uint64) []byte { return number("v/", pipeline, revision) }
func runKey(id uint64) []byte                      { return number("r/", id) }
func planKey(run uint64, part int) []byte          { return number("l/", run, uint64(part)) }
func stepKey(run uint64, step int) []byte          { return number("s/", run, uint64(step)) }
func indexKey(pipeline, n uint64) []byte           { return number("i/", pipeline, ^n) }
func liveKey(run uint64) []byte                    { return number("a/", run) }
func resourceKey(name string) []byte               { return []byte("g/" + name) }

func triggerKey(pipeline uint64, name string) []byte { return append(number("x/", pipeline), name...) }
func childKey(run uint64, step, attempt int) []byte {
	return number("d/", run, uint64(step), uint64(attempt))
}
func treeKey(root uint64) []byte                  { return number("z/", root) }
func endingKey(run, sequence uint64) []byte       { return number("o/", run, sequence) }
func keyKey(id string) []byte                     { return []byte("h/" + id) }
func ownKeyKey(pipeline uint64, id string) []byte { return append(number("u/", pipeline), id...) }
func calendarKey(name string) []byte              { return []byte("c/" + name) }
func backfillKey(id uint64) []byte                { return number("b/", id) }
func instantsKey(backfill uint64) []byte          { return number("w/", backfill) }

var freezeKey = []byte("m/freeze")

// followers is what the keys of the triggers begin with that wait for a pipeline.
func followers(upstream string) []byte { return []byte("e/" + upstream + "\x00") }

func followerKey(upstream string, pipeline uint64, name string) []byte {
	return append(append(followers(upstream), number("", pipeline)...), name...)
}

// users is what the keys of the triggers begin with that use a calendar.
func users(calendar string) []byte { return []byte("q/" + calendar + "\x00") }

func userKey(calendar string, pipeline uint64, name string) []byte {
	return append(append(users(calendar), number("", pipeline)...), name...)
}

func journalKey(part int) []byte { return number("j/", uint64(part)) }

func requestKey(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return append([]byte("k/"), sum[:]...)
}

// last is the number at the end of a key.
func last(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }
