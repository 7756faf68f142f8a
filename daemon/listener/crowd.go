package listener

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
)

// crowd bounds the connections of a listener. Where there are too many, one is
// closed on which nothing is done for an admitted caller, else the new one, at
// once: to say why would cost what is to be saved.
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
		if place, ok := c.places.take(c.place(conn)); ok {
			m := &member{Conn: conn, place: place}
			m.yield()
			return m, nil
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
	place *place
}

// memberOf is what a connection is in the crowd, with TLS or without.
func memberOf(c net.Conn) *member {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return c.(*member)
}

// yield lets the connection be closed for another.
func (m *member) yield() {
	m.place.yield(func() { _ = m.Conn.Close() }) // nobody can be told
}

// rest lets a connection yield once it waits for its next request.
func rest(c net.Conn, now http.ConnState) {
	if now == http.StateIdle {
		memberOf(c).yield()
	}
}

// Close closes the connection and gives the place back.
func (m *member) Close() error {
	defer m.place.free()
	return m.Conn.Close()
}
