package listener

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhoFailsTooOftenIsNotListenedTo(t *testing.T) {
	h := newHouse(t)
	for range 20 {
		h.wants(h.call("POST", nightly, "", h.bearer("other")), 404)
	}
	for _, name := range []string{"other", "api"} { // the right key as well, or it would be told from a wrong one
		h.wants(h.call("POST", nightly, "", h.bearer(name)), 429, "too_many_failures")
	}
	h.wants(h.do(h.from("127.0.0.2"), h.asked("POST", nightly, "", h.bearer("api"))), 202)
	h.clock.pass(3 * time.Second)
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.wants(h.call("POST", nightly, "", h.bearer("other")), 404)
	a := h.call("POST", nightly, "", h.bearer("api"))
	if h.wants(a, 429); !strings.Contains(a.raw, "Retry-After: 3\r\n") {
		t.Error(a.raw)
	}
}

func TestAKeyMayBeUsedSoOften(t *testing.T) {
	h := newHouse(t)
	for range 100 {
		h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	}
	a := h.call("POST", nightly, "", h.bearer("api"))
	if h.wants(a, 429, "too_many_calls"); !strings.Contains(a.raw, "Retry-After: 1\r\n") {
		t.Error(a.raw)
	}
	h.clock.pass(time.Second / 20)
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 429)
}

// A bucket gives no more than its burst and what came back since, in any
// stretch of time, and no less where it was not emptied.
func TestABucketAgainstASlowOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst := rapid.IntRange(1, 5).Draw(t, "burst")
		b := newBuckets[int](burst, time.Second)
		tokens := map[int]float64{} // missing
		last := map[int]time.Time{}
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "takes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			k := rapid.IntRange(0, 1).Draw(t, "key")
			tokens[k] = max(0, tokens[k]-now.Sub(last[k]).Seconds())
			if last[k].IsZero() {
				tokens[k] = 0
			}
			last[k] = now
			want := tokens[k] <= float64(burst-1)+1e-9
			if _, ok := b.left(k, now); ok != want {
				t.Fatalf("left %v, want %v with %v missing of %d", ok, want, tokens[k], burst)
			}
			if rapid.Bool().Draw(t, "take") {
				wait, ok := b.take(k, now)
				if ok != want {
					t.Fatalf("take %v, want %v with %v missing of %d", ok, want, tokens[k], burst)
				}
				if ok {
					tokens[k]++
				} else if d := tokens[k] - float64(burst-1) - wait.Seconds(); d > 1e-6 || d < -1e-6 {
					t.Fatalf("wait %v with %v missing of %d", wait, tokens[k], burst)
				}
			}
		}
	})
}

func TestBucketsAreBounded(t *testing.T) {
	b := newBuckets[int](2, time.Second)
	now := time.Unix(0, 0)
	b.take(-1, now)
	b.take(-1, now)
	for k := range 3 * maxBuckets {
		b.take(k, now)
		if len(b.empty) > maxBuckets {
			t.Fatalf("%d buckets are remembered", len(b.empty))
		}
	}
	if _, ok := b.left(-1, now); ok {
		t.Error("the emptiest bucket was forgotten before fuller ones")
	}
}

