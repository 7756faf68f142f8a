package ctl

import (
	"errors"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// away tells errors that say nothing of the request: the daemon was not
// reached, was gone before it answered, or did not answer in time.
func away(err error) bool {
	return rpc.IsUnreachable(err) || errors.Is(err, rpc.ErrLost) || errors.Is(err, errSilent)
}

// defaultSocket is where the daemon is looked for without --socket; "" where
// the environment does not tell.
func defaultSocket(p Process) string {
	if socket := p.getenv("PENSTOCK_SOCKET"); socket != "" {
		return socket
	}
	paths, err := config.DefaultPaths(p.getenv, p.UID)
	if err != nil {
		return ""
	}
	return paths.Socket
}
