package config

import (
	"net/netip"
	"slices"
	"strings"
)

// HTTP is the listener for trigger keys. Without Listen there is none.
type HTTP struct {
	Listen         string  // listen: "127.0.0.1:8420", ":8420" for every address, or "unix:/run/penstock/http.sock"; default "": off
	TLSCert        string  // tls_cert: absolute path of a PEM chain; with TLSKey. Reload, and the files are read again
	TLSKey         string  // tls_key: absolute path of its key in PEM
	TrustedProxies Callers // trusted_proxies: whose X-Forwarded-For is believed; default nobody's. Reload
	Allow          Callers // allow: who may call at all; empty is everybody. Reload
	Metrics        Callers // metrics: who may read /metrics; default nobody. Reload
}

// UnixListen is what Listen begins with where it is a socket's path.
const UnixListen = "unix:"

// Callers are addresses from which somebody may call. Its text is a list of
// addresses and CIDR prefixes, and "unix" for whoever calls over a Unix socket.
type Callers struct {
	Prefixes []netip.Prefix
	Unix     bool
}

// Empty reports whether c names nobody.
func (c Callers) Empty() bool { return len(c.Prefixes) == 0 && !c.Unix }

// Has reports whether an address is among c. The zero Addr is a caller over a
// Unix socket. An IPv4 address in IPv6 form is the IPv4 address.
func (c Callers) Has(a netip.Addr) bool {
	if !a.IsValid() {
		return c.Unix
	}
	a = a.Unmap()
	return slices.ContainsFunc(c.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// ParseAddresses reads an address, 10.0.0.7, or a prefix, 10.0.0.0/8. Bits
// beyond the prefix, zones and IPv4 in IPv6 form are refused: each of them is
// more likely a mistake than meant.
func ParseAddresses(s string) (p netip.Prefix, why string) {
	if strings.Contains(s, "%") {
		return p, "has a zone, which means nothing for a caller"
	}
	p, err := netip.ParsePrefix(s)
	if a, plain := netip.ParseAddr(s); plain == nil {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	switch {
	case err != nil:
		return p, "is no address and no prefix; write 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"
	case p.Addr().Is4In6():
		return p, "is IPv4 in IPv6 form; write it as IPv4"
	case p != p.Masked():
		return p, "has bits beyond its prefix; write " + p.Masked().String() + " for the network"
	}
	return p, ""
}
