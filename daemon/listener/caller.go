package listener

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/penstock/penstock/config"
)

type memberKey struct{}

// withMember keeps a connection for its requests: what net/http says of its peer
// is text.
func withMember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, memberKey{}, memberOf(c))
}

// connection is the one that the call came by.
func (c *call) connection() *member { return c.r.Context().Value(memberKey{}).(*member) }

// peerOf is the address of the other side; the zero Addr over a Unix socket.
func peerOf(c net.Conn) netip.Addr {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// errNoCaller: who calls cannot be told.
var errNoCaller = errors.New("X-Forwarded-For holds what is no address")

// caller is who calls: the peer, or whom a trusted proxy names.
func (c *call) caller() (netip.Addr, error) {
	return forwarded(peerOf(c.connection()), c.r.Header.Values("X-Forwarded-For"), c.settings.trusted)
}

// forwarded follows the entries of X-Forwarded-For from the last to the first,
// as far as each was written by a proxy that is trusted. Where all of them are
// proxies the first is the caller.
func forwarded(peer netip.Addr, headers []string, trusted config.Callers) (netip.Addr, error) {
	entries := strings.Split(strings.Join(headers, ","), ",")
	if len(headers) == 0 {
		entries = nil
	}
	at := peer
	for i := len(entries) - 1; i >= 0 && trusted.Has(at); i-- {
		entry, err := parseEntry(strings.TrimSpace(entries[i]))
		if err != nil {
			return netip.Addr{}, errNoCaller
		}
		at = entry
	}
	return at, nil
}

// parseEntry reads 10.0.0.1, 10.0.0.1:4711, 2001:db8::1 and [2001:db8::1]:4711.
func parseEntry(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(s)
		a = withPort.Addr()
	}
	return a.Unmap().WithZone(""), err
}
