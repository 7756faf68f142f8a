package steptest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// sdkAlone is enough for what the SDK promises: ten seconds. One plugin of the
// SDK stands for all.
const (
	sdkAlone = 20 * time.Second
	notAlone = -1
)

// build makes the plugin of that type from a package of this module; overlay
// is as in go help build, or nothing.
func build(t *testing.T, kind, pkg, overlay string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), protocol.BinaryPrefix+kind)
	arguments := []string{"build", "-o", binary}
	if overlay != "" {
		arguments = append(arguments, "-overlay", overlay)
	}
	said, err := exec.Command("go", append(arguments, pkg)...).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, said)
	}
	return binary
}

// builtin makes a built-in step's plugin.
func builtin(t *testing.T, kind string) string {
	t.Helper()
	return build(t, kind, "github.com/penstock/penstock/plugins/"+kind+"/"+protocol.BinaryPrefix+kind, "")
}

func TestSleep(t *testing.T) {
	t.Parallel()
	Run(t, Suite{
		Binary: builtin(t, "sleep"),
		Good:   map[string]any{"for": "10ms"},
		Bad:    []map[string]any{{}, {"for": 10}, {"for": "-1s"}, {"for": "1s", "until": "2030-01-31T06:00:00Z"}, {"until": "tomorrow"}},
		Long:   map[string]any{"for": "1h"},
		Log:    "sleeping for 10ms\n",
		Alone:  sdkAlone,
	})
}

func TestShell(t *testing.T) {
	t.Parallel()
	Run(t, Suite{
		Binary: builtin(t, "shell"),
		Good: map[string]any{"script": `printf x >> effects
echo hello
echo said=hello >> "$PENSTOCK_OUTPUT"`},
		Bad:      []map[string]any{{}, {"script": 7}, {"script": "true", "command": "true"}, {"script": "true", "shell": []any{}}},
		Long:     map[string]any{"script": "sleep 3600 & sleep 3600; wait"},
		Fails:    map[string]any{"script": "exit 3"},
		Stubborn: map[string]any{"script": `trap "" TERM; while :; do sleep 3600; done`},
		Flood:    map[string]any{"script": "yes 0123456789012345678901234567890123456789 | head -c 8000000"},
		Talks:    map[string]any{"script": "for i in $(seq 20); do sleep 0.1; echo $i; done"},
		Cleans:   map[string]any{"script": "sleep 3600", "after_script": `trap "" TERM; while :; do sleep 3600; done`},
		Outputs:  map[string]string{"said": "hello"},
		Log:      "hello\n",
		Alone:    notAlone,
		Count:    effects(t),
	})
}

// A hall counts the requests of each workspace, which it knows by the body.
type hall struct {
	mu    sync.Mutex
	asked map[string]int
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/hang":
		<-r.Context().Done()
	case "/good":
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked[string(body)]++
		w.Header().Set("ETag", "v7")
		w.WriteHeader(http.StatusCreated)
		// What the client does not read is its own affair.
		io.WriteString(w, "hello\n")
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (h *hall) count(workspace string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[workspace]
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	h := &hall{asked: map[string]int{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	Run(t, Suite{
		Binary: builtin(t, "http"),
		Good: map[string]any{
			"method": "POST", "url": server.URL + "/good", "file": "who", "status": []any{201}, "outputs": map[string]any{"etag": "ETag"},
		},
		Bad:     []map[string]any{{}, {"url": "ftp://a"}, {"url": server.URL, "status": 99}, {"url": server.URL, "body": "x"}},
		Long:    map[string]any{"url": server.URL + "/hang"},
		Fails:   map[string]any{"url": server.URL + "/missing"},
		Outputs: map[string]string{"status": "201", "body": "hello", "etag": "v7"},
		Log:     "  201 Created, 6 bytes, ",
		Count:   h.count,
		Alone:   notAlone,
		Prepare: func(t *testing.T, workspace string) {
			if err := os.WriteFile(filepath.Join(workspace, "who"), []byte(workspace), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// listing answers the first block of Go in a page of Markdown.
func listing(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```go\n")
	code, _, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no block of Go", page)
	}
	return code
}

// TestListingOfTheReadmeIsAPlugin builds what the page tells authors to write,
// unchanged, and holds it to the contract.
func TestListingOfTheReadmeIsAPlugin(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(listing(t, "../README.md")), 0o600); err != nil {
		t.Fatal(err)
	}
	place, err := filepath.Abs("../listing")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(place, "main.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	server := listener.Addr().String()
	Run(t, Suite{
		Binary:  build(t, "reach", "github.com/penstock/penstock/plugins/listing", file),
		Good:    map[string]any{"address": server},
		Bad:     []map[string]any{{}, {"address": "db"}, {"address": "db:1", "within": "-1s"}, {"adress": "db:1"}},
		Long:    map[string]any{"address": "127.0.0.1:1"},
		Fails:   map[string]any{"address": "127.0.0.1:1", "within": "10ms"},
		Outputs: map[string]string{"tries": "1"},
		Log:     server + " takes connections\n",
		Alone:   notAlone,
	})
}
