package listener

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
)

// dial opens a connection on which anything can be said.
func (h *house) dial() net.Conn {
	h.t.Helper()
	return h.dialFrom("127.0.0.1")
}

func (h *house) dialFrom(address string) net.Conn {
	h.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := dialer.DialContext(h.t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	return conn
}

// toTheEnd reads until the other side closes.
func (h *house) toTheEnd(c net.Conn) string {
	h.t.Helper()
	text, err := io.ReadAll(c)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		h.t.Fatal("the connection stays open")
	}
	return string(text)
}

func TestASlowHeadEndsTheConnection(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Times.Header = 2 * time.Second })
	conn := h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-A: ", nightly)
	if text := h.toTheEnd(conn); strings.Contains(text, " 20") {
		t.Errorf("answered %q", text)
	}
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
}

func TestASlowBodyEndsTheCall(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Times.Request = 2 * time.Second })
	conn := h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", nightly)
	if text := h.toTheEnd(conn); !strings.HasPrefix(text, "HTTP/1.1 408 ") {
		t.Errorf("answered %q", text)
	}
}

// Whoever has no key cannot keep those waiting who show one.
func TestSlowBodiesOfStrangersKeepNoKeyWaiting(t *testing.T) {
	h := newHouse(t)
	for {
		place, ok := h.l.strangers.take(netip.Prefix{})
		if !ok {
			break
		}
		t.Cleanup(place.free)
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	gitLab := "/api/v4/projects/nightly/trigger/pipeline"
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.wants(h.call("POST", "/v1/hooks/"+h.id("webhook"), "{}", h.bearer("webhook")), 202)
	h.wants(h.call("POST", "/v1/hooks/"+h.id("webhook"), "{}", "X-Gitlab-Token: "+h.secrets["webhook"]), 202)
	h.wants(h.call("POST", gitLab+"?token="+h.secrets["api"], "", form), 201)
	h.wants(h.call("POST", nightly, `{"secret": "x"}`, asJSON), 503, "busy")
	h.wants(h.call("POST", gitLab, "token="+h.secrets["api"], form), 503, "busy")
	h.wants(h.do(h.from("127.0.0.1"), h.gitHub("{}", asJSON)), 503, "busy")
	h.wants(h.do(h.from("127.0.0.1"), h.gitHub("{}", asJSON, "Authorization: Bearer x")), 503, "busy")
}

// slow is a connection from an address on which a body is waited for.
func (h *house) slow(from, path, header string) net.Conn {
	h.t.Helper()
	conn := h.dialFrom(from)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", path, header)
	if line := h.line(conn); line != "HTTP/1.1 100 Continue\r\n" {
		h.t.Fatalf("%q is asked for no body", line)
	}
	return conn
}

func (h *house) line(c net.Conn) string {
	h.t.Helper()
	var text []byte
	for b := []byte{0}; len(text) == 0 || b[0] != '\n'; { // byte for byte: the rest is read by another
		if _, err := c.Read(b); err != nil {
			h.t.Fatalf("after %q: %v", text, err)
		}
		text = append(text, b[0])
	}
	return string(text)
}

// Those who hold all places by slow bodies lose them to whoever comes, of the
// address that has most of them whoever is slow for longest.
func TestASlowBodyGivesWayToOneThatCame(t *testing.T) {
	h := newHouse(t)
	first := h.slow("127.0.0.2", nightly, "X: y")
	var slow []net.Conn
	for i := range 63 {
		slow = append(slow, h.slow(fmt.Sprintf("127.0.0.%d", 3+i/31), nightly, "X: y"))
	}
	h.wants(h.call("POST", nightly, fmt.Sprintf(`{"secret": %q}`, h.secrets["api"]), asJSON), 202)
	if text := h.toTheEnd(slow[0]); !strings.Contains(text, "HTTP/1.1 503 ") || !strings.Contains(text, "busy") {
		t.Errorf("the slowest is answered %q", text)
	}
	fmt.Fprintf(first, `{"secret": %q}%s`, h.secrets["api"], strings.Repeat(" ", 100-len(`{"secret": ""}`)-len(h.secrets["api"])))
	for range 2 { // what is left of the line that asked for the body
		if line := h.line(first); line != "\r\n" {
			if !strings.HasPrefix(line, "HTTP/1.1 202 ") {
				t.Errorf("one that is alone at its address is answered %q", line)
			}
		}
	}
}

func TestOneAddressCannotTakeThePlacesOfOthers(t *testing.T) {
	h := newHouse(t)
	mine := h.slow("127.0.0.2", nightly, "X: y")
	first := h.slow("127.0.0.3", nightly, "X: y")
	for range 32 {
		h.slow("127.0.0.3", nightly, "X: y")
	}
	if text := h.toTheEnd(first); !strings.Contains(text, "HTTP/1.1 503 ") {
		t.Errorf("%q", text)
	}
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	fmt.Fprintf(mine, `{"secret": %q}%s`, h.secrets["api"], strings.Repeat(" ", 100-len(`{"secret": ""}`)-len(h.secrets["api"])))
	if h.line(mine); !strings.HasPrefix(h.line(mine), "HTTP/1.1 202 ") {
		t.Error("the body of another address was given up")
	}
}

// Somebody who has a key cannot keep others waiting either.
func TestASlowBodyOfAnAdmittedCallerGivesWay(t *testing.T) {
	h := newHouse(t)
	first := h.slow("127.0.0.2", nightly, h.bearer("api"))
	for i := range 63 {
		h.slow(fmt.Sprintf("127.0.0.%d", 2+(i+1)/32), nightly, h.bearer("api"))
	}
	h.wants(h.call("POST", nightly, "{}", asJSON, h.bearer("api")), 202)
	if text := h.toTheEnd(first); !strings.Contains(text, "HTTP/1.1 503 ") {
		t.Errorf("%q", text)
	}
}

func TestABodyHasTheLongerTheMoreOfItCame(t *testing.T) {
	times := Times{}.orDefault()
	for n, want := range map[int]time.Duration{0: 10 * time.Second, 1: 10*time.Second + 19073, 512 << 10: 20 * time.Second, 1 << 20: 30 * time.Second, 2 << 20: 30 * time.Second} {
		if got := times.body(n); got != want {
			t.Errorf("%d bytes: %v, want %v", n, got, want)
		}
	}
}

func TestABodyOfWhichNothingComesEndsTheCallSoon(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Times.Body, c.Times.Request = 100*time.Millisecond, time.Hour })
	conn := h.slow("127.0.0.1", nightly, "X: y")
	if text := h.toTheEnd(conn); !strings.Contains(text, "HTTP/1.1 408 ") {
		t.Errorf("answered %q", text)
	}
}

