package listener

import (
	"net/netip"
	"sync"
	"time"
)

// network is what counts as one caller: an IPv4 address, an IPv6 /64, and all
// that come over a Unix socket.
func network(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // of a Unix socket
	}
	return p
}

// buckets are token buckets that are full to begin with.
type buckets[K comparable] struct {
	burst int
	every time.Duration // a token comes back

	mu    sync.Mutex // protects the fields below
	empty map[K]time.Time
}

// maxBuckets bounds how many are remembered.
const maxBuckets = 10_000

func newBuckets[K comparable](burst int, every time.Duration) *buckets[K] {
	return &buckets[K]{burst: burst, every: every, empty: map[K]time.Time{}}
}

// A bucket is kept as the time at which it will be full again: it has room for
// another take while that is less than burst tokens away.

// left reports whether the bucket of k has a token, and else when it will.
func (b *buckets[K]) left(k K, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.look(k, now)
}

func (b *buckets[K]) look(k K, now time.Time) (time.Duration, bool) {
	missing := b.empty[k].Sub(now)
	most := time.Duration(b.burst-1) * b.every
	return missing - most, missing <= most
}

// take takes a token, and reports whether there was one.
func (b *buckets[K]) take(k K, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait, ok := b.look(k, now); !ok {
		return wait, false
	}
	if _, known := b.empty[k]; !known && len(b.empty) >= maxBuckets {
		b.forget(now)
	}
	full := b.empty[k]
	if full.Before(now) {
		full = now
	}
	b.empty[k] = full.Add(b.every)
	return 0, true
}

// forget forgets full buckets, and where there are none the fullest half: who
// has many addresses gains little, and memory stays bounded.
func (b *buckets[K]) forget(now time.Time) {
	for k, full := range b.empty {
		if !full.After(now) {
			delete(b.empty, k)
		}
	}
	for limit := b.every; len(b.empty) >= maxBuckets; limit *= 2 {
		for k, full := range b.empty {
			if full.Sub(now) <= limit {
				delete(b.empty, k)
			}
		}
	}
}
