package http

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

const soon = step.Duration(time.Millisecond)

func TestNextTry(t *testing.T) {
	now := time.Date(2030, 1, 31, 6, 0, 0, 0, time.UTC)
	broken := errors.New("connection reset")
	busy := func(after string) answer {
		return answer{status: 503, header: http.Header{"Retry-After": {after}}}
	}
	for name, c := range map[string]struct {
		retry  Retry
		method string
		number int
		outcome
		wait  time.Duration
		again bool
	}{
		"default status":           {Retry{}, "GET", 1, outcome{answer: busy("")}, time.Second, true},
		"last of the default":      {Retry{}, "GET", 3, outcome{answer: busy("")}, time.Second, true},
		"beyond the default":       {Retry{}, "GET", 4, outcome{answer: busy("")}, 0, false},
		"beyond the maximum":       {Retry{Max: 1}, "GET", 2, outcome{answer: busy("")}, 0, false},
		"500 is no default":        {Retry{}, "GET", 1, outcome{answer: answer{status: 500}}, 0, false},
		"500 named":                {Retry{Status: Statuses{{500, 599}}}, "POST", 1, outcome{answer: answer{status: 500}}, time.Second, true},
		"retry after seconds":      {Retry{}, "GET", 1, outcome{answer: busy("7")}, 7 * time.Second, true},
		"retry after a date":       {Retry{}, "GET", 1, outcome{answer: busy("Thu, 31 Jan 2030 06:00:09 GMT")}, 9 * time.Second, true},
		"retry after a past date":  {Retry{}, "GET", 1, outcome{answer: busy("Thu, 31 Jan 2030 05:00:00 GMT")}, time.Second, true},
		"retry after a day":        {Retry{}, "GET", 1, outcome{answer: busy("86400")}, 5 * time.Minute, true},
		"retry after nonsense":     {Retry{}, "GET", 1, outcome{answer: busy("-5 s")}, time.Second, true},
		"delay above retry after":  {Retry{Delay: step.Duration(time.Minute)}, "GET", 1, outcome{answer: busy("7")}, time.Minute, true},
		"broken get":               {Retry{}, "GET", 1, outcome{err: broken, sent: true}, time.Second, true},
		"broken put":               {Retry{}, "PUT", 1, outcome{err: broken, sent: true}, time.Second, true},
		"broken post, sent":        {Retry{}, "POST", 1, outcome{err: broken, sent: true}, 0, false},
		"broken post, unsent":      {Retry{}, "POST", 1, outcome{err: broken}, time.Second, true},
		"broken unknown, sent":     {Retry{}, "MKCOL", 1, outcome{err: broken, sent: true}, 0, false},
		"broken post, any":         {Retry{Connection: ConnectionAny}, "POST", 1, outcome{err: broken, sent: true}, time.Second, true},
		"broken get, unsent only":  {Retry{Connection: ConnectionUnsent}, "GET", 1, outcome{err: broken, sent: true}, 0, false},
		"broken get, none":         {Retry{Connection: ConnectionNone}, "GET", 1, outcome{err: broken}, 0, false},
		"the disk is full":         {Retry{}, "GET", 1, outcome{err: diskError{broken}, sent: true}, 0, false},
		"a redirect was refused":   {Retry{}, "GET", 1, outcome{err: refusal{"elsewhere"}, sent: true}, 0, false},
		"broken, its status known": {Retry{Connection: ConnectionNone}, "GET", 1, outcome{answer: busy(""), err: broken}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			wait, again := c.retry.withDefaults(c.method).next(c.number, c.outcome, now)
			if wait != c.wait || again != c.again {
				t.Errorf("got %s, %v; want %s, %v", wait, again, c.wait, c.again)
			}
		})
	}
}

func TestTriesUntilTheServerIsWell(t *testing.T) {
	var asked atomic.Int32
	keys := make(chan string, 9)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header.Get("Idempotency-Key")
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "whole" {
			t.Errorf("the body is %q, %v", body, err)
		}
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	d := newDesk(t)
	d.write("f", "whole")
	if _, err := d.do(Settings{URL: url, Method: "POST", File: "f", Retry: &Retry{Delay: soon}}); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 3 {
		t.Fatalf("%d tries", n)
	}
	first := <-keys
	if len(first) < 20 || first != <-keys || first != <-keys {
		t.Errorf("the idempotency key %q is not the same in each try", first)
	}
	if said := d.log.String(); !strings.Contains(said, "503 Service Unavailable, 0 bytes") || !strings.Contains(said, "again in 1ms (try 3 of 4)") {
		t.Errorf("the log says %s", said)
	}
}

func TestWithoutRetryThereIsOneTry(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.Header.Get("Idempotency-Key") != "" {
			t.Error("a key without a retry")
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err := newDesk(t).do(Settings{URL: url, Method: "POST"})
	refuses(t, err, "503")
	if n := asked.Load(); n != 1 {
		t.Errorf("%d tries", n)
	}
}

// breaking serves connections that end after the request was read.
func breaking(t *testing.T, asked *atomic.Int32) string {
	return serve(t, func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler)
	})
}

func TestBrokenConnectionIsTriedAgainWhereThatIsSafe(t *testing.T) {
	for name, c := range map[string]struct {
		method     string
		connection string
		want       int32
	}{
		"get":       {"GET", "", 3},
		"post":      {"POST", "", 1},
		"post, any": {"POST", ConnectionAny, 3},
		"get, none": {"GET", ConnectionNone, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			_, err := newDesk(t).do(Settings{
				URL: breaking(t, &asked), Method: c.method,
				Retry: &Retry{Max: 2, Delay: soon, Connection: c.connection},
			})
			refuses(t, err, "EOF")
			if n := asked.Load(); n != c.want {
				t.Errorf("%d tries, want %d", n, c.want)
			}
		})
	}
}

func TestRefusedConnectionIsTriedAgainForPost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	_, err = d.do(Settings{URL: url, Method: "POST", Retry: &Retry{Max: 2, Delay: soon}})
	refuses(t, err, "connection refused")
	if n := strings.Count(d.log.String(), "POST "); n != 3 {
		t.Errorf("%d tries: %s", n, &d.log)
	}
}