// A place among all connections is not for whoever holds it, but for whoever
// calls.
func TestConnectionsOnWhichNothingIsDoneGiveWay(t *testing.T) {
	h := newHouse(t)
	waits := h.dialFrom("127.0.0.2")
	fmt.Fprintf(waits, "POST %s?wait=10m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\nContent-Length: 0\r\n\r\n", nightly, h.bearer("api"))
	h.await(1)
	var idle []net.Conn
	for i := range 511 {
		idle = append(idle, h.dialFrom(fmt.Sprintf("127.0.1.%d", 1+i/64)))
	}
	h.wants(h.do(h.from("127.0.0.3"), h.asked("POST", nightly, "", h.bearer("api"))), 202)
	if text := h.toTheEnd(idle[0]); text != "" {
		t.Errorf("who said nothing is answered %q", text)
	}
	close(h.over)
	if text := h.toTheEnd(waits); !strings.HasPrefix(text, "HTTP/1.1 200 ") {
		t.Errorf("who was admitted is answered %q", text)
	}
}

func TestALargeHeadIsRefused(t *testing.T) {
	h := newHouse(t)
	conn := h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-A: %s\r\n\r\n", nightly, strings.Repeat("a", 16<<10))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 431 ") {
		t.Errorf("%q, %v", line, err)
	}
}

func TestAnEndlessBodyIsRefused(t *testing.T) {
	h := newHouse(t)
	conn := h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", nightly)
	go func() {
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10))
		for {
			if _, err := io.WriteString(conn, chunk); err != nil {
				return
			}
		}
	}()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 413 ") {
		t.Errorf("%q, %v", line, err)
	}
}

