package http

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestAnswerIsSavedWhole(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "new") })
	for _, name := range []string{"out", "deep/er/out", "./a/../a/out"} {
		d := newDesk(t)
		o, err := d.do(Settings{URL: url, Save: name})
		if err != nil || !o.answer.saved || o.answer.size != 3 {
			t.Errorf("%s: %+v, %v", name, o.answer, err)
		}
		d.holds(name, "new")
	}
}

func TestAnswerThatBreaksOffChangesNoFile(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, strings.Repeat("x", 50000))
	})
	d := newDesk(t)
	d.write("out", "old")
	_, err := d.do(Settings{URL: url, Save: "out"})
	refuses(t, err, "the answer (200) broke off")
	d.holds("out", "old")

	_, err = d.do(Settings{URL: url})
	refuses(t, err, "the answer (200) broke off")
}

func TestUnexpectedAnswerIsNotSaved(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, "no")
	})
	d := newDesk(t)
	d.write("out", "old")
	_, err := d.do(Settings{URL: url, Save: "out"})
	refuses(t, err, "500 Internal Server Error, expected 2xx: no")
	d.holds("out", "old")
}

func TestNothingLeavesTheWorkspaceThroughLinks(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "new") })
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	for link, target := range map[string]string{"dir": outside, "link": secret} {
		if err := os.Symlink(target, filepath.Join(d.workspace, link)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.do(Settings{URL: url, Save: "dir/secret"})
	refuses(t, err, "save dir/secret")
	if _, err := d.do(Settings{URL: url, Save: "link"}); err != nil {
		t.Error(err)
	}
	for _, file := range []string{"dir/secret", "dir/../../secret"} {
		_, err = newExchange(Settings{URL: url, Method: "PUT", File: file}, d.root, "", &d.log)
		refuses(t, err, "escapes")
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "old" {
		t.Errorf("the file outside holds %q, %v", text, err)
	}
	if text, err := os.ReadFile(filepath.Join(d.workspace, "link")); err != nil || string(text) != "new" {
		t.Errorf("the saved file holds %q, %v", text, err)
	}
}

func TestSaveFailsOnceWhereTheDiskSaysNo(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "new") })
	d := newDesk(t)
	d.write("out/there", "a directory is in the way")
	_, err := d.do(Settings{URL: url, Save: "out", Retry: &Retry{Delay: soon}})
	refuses(t, err, "save out")
	if n := strings.Count(d.log.String(), "GET "); n != 1 {
		t.Errorf("%d tries: %s", n, &d.log)
	}
	d.holds("out/there", "a directory is in the way")
}

func TestBodyFileMustBeARegularFile(t *testing.T) {
	d := newDesk(t)
	if err := syscall.Mkfifo(filepath.Join(d.workspace, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pipe": "no regular file", ".": "no regular file", "none": "no such file"} {
		_, err := newExchange(Settings{URL: "http://127.0.0.1", Method: "PUT", File: name}, d.root, "", &d.log)
		refuses(t, err, want)
	}
}

func TestMemoryDoesNotGrowWithTheBodies(t *testing.T) {
	const size = 64 << 20
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != size {
			t.Errorf("received %d bytes, %v", n, err)
		}
		io.CopyN(w, zeros{}, size)
	})
	d := newDesk(t)
	d.write("in", "")
	if err := os.Truncate(filepath.Join(d.workspace, "in"), size); err != nil {
		t.Fatal(err)
	}
	for name, save := range map[string]string{"saved": "out", "kept": ""} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o, err := d.do(Settings{URL: url, Method: "PUT", File: "in", Save: save})
		runtime.ReadMemStats(&after)
		if err != nil || o.answer.size != size || len(o.answer.kept) > MaxBody {
			t.Errorf("%s: %d bytes, %d kept, %v", name, o.answer.size, len(o.answer.kept), err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > size/8 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
