package listener

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything is waited for.
const patience = time.Minute

// house is a listener on a daemon that does as it is told.
type house struct {
	t     *testing.T
	l     *Listener
	url   string
	log   journal
	clock clock

	mu       sync.Mutex // protects the fields below
	news     *sync.Cond // of calls
	keys     map[string]store.Key
	asks     []string // of the daemon, by what was asked for
	calls    []Call
	fickle   bool              // something was begun that ends when the caller goes
	refusal  error             // of Start
	over     chan struct{}     // closed: the run is over
	unwell   string            // of health
	answered map[string]int    // by route and status
	secrets  map[string]string // by name
}

// clock is a clock that stands.
type clock struct {
	mu  sync.Mutex // protects now
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var signing = bytes.Repeat([]byte{7}, key.SigningKeySize)

// Key is Daemon's.
func (h *house) Key(id string) (store.Key, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asks = append(h.asks, "key")
	if k, ok := h.keys[id]; ok {
		return k, true, nil
	}
	k, err := store.NoKey(id)
	return k, false, err
}

// Pipeline is Daemon's.
func (h *house) Pipeline(k store.Key) (string, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asks = append(h.asks, "pipeline")
	name, ok := map[uint64]string{1: "nightly", 2: "weekly"}[k.Pipeline]
	return name, ok, nil
}

// Secret is Daemon's.
func (h *house) Secret(k store.Key) (key.Secret, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asks = append(h.asks, "secret")
	s := key.Derive(key.Form(k.Form), signing, k.ID)
	if k.Name == "orphan" || !key.Matches(s.Reveal(), k.Digest) {
		return s, fmt.Errorf("a key of the form %s has no secret that can be derived", k.Form)
	}
	return s, nil
}

// Start is Daemon's.
func (h *house) Start(ctx context.Context, c Call) (Run, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fickle = h.fickle || ctx.Done() != nil
	if h.refusal != nil {
		return Run{}, h.refusal
	}
	h.calls = append(h.calls, c)
	h.news.Broadcast()
	return Run{Name: c.Pipeline + "/1", Pipeline: c.Pipeline, ID: 7, Number: 1, Status: "pending", CreatedAt: h.clock.Now()}, nil
}

// Await is Daemon's.
func (h *house) Await(ctx context.Context, id uint64) (Run, error) {
	r := Run{Name: "nightly/1", ID: id, Number: 1, Status: "running"}
	select {
	case <-h.over:
		r.Status, r.Over = "success", true
	case <-ctx.Done():
	}
	return r, nil
}

// Unhealthy is Daemon's.
func (h *house) Unhealthy() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unwell
}

// Answered is Metrics'.
func (h *house) Answered(route string, status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answered[fmt.Sprint(route, " ", status)]++
}

// ServeHTTP is Metrics'.
func (h *house) ServeHTTP(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "metrics") }

// journal is a log.
type journal struct {
	mu   sync.Mutex // protects text
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newHouse opens a listener on loopback. It knows a key of each form of nightly,
// called by their forms, and "other" of weekly, "listed" for 10.0.0.1 and
// "expired".
func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	h := &house{
		t: t, keys: map[string]store.Key{}, answered: map[string]int{}, secrets: map[string]string{}, over: make(chan struct{}),
		clock: clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)},
	}
	h.news = sync.NewCond(&h.mu)
	for i, k := range []store.Key{
		{Name: "api", Form: "api"}, {Name: "webhook", Form: "webhook"}, {Name: "github", Form: "github"}, {Name: "standard", Form: "standard"},
		{Name: "other", Form: "api", Pipeline: 2}, {Name: "listed", Form: "api", Addresses: []string{"10.0.0.1/32"}},
		{Name: "expired", Form: "api", ExpiresAt: h.clock.now}, {Name: "skipper", Form: "api", SkipLocks: true},
		{Name: "orphan", Form: "github"},
	} {
		var s key.Secret
		k.ID, s = key.New(key.Form(k.Form), bytes.Repeat([]byte{byte(i + 1)}, key.Randomness), signing)
		k.Pipeline = max(k.Pipeline, 1)
		k.Digest = s.Digest()
		h.keys[k.ID], h.secrets[k.Name] = k, s.Reveal()
	}
	c := Config{
		HTTP: config.HTTP{Listen: "127.0.0.1:0"}, Daemon: h, Metrics: h, Now: h.clock.Now,
		Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	if h.l, err = Open(c); err != nil {
		t.Fatal(err)
	}
	h.url, _ = h.l.Address()
	h.serve()
	return h
}

func (h *house) serve() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.l.Serve(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			h.t.Errorf("serve: %v", err)
		}
		h.hidesSecrets()
	})
}

// hidesSecrets sees that no secret is in the log, whole or in its part that is
// secret.
func (h *house) hidesSecrets() {
	for name, secret := range h.secrets {
		if strings.Contains(h.log.String(), secret[len(secret)-20:]) {
			h.t.Errorf("the secret of %s is in the log:\n%s", name, h.log.String())
		}
	}
}

// reload takes another configuration over.
func (h *house) reload(c config.HTTP) {
	h.t.Helper()
	take, err := h.l.Prepare(c)
	if err != nil {
		h.t.Fatal(err)
	}
	take()
}

// id is the id of the key of a name.
func (h *house) id(name string) string {
	for id, k := range h.keys {
		if k.Name == name {
			return id
		}
	}
	h.t.Fatalf("no key %q", name)
	return ""
}

// asked is a request; headers are "Name: value".
func (h *house) asked(method, path, body string, headers ...string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// from makes a client that calls from an address, each time with a new
// connection.
func (h *house) from(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
}

// answer is all of an answer but its date.
type answer struct {
	code int
	body string
	raw  string
}

func (h *house) do(c *http.Client, r *http.Request) answer {
	h.t.Helper()
	response, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	response.Header.Del("Date")
	head, err := httputil.DumpResponse(response, false)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), string(head) + string(body)}
}

// call makes a request from 127.0.0.1.
func (h *house) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	return h.do(h.from("127.0.0.1"), h.asked(method, path, body, headers...))
}

func (h *house) bearer(name string) string { return "Authorization: Bearer " + h.secrets[name] }

// started are the calls that were let through.
func (h *house) started() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls
}

// await waits until so many calls were let through.
func (h *house) await(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.calls) < n {
		h.news.Wait()
	}
}

// wants sees that an answer has a status and a body with all of parts.
func (h *house) wants(a answer, code int, parts ...string) {
	h.t.Helper()
	if a.code != code {
		h.t.Errorf("answered %d, want %d: %s", a.code, code, a.body)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			h.t.Errorf("%q does not say %q", a.body, part)
		}
	}
}

func prefixes(list ...string) (c config.Callers) {
	for _, s := range list {
		if s == "unix" {
			c.Unix = true
			continue
		}
		c.Prefixes = append(c.Prefixes, netip.MustParsePrefix(s))
	}
	return c
}