// What a proxy may take for a body is no request here.
func TestNoRequestIsHiddenInABody(t *testing.T) {
	h := newHouse(t)
	const hidden = "POST /v1/pipelines/nightly/trigger HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
	head := func(version string) string {
		return "POST " + nightly + " HTTP/" + version + "\r\nHost: x\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n" + h.bearer("api") + "\r\n"
	}
	inner := hidden + h.bearer("api") + "\r\n\r\n"
	for name, c := range map[string]struct {
		text   string
		want   string // the only answer
		starts int
	}{
		"a length beside chunks":   {head("1.1") + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 5+len(inner)) + inner, "202 Accepted", 1},
		"chunks in HTTP/1.0":       {head("1.0") + "Transfer-Encoding: chunked\r\n\r\n" + inner, "400 Bad Request", 0},
		"HTTP/1.0":                 {head("1.0") + "Content-Length: 0\r\n\r\n" + inner, "202 Accepted", 1},
		"two lengths":              {head("1.1") + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + inner, "400 Bad Request", 0},
		"a list of lengths":        {head("1.1") + "Content-Length: 0, 0\r\n\r\n" + inner, "400 Bad Request", 0},
		"a length with a sign":     {head("1.1") + "Content-Length: +0\r\n\r\n" + inner, "400 Bad Request", 0},
		"chunks by another name":   {head("1.1") + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner, "501 Not Implemented", 0},
		"a header before a colon":  {head("1.1") + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner, "400 Bad Request", 0},
		"a chunk that ends early":  {head("1.1") + "Transfer-Encoding: chunked\r\n\r\n1\n{\r\n0\r\n\r\n" + inner, "400 Bad Request", 0},
		"a body nobody asked for":  {strings.Replace(head("1.1"), h.secrets["api"], "x", 1) + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(inner)) + inner, "404 Not Found", 0},
		"an expectation of others": {head("1.1") + fmt.Sprintf("Expect: x\r\nContent-Length: %d\r\n\r\n", len(inner)) + inner, "417 Expectation Failed", 0},
		"a key in the trailer":     {strings.Replace(head("1.1"), h.bearer("api"), "Trailer: Authorization", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + h.bearer("api") + "\r\n\r\n" + inner, "404 Not Found", 0},
	} {
		before := len(h.started())
		conn := h.dial()
		go func() { _, _ = io.WriteString(conn, c.text) }() // it may be closed before all is sent
		text := h.toTheEnd(conn)
		if len(regexp.MustCompile(`HTTP/1\.[01] \d{3} `).FindAllString(text, -1)) != 1 || !strings.Contains(text, " "+c.want) {
			t.Errorf("%s: answered %q, want %s and no more", name, text, c.want)
		}
		if n := len(h.started()) - before; n != c.starts {
			t.Errorf("%s: %d runs were started, want %d", name, n, c.starts)
		}
	}
}

func TestABodyMayWaitToBeAskedFor(t *testing.T) {
	h := newHouse(t)
	conn := h.dial()
	body := fmt.Sprintf(`{"secret": %q}`, h.secrets["api"])
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", nightly, len(body))
	if line := h.line(conn); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q", line)
	}
	io.WriteString(conn, body)
	if text := h.toTheEnd(conn); !strings.HasPrefix(text, "\r\nHTTP/1.1 202 ") {
		t.Errorf("%q", text)
	}
	// Who is not admitted is not asked.
	conn = h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", nightly, h.bearer("other"))
	if text := h.toTheEnd(conn); !strings.HasPrefix(text, "HTTP/1.1 404 ") {
		t.Errorf("%q", text)
	}
}

func TestABodyMayComeInChunks(t *testing.T) {
	h := newHouse(t)
	r := h.asked("POST", nightly, fmt.Sprintf(`{"secret": %q, "variables": {"A": %q}}`, h.secrets["api"], strings.Repeat("a", 900<<10)), asJSON)
	r.ContentLength = -1
	h.wants(h.do(h.from("127.0.0.1"), r), 202)
	if got := len(h.started()[0].Variables["A"]); got != 900<<10 {
		t.Errorf("%d bytes came", got)
	}
}

