package listener

import (
	"net"
	"net/netip"
	"sync"
)

// crowd bounds the connections of a listener. One too many is closed at once:
// to say why would cost what is to be saved.
type crowd struct {
	net.Listener
	places  *places
	trusted func(netip.Addr) bool // peers that stand for many
}

func newCrowd(l net.Listener, trusted func(netip.Addr) bool) *crowd {
	return &crowd{Listener: l, places: newPlaces(512, 64), trusted: trusted}
}

// Accept is the next connection that has a place.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if free, ok := c.places.take(c.place(conn)); ok {
			return &member{Conn: conn, leave: sync.OnceFunc(free)}, nil
		}
		_ = conn.Close() // nobody can be told
	}
}

// place is whose places a connection takes one of; none but the whole crowd's
// for proxies.
func (c *crowd) place(conn net.Conn) netip.Prefix {
	peer := peerOf(conn)
	if c.trusted(peer) {
		return netip.Prefix{}
	}
	return network(peer)
}

// member is a connection that has a place.
type member struct {
	net.Conn
	leave func()
}

// Close closes the connection and gives the place back.
func (m *member) Close() error {
	defer m.leave()
	return m.Conn.Close()
}
