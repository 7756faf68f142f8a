package rpc

import "time"

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
	perUser int           // connections of a uid
	total   int           // connections
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
	}
}