func TestHTTP2IsNotSpoken(t *testing.T) {
	h := newHouse(t)
	conn := h.dial()
	fmt.Fprint(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	if text := h.toTheEnd(conn); !strings.HasPrefix(text, "HTTP/1.1 4") && !strings.HasPrefix(text, "HTTP/1.1 505") {
		t.Errorf("answered %q", text)
	}
}

func TestOneAddressHasSoManyConnections(t *testing.T) {
	h := newHouse(t)
	var all []net.Conn
	for n := range 64 {
		c := h.dial()
		fmt.Fprintf(c, "POST %s?wait=10m HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 0\r\n\r\n", nightly, h.bearer("api"))
		all = append(all, c)
		h.await(n + 1) // an address has fewer calls at a time than connections
	}
	late := h.dial()
	fmt.Fprint(late, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if text := h.toTheEnd(late); text != "" {
		t.Errorf("one too many is answered %q", text)
	}
	h.wants(h.do(h.from("127.0.0.2"), h.asked("GET", "/healthz", "")), 200)
	close(h.over)
	for _, c := range all {
		if line := h.line(c); !strings.HasPrefix(line, "HTTP/1.1 200 ") {
			t.Fatalf("%q", line)
		}
	}
	for text := ""; text == ""; { // as soon as they wait for their next request they give way
		late = h.dial()
		fmt.Fprint(late, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		text = h.toTheEnd(late)
	}
}

func TestWaitAnswersWithTheEnd(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Times.Request, c.Times.Answer = 2*time.Second, 2*time.Second })
	answered := make(chan answer)
	go func() { answered <- h.call("POST", nightly+"?wait=1m", "{}", asJSON, h.bearer("api")) }()
	select {
	case a := <-answered:
		t.Fatalf("answered before the end: %+v", a)
	case <-time.After(5 * time.Second): // longer than requests and answers may take
	}
	close(h.over)
	h.wants(<-answered, 200, `"status":"success"`, `"over":true`)
}

// The time that a body has is not that of whoever sends none and waits.
func TestWaitWithoutABodyAnswersWithTheEnd(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Times.Body = time.Millisecond })
	answered := make(chan answer)
	go func() { answered <- h.call("POST", nightly+"?wait=1m", "", h.bearer("api")) }()
	select {
	case a := <-answered:
		t.Fatalf("answered before the end: %+v", a)
	case <-time.After(100 * time.Millisecond):
	}
	close(h.over)
	h.wants(<-answered, 200, `"over":true`)
}

func TestWaitThatIsTooShortAnswersWithTheRun(t *testing.T) {
	h := newHouse(t)
	h.wants(h.call("POST", nightly+"?wait=10ms", "", h.bearer("api")), 202, `"status":"running"`, `"over":false`)
}

// To delete a run is no fault of the daemon: nobody is to be alarmed.
func TestARunThatIsDeletedIsWaitedForNoMore(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Daemon = deleting{c.Daemon} })
	h.wants(h.call("POST", nightly+"?wait=1m", "", h.bearer("api")), 202, `"status":"pending"`, `"over":false`)
	if log := h.log.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "was deleted while its caller waited") {
		t.Errorf("the log says\n%s", log)
	}
}

// deleting deletes runs that somebody waits for.
type deleting struct{ Daemon }

func (deleting) Await(context.Context, uint64) (Run, error) { return Run{}, NotFound }

