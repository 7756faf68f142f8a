package rpc

import (
	"os"
	"time"
)

// limits bounds what a connection can cost the side that reads it.
type limits struct {
	line    int           // bytes of a line
	depth   int           // of arrays and objects in each other
	batch   int           // calls of a batch
	id      int           // bytes of a call's id
	calls   int           // in flight on a connection
	faults  int           // lines that are no requests; the last is answered, then the connection ends
	idle    time.Duration // without a line while nothing is in flight
	frame   time.Duration // from the first byte of a line to its end
	write   time.Duration // of one line
	stop    time.Duration // for the answers that are due when the server ends
	perUser int           // connections of a uid that does not administer
	total   int           // connections
	spare   int           // of total, for those who administer
	refusal time.Duration // at least, between two words in the log about connections refused

	administers func(uid uint32) bool
}

func serverLimits() limits {
	return limits{
		line:    1 << 20,
		depth:   64,
		batch:   64,
		id:      128,
		calls:   64,
		faults:  10,
		idle:    10 * time.Minute,
		frame:   10 * time.Second,
		write:   10 * time.Second,
		stop:    2 * time.Second,
		perUser: 64,
		total:   512,
		spare:   8,
		refusal: time.Second,

		administers: administers,
	}
}

// administers tells root and the daemon's own user. perUser does not bind them:
// who can stop the daemon with a signal gains nothing by using up its
// connections, and must be able to see and cancel what others do.
func administers(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }
