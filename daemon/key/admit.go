package key

import (
	"net/netip"
	"slices"
	"time"
)

// Terms are what must hold of a call beside its proof.
type Terms struct {
	Addresses []string  // CIDR prefixes that may call; none: any
	ExpiresAt time.Time // zero: never
}

// Refusal is why a key is not admitted, for the log; callers are told nothing.
type Refusal string

// The refusals; "" is none.
const (
	Expired    Refusal = "the key has expired"
	WrongPlace Refusal = "the address is not in the key's list"
)

// Refuses says why a call from an address is not admitted now. The zero Addr is
// a caller over a Unix socket, and in no list. A prefix that cannot be read
// admits nobody.
func (t Terms) Refuses(from netip.Addr, now time.Time) Refusal {
	switch {
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Expired
	case len(t.Addresses) > 0 && !slices.ContainsFunc(t.Addresses, func(s string) bool { return covers(s, from) }):
		return WrongPlace
	}
	return ""
}

func covers(prefix string, a netip.Addr) bool {
	p, err := netip.ParsePrefix(prefix)
	return err == nil && a.IsValid() && p.Contains(a.Unmap().WithZone(""))
}