func TestAListenerThatEndsAnswersThoseWhoWait(t *testing.T) {
	l := newHouse(t)
	answered := make(chan answer)
	waiting := make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	second, err := Open(Config{HTTP: config.HTTP{Listen: "127.0.0.1:0"}, Daemon: signals{l, waiting}, Metrics: l, Log: slog.New(slog.DiscardHandler), Now: l.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- second.Serve(ctx) }()
	l.url, _ = second.Address()
	go func() { answered <- l.call("POST", nightly+"?wait=10m", "", l.bearer("api")) }()
	<-waiting
	stop()
	l.wants(<-answered, 202, `"status":"running"`)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// signals tells when somebody waits.
type signals struct {
	*house
	waiting chan struct{}
}

func (s signals) Await(ctx context.Context, id uint64) (Run, error) {
	close(s.waiting)
	return s.house.Await(ctx, id)
}

func TestHealthAndMetrics(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.HTTP.Metrics = prefixes("127.0.0.2/32") })
	h.wants(h.call("GET", "/healthz", ""), 200, `{"status":"ok"}`)
	h.wants(h.call("HEAD", "/healthz", ""), 200)
	h.unwell = "disk_low"
	h.wants(h.call("GET", "/healthz", ""), 503, `{"status":"failing","reason":"disk_low"}`)
	h.wants(h.call("GET", "/metrics", ""), 404, notThere)
	h.wants(h.call("GET", "/metrics", "", "X-Forwarded-For: 127.0.0.2"), 404, notThere)
	h.wants(h.do(h.from("127.0.0.2"), h.asked("GET", "/metrics", "")), 200, "metrics")
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.mu.Lock()
	defer h.mu.Unlock()
	for what, n := range map[string]int{"healthz 200": 2, "healthz 503": 1, "metrics 404": 2, "metrics 200": 1, "trigger 202": 1} {
		if h.answered[what] != n {
			t.Errorf("%s was counted %d times, want %d", what, h.answered[what], n)
		}
	}
}

func TestWhoIsNotAllowedReachesNothing(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.HTTP.Allow = prefixes("127.0.0.2/32") })
	for _, r := range []*http.Request{h.asked("POST", nightly, "", h.bearer("api")), h.asked("GET", "/healthz", "")} {
		h.wants(h.do(h.from("127.0.0.1"), r), 404, notThere)
	}
	h.wants(h.do(h.from("127.0.0.2"), h.asked("POST", nightly, "", h.bearer("api"))), 202)
	h.reload(config.HTTP{})
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
}

func TestAUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "pen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s", "http")
	h := newHouse(t, func(c *Config) { c.HTTP.Listen = "unix:" + path })
	if _, socket := h.l.Address(); socket != path {
		t.Errorf("it listens at %q", socket)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	h.wants(h.do(c, h.asked("POST", nightly, "", h.bearer("api"))), 202)
	h.wants(h.do(c, h.asked("POST", nightly, "", h.bearer("listed"), "X-Forwarded-For: 10.0.0.1")), 404)
	h.reload(config.HTTP{TrustedProxies: prefixes("unix")})
	h.wants(h.do(c, h.asked("POST", nightly, "", h.bearer("listed"), "X-Forwarded-For: 10.0.0.1")), 202)
}

// certificate writes a self-signed certificate for a name.
func certificate(t *testing.T, name, cert, key string, until time.Time) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: until, DNSNames: []string{name},
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLSAndACertificateThatIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	c := config.HTTP{Listen: "127.0.0.1:0", TLSCert: filepath.Join(dir, "c"), TLSKey: filepath.Join(dir, "k")}
	certificate(t, "first", c.TLSCert, c.TLSKey, time.Now().Add(time.Hour))
	h := newHouse(t, func(o *Config) { o.HTTP = c })
	if !strings.HasPrefix(h.url, "https://") {
		t.Error(h.url)
	}
	name := func() string {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		state := conn.ConnectionState()
		if state.NegotiatedProtocol != "http/1.1" {
			t.Errorf("it speaks %q", state.NegotiatedProtocol)
		}
		return state.PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Error(got)
	}
	if err := os.WriteFile(c.TLSCert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.l.Prepare(c); err == nil {
		t.Error("nonsense was read")
	}
	if got := name(); got != "first" {
		t.Error("a reload that failed changed the certificate:", got)
	}
	certificate(t, "second", c.TLSCert, c.TLSKey, time.Now().Add(time.Hour))
	h.reload(c)
	if got := name(); got != "second" {
		t.Error(got)
	}
	client := h.from("127.0.0.1")
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	h.wants(h.do(client, h.asked("POST", nightly, "", h.bearer("api"))), 202)
}