func TestCallersAreCountedByTheirNetwork(t *testing.T) {
	for address, want := range map[string]string{"10.0.0.1": "10.0.0.1/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64"} {
		if got := network(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	if network(netip.Addr{}).IsValid() {
		t.Error("a Unix socket has a network")
	}
}

func TestWhoCalls(t *testing.T) {
	trusted := prefixes("10.0.0.0/8", "2001:db8::/32")
	for _, c := range []struct {
		peer    string // "" is a Unix socket
		headers []string
		want    string // "!" is nobody
	}{
		{"192.0.2.1", nil, "192.0.2.1"},
		{"192.0.2.1", []string{"203.0.113.9"}, "192.0.2.1"}, // forged
		{"192.0.2.1", []string{"nonsense"}, "192.0.2.1"},
		{"10.0.0.1", nil, "10.0.0.1"},
		{"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"10.0.0.1", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"}, // the first is the caller's own word
		{"10.0.0.1", []string{"1.2.3.4", "203.0.113.9"}, "203.0.113.9"},
		{"10.0.0.1", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"10.0.0.1", []string{"203.0.113.9", "10.0.0.2 ,10.0.0.3"}, "203.0.113.9"},
		{"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1", []string{"x, 203.0.113.9"}, "203.0.113.9"}, // never looked at
		{"10.0.0.1", []string{"203.0.113.9, x"}, "!"},
		{"10.0.0.1", []string{""}, "!"},
		{"10.0.0.1", []string{"203.0.113.9,"}, "!"},
		{"10.0.0.1", []string{"unknown"}, "!"},
		{"10.0.0.1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"10.0.0.1", []string{"[2001:db9::1]:4711"}, "2001:db9::1"},
		{"10.0.0.1", []string{"[2001:db9::1]"}, "2001:db9::1"},
		{"10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"10.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
		{"2001:db8::1", []string{"2001:db9::1"}, "2001:db9::1"},
		{"", []string{"203.0.113.9"}, ""},
	} {
		var peer netip.Addr
		if c.peer != "" {
			peer = netip.MustParseAddr(c.peer)
		}
		got, err := forwarded(peer, c.headers, trusted)
		text := got.String()
		if !got.IsValid() {
			text = ""
		}
		if err != nil {
			text = "!"
		}
		if text != c.want {
			t.Errorf("%s %q: %s, want %s", c.peer, c.headers, text, c.want)
		}
	}
	if got, err := forwarded(netip.Addr{}, []string{"203.0.113.9"}, prefixes("unix")); err != nil || got.String() != "203.0.113.9" {
		t.Error("a Unix socket that is trusted is not believed", got, err)
	}
}

// However the header looks, a peer that is no proxy is the caller, and nobody
// becomes an address that no proxy wrote.
func TestXForwardedForIsNoWayIn(t *testing.T) {
	trusted := prefixes("10.0.0.0/8")
	entry := rapid.SampledFrom([]string{"10.0.0.1", "10.9.9.9", "192.0.2.1", "198.51.100.7", "", "x", "::1", "[::1]:1", " 192.0.2.1 "})
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(entry, 0, 6).Draw(t, "entries")
		var headers []string
		for rest := entries; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			headers = append(headers, strings.Join(rest[:n], ","))
			rest = rest[n:]
		}
		stranger := netip.MustParseAddr("203.0.113.1")
		if got, err := forwarded(stranger, headers, trusted); err != nil || got != stranger {
			t.Fatalf("%q makes a stranger %v (%v)", headers, got, err)
		}
		// By hand: strip proxies from the right, the next is the caller.
		want := "10.0.0.9"
		for i := len(entries) - 1; i >= 0; i-- {
			e := strings.TrimSpace(entries[i])
			want = map[string]string{"": "!", "x": "!", "[::1]:1": "::1"}[e]
			if want == "" && e != "" {
				want = e
			}
			if !strings.HasPrefix(want, "10.") {
				break
			}
		}
		got, err := forwarded(netip.MustParseAddr("10.0.0.9"), headers, trusted)
		if text := got.String(); (err != nil) != (want == "!") || err == nil && text != want {
			t.Fatalf("%q: %s (%v), want %s", headers, text, err, want)
		}
	})
}

func TestTheListOfAKeyHoldsBehindAProxyThatIsTrusted(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.HTTP.TrustedProxies = prefixes("127.0.0.1/32") })
	proxy, other := h.from("127.0.0.1"), h.from("127.0.0.2")
	forwarded := func(value string) []string { return []string{h.bearer("listed"), "X-Forwarded-For: " + value} }
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("10.0.0.1")...)), 202)
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("10.0.0.1, 10.0.0.2")...)), 404)
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("10.0.0.2, 10.0.0.1")...)), 202)
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("x")...)), 404)
	h.wants(h.do(proxy, h.asked("POST", nightly, "", h.bearer("listed"))), 404)
	h.wants(h.do(other, h.asked("POST", nightly, "", forwarded("10.0.0.1")...)), 404)
	// The limit of failures is the caller's, not the proxy's.
	for range 25 {
		h.do(proxy, h.asked("POST", nightly, "", forwarded("198.51.100.1")...))
	}
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("198.51.100.1")...)), 429)
	h.wants(h.do(proxy, h.asked("POST", nightly, "", forwarded("10.0.0.1")...)), 202)
}

func TestRoutes(t *testing.T) {
	for path, want := range map[string]route{
		"/healthz":                  {name: routeHealth, method: "GET"},
		"/healthz/":                 {name: routeNone},
		"/v1/pipelines/a/trigger":   {name: routeTrigger, method: "POST", pipeline: "a"},
		"/v1/pipelines//trigger":    {name: routeNone},
		"/v1/pipelines/%zz/trigger": {name: routeNone},
		"/v1/hooks/a":               {name: routeHook, method: "POST", key: "a", payload: true},
		"/api/v4/projects/a/ref/x%2Fy/trigger/pipeline": {name: routeGitLab, method: "POST", pipeline: "a", ref: "x/y", payload: true},
		"":  {name: routeNone},
		"*": {name: routeNone},
	} {
		if got := find(path); got != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringMatching(`(/[a-z0-9%./*-]{0,12}){0,9}`).Draw(t, "path")
		if r := find(path); r.name == "" {
			t.Fatal(fmt.Sprint(path, r))
		}
	})
}
