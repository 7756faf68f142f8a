package http

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

// A desk is a workspace and what an exchange in it said.
type desk struct {
	*testing.T
	root      *os.Root
	workspace string
	log       bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, workspace: t.TempDir()}
	var err error
	if d.root, err = os.OpenRoot(d.workspace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.root.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) write(name, content string) {
	d.Helper()
	path := filepath.Join(d.workspace, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
}

// holds checks a file of the workspace, and that it is the only one.
func (d *desk) holds(name, content string) {
	d.Helper()
	text, err := os.ReadFile(filepath.Join(d.workspace, name))
	if err != nil || string(text) != content {
		d.Errorf("%s holds %q, %v; want %q", name, text, err, content)
	}
	entries, err := os.ReadDir(filepath.Dir(filepath.Join(d.workspace, name)))
	if err != nil || len(entries) != 1 {
		d.Errorf("beside %s there are %v, %v", name, entries, err)
	}
}

// do performs the exchange and answers how it is judged.
func (d *desk) do(s Settings) (outcome, error) {
	d.Helper()
	if err := s.Validate(); err != nil {
		d.Fatalf("the settings are bad: %v", err)
	}
	e, err := newExchange(s, d.root, "", &d.log)
	if err != nil {
		return outcome{}, err
	}
	o, err := e.perform(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return o, e.judge(o)
}

// serve starts a server that ends with the test.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func refuses(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in the error", err, want)
	}
}

func text(s string) *string { return &s }

func TestRequestIsWhatTheSettingsSay(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		want     string // method, host, Content-Type, length, body
	}{
		"get":          {Settings{}, "GET, -1, , "},
		"lower case":   {Settings{Method: "delete"}, "DELETE, -1, , "},
		"body":         {Settings{Method: "POST", Body: text("v=7")}, "POST, 3, text/plain; charset=utf-8, v=7"},
		"empty body":   {Settings{Method: "POST", Body: text("")}, "POST, 0, text/plain; charset=utf-8, "},
		"json":         {Settings{Method: "POST", JSON: map[string]any{"a": 1}}, `POST, 7, application/json, {"a":1}`},
		"file":         {Settings{Method: "PUT", File: "in.bin"}, "PUT, 17, application/octet-stream, content of a file"},
		"empty file":   {Settings{Method: "PUT", File: "empty"}, "PUT, 0, application/octet-stream, "},
		"own kind":     {Settings{Method: "PUT", File: "in.bin", Headers: map[string]string{"content-type": "text/x"}}, "PUT, 17, text/x, content of a file"},
		"user":         {Settings{Auth: &Auth{Username: "u", Password: "p"}}, "GET, -1, , Basic dTpw"},
		"token":        {Settings{Auth: &Auth{Token: "t"}}, "GET, -1, , Bearer t"},
		"another host": {Settings{Headers: map[string]string{"Host": "a.example"}}, "GET, -1, , a.example"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				length := r.Header.Get("Content-Length")
				if length == "" {
					length = "-1"
				}
				said := string(body) + r.Header.Get("Authorization")
				if !strings.HasPrefix(r.Host, "127.0.0.1:") {
					said += r.Host
				}
				w.Write([]byte(strings.Join([]string{r.Method, length, r.Header.Get("Content-Type"), said}, ", ")))
			})
			d := newDesk(t)
			d.write("in.bin", "content of a file")
			d.write("empty", "")
			c.settings.URL = url
			o, err := d.do(c.settings)
			if err != nil || string(o.answer.kept) != c.want {
				t.Errorf("the server saw %q, %v; want %q", o.answer.kept, err, c.want)
			}
		})
	}
}

func TestStatusDecides(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		expected Statuses
		want     string // in the error; "" is success
	}{
		"default":        {204, nil, ""},
		"default, no":    {404, nil, "404 Not Found, expected 2xx: gone for ever"},
		"named":          {404, Statuses{{404, 404}}, ""},
		"named, no":      {200, Statuses{{201, 204}, {404, 404}}, "200 OK, expected 201-204, 404: gone"},
		"unknown to us":  {599, nil, "599, expected 2xx"},
		"redirect alone": {304, Statuses{{304, 304}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				if c.status != 204 && c.status != 304 {
					io.WriteString(w, "gone \n for ever\n")
				}
			})
			_, err := newDesk(t).do(Settings{URL: url, Status: c.expected})
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refuses(t, err, c.want)
			if _, is := err.(*step.Failure); !is {
				t.Errorf("%T is no failure of the work", err)
			}
		})
	}
}

func TestTryHasATimeout(t *testing.T) {
	for name, handle := range map[string]func(http.ResponseWriter){
		"no answer":   func(http.ResponseWriter) {},
		"half a body": func(w http.ResponseWriter) { io.WriteString(w, "half"); w.(http.Flusher).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				handle(w)
				<-r.Context().Done()
			})
			_, err := newDesk(t).do(Settings{URL: url, Timeout: step.Duration(100 * time.Millisecond)})
			refuses(t, err, "no whole answer within 100ms")
		})
	}
}

func TestCancelEndsTheTryWithItsCause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	d := newDesk(t)
	e, err := newExchange(Settings{URL: url, Retry: &Retry{}}, d.root, "", &d.log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.perform(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestUnixSocket(t *testing.T) {
	directory, err := os.MkdirTemp("", "http") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	socket := filepath.Join(directory, "s")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host)
	}))
	server.Listener.Close()
	if server.Listener, err = net.Listen("unix", socket); err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	o, err := newDesk(t).do(Settings{URL: "http://engine/info", UnixSocket: socket})
	if err != nil || string(o.answer.kept) != "engine" {
		t.Errorf("got %q, %v", o.answer.kept, err)
	}
}