// A certificate that nobody will believe is used all the same, and not in silence.
func TestACertificateOutOfItsTimeIsSaidToBe(t *testing.T) {
	dir := t.TempDir()
	c := config.HTTP{Listen: "127.0.0.1:0", TLSCert: filepath.Join(dir, "c"), TLSKey: filepath.Join(dir, "k")}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	certificate(t, "first", c.TLSCert, c.TLSKey, now)
	h := newHouse(t, func(o *Config) { o.HTTP = c })
	if strings.Contains(h.log.String(), "certificate") {
		t.Error("one that is good says something")
	}
	h.clock.pass(time.Second)
	h.reload(c)
	if text := h.log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "not_after=2026-11-21T12:00:00.000Z") {
		t.Errorf("the log says nothing of it:\n%s", text)
	}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	certificate(t, "second", filepath.Join(dir, "other"), filepath.Join(dir, "k"), now)
	if _, err := h.l.Prepare(c); err == nil || !strings.Contains(err.Error(), "does not match") {
		t.Errorf("a key of another certificate: %v", err)
	}
}

func TestPlainHTTPWhereTLSIsSpoken(t *testing.T) {
	dir := t.TempDir()
	c := config.HTTP{Listen: "127.0.0.1:0", TLSCert: filepath.Join(dir, "c"), TLSKey: filepath.Join(dir, "k")}
	certificate(t, "first", c.TLSCert, c.TLSKey, time.Now().Add(time.Hour))
	h := newHouse(t, func(o *Config) { o.HTTP = c })
	h.url = strings.Replace(h.url, "https", "http", 1)
	conn := h.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", nightly, h.bearer("api"))
	if text := h.toTheEnd(conn); !strings.HasPrefix(text, "HTTP/1.0 400 ") || len(h.started()) != 0 {
		t.Errorf("%q", text)
	}
}

func TestCallersOfIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("the machine has no IPv6:", err)
	} else {
		l.Close()
	}
	h := newHouse(t, func(c *Config) { c.HTTP = config.HTTP{Listen: "[::]:0", Allow: prefixes("::1/128", "127.0.0.1/32")} })
	url := h.url
	h.url = strings.Replace(url, "[::]", "[::1]", 1)
	six := h.from("::1")
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("api"))), 202)
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("listed"))), 404, notThere)
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("listed"), "X-Forwarded-For: 10.0.0.1")), 404, notThere)
	h.reload(config.HTTP{TrustedProxies: prefixes("::1/128")})
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("listed"), "X-Forwarded-For: ::ffff:10.0.0.1")), 202)
	for range 25 { // one network of callers, whichever of its addresses they have
		h.do(six, h.asked("POST", nightly, "", h.bearer("other"), "X-Forwarded-For: 2001:db8:0:1::1"))
	}
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("api"), "X-Forwarded-For: 2001:db8:0:1:ffff::2")), 429)
	h.wants(h.do(six, h.asked("POST", nightly, "", h.bearer("api"), "X-Forwarded-For: 2001:db8:0:2::1")), 202)
	// Who comes by IPv4 is of IPv4, though the socket is one of IPv6.
	h.url = strings.Replace(url, "[::]", "127.0.0.1", 1)
	h.reload(config.HTTP{Allow: prefixes("::/0")})
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 404, notThere)
	h.reload(config.HTTP{Allow: prefixes("0.0.0.0/0")})
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
}

func TestWhereNobodyCanListen(t *testing.T) {
	h := newHouse(t)
	for _, c := range []config.HTTP{
		{Listen: strings.TrimPrefix(h.url, "http://")},
		{Listen: "127.0.0.1:0", TLSCert: "/nonexistent", TLSKey: "/nonexistent"},
	} {
		if _, err := Open(Config{HTTP: c, Daemon: h, Metrics: h}); err == nil {
			t.Errorf("%+v", c)
		}
	}
}

func TestWhatACallBeganDoesNotEndWithItsSender(t *testing.T) {
	h := newHouse(t)
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.wants(h.call("GET", "/healthz", ""), 200)
	if h.started(); h.fickle {
		t.Error("it would have been given up")
	}
}

func TestTheLogHasTheDigestOfWhatStartedARun(t *testing.T) {
	h := newHouse(t)
	body := `{"inputs": {"a": "x"}}`
	h.wants(h.call("POST", nightly, body, asJSON, h.bearer("api")), 202)
	if want := fmt.Sprintf("body=%x", sha256.Sum256([]byte(body))); !strings.Contains(h.log.String(), want) {
		t.Errorf("%s is not in\n%s", want, h.log.String())
	}
}
