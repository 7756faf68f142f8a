package config

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAddressesAndPrefixes(t *testing.T) {
	for s, want := range map[string]string{ // what begins with "!" is why it is none
		"10.0.0.7": "10.0.0.7/32", "10.0.0.0/8": "10.0.0.0/8", "10.0.0.7/32": "10.0.0.7/32", "0.0.0.0/0": "0.0.0.0/0", "10.0.0.6/31": "10.0.0.6/31",
		"::1": "::1/128", "2001:db8::/32": "2001:db8::/32", "::/0": "::/0", "2001:DB8:0::0/33": "2001:db8::/33", "fe80::/10": "fe80::/10",
		"10.0.0.1/8": "!write 10.0.0.0/8", "2001:db8::1/64": "!write 2001:db8::/64", "::1/0": "!write ::/0",
		"::ffff:10.0.0.1": "!write it as IPv4", "::ffff:0:0/96": "!write it as IPv4", "::ffff:10.0.0.0/104": "!write it as IPv4",
		"fe80::1%eth0": "!zone", "fe80::%eth0/10": "!zone",
		"": "!no address", " 10.0.0.1": "!no address", "10.0.0.1/33": "!no address", "::1/129": "!no address", "10.0.0.0/-1": "!no address", "10.0.0.0/08": "!no address",
		"010.0.0.1": "!no address", "127.1": "!no address", "0x7f.0.0.1": "!no address", "2130706433": "!no address", "[::1]": "!no address",
		"10.0.0.1:80": "!no address", "10.0.0.0/255.0.0.0": "!no address", "10.0.0.0/8/8": "!no address", "localhost": "!no address", "1::2::3": "!no address",
	} {
		p, why := ParseAddresses(s)
		if says, wrong := strings.CutPrefix(want, "!"); wrong {
			if !strings.Contains(why, says) {
				t.Errorf("%q: %v, %q, want %q", s, p, why, says)
			}
		} else if p.String() != want || why != "" {
			t.Errorf("%q: %v, %q, want %s", s, p, why, want)
		}
	}
}

func TestWhoIsAmongCallers(t *testing.T) {
	four, six := Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}, Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("::/0")}}
	for _, c := range []struct {
		from      string // "" is a Unix socket
		four, six bool
	}{
		{"10.0.0.1", true, false}, {"::ffff:10.0.0.1", true, false}, {"2001:db8::1", false, true}, {"::1", false, true}, {"", false, false},
	} {
		var from netip.Addr
		if c.from != "" {
			from = netip.MustParseAddr(c.from)
		}
		if four.Has(from) != c.four || six.Has(from) != c.six {
			t.Errorf("%q: among IPv4 %v, among IPv6 %v", c.from, four.Has(from), six.Has(from))
		}
	}
}
