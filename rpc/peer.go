package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Peer is the process at the other end of a connection as the kernel saw it
// when it connected (unix(7), SO_PEERCRED and SO_PEERGROUPS). A process that is
// given the connection later speaks as the one that made it.
type Peer struct {
	UID    uint32
	GID    uint32
	Groups []uint32 // supplementary
	PID    int32    // for messages only: numbers are used again
}

// In reports whether the peer is in a group.
func (p Peer) In(gid uint32) bool { return p.GID == gid || slices.Contains(p.Groups, gid) }

type peerKey struct{}

// WithPeer returns a context in which PeerFrom finds p. The server makes those
// that a Service sees; it is exported for tests of a Service.
func WithPeer(ctx context.Context, p Peer) context.Context {
	return context.WithValue(ctx, peerKey{}, p)
}

// PeerFrom returns the caller of a method, and false where there is none: the
// zero Peer would be root.
func PeerFrom(ctx context.Context) (Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(Peer)
	return p, ok
}

// peerOf asks the kernel who connected.
func peerOf(conn net.Conn) (Peer, error) {
	file, ok := conn.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("a %T has no peer", conn)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var p Peer
	var asked error
	if err := raw.Control(func(fd uintptr) { p, asked = peerOfSocket(int(fd)) }); err != nil {
		return Peer{}, err
	}
	return p, asked
}

func peerOfSocket(fd int) (Peer, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Peer{}, fmt.Errorf("read SO_PEERCRED: %w", err)
	}
	groups, err := peerGroups(fd)
	if err != nil {
		return Peer{}, fmt.Errorf("read SO_PEERGROUPS: %w", err)
	}
	return Peer{UID: cred.Uid, GID: cred.Gid, Groups: groups, PID: cred.Pid}, nil
}

// peerGroups is getsockopt(SO_PEERGROUPS), which x/sys/unix does not wrap. The
// kernel says ERANGE and how much room it wants where there is too little.
func peerGroups(fd int) ([]uint32, error) {
	groups := make([]uint32, 32)
	for {
		size := uint32(4 * len(groups))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0)
		switch {
		case errno == 0:
			return groups[:size/4], nil
		case !errors.Is(errno, unix.ERANGE) || int(size) <= 4*len(groups):
			return nil, errno
		}
		groups = make([]uint32, size/4)
	}
}
