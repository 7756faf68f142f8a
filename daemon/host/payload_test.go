package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
)

// A payload is there before the plugin is, for the daemon's account alone; in a
// directory that is used again nothing of one before is left.
func TestAPayloadLiesWithItsAttemptAlone(t *testing.T) {
	dir := t.TempDir()
	spares, err := openSpares(filepath.Join(dir, "spare"))
	if err != nil {
		t.Fatal(err)
	}
	h := &Host{spares: spares}
	attempt := func(name, payload string) string {
		place := filepath.Join(dir, "attempts", name)
		fresh, err := h.prepare(Attempt{Directory: place, Payload: payload, Request: protocol.Request{Attempt: name}})
		if err != nil || !fresh {
			t.Fatalf("%s: fresh %v, %v", name, fresh, err)
		}
		return filepath.Join(place, protocol.PayloadFile)
	}
	first := attempt("1", strings.Repeat("long", 1000))
	info, err := os.Stat(first)
	if err != nil || info.Mode() != 0o600 || info.Size() != 4000 {
		t.Fatalf("%+v, %v", info, err)
	}
	if err := h.Discard(filepath.Dir(first)); err != nil {
		t.Fatal(err)
	}
	if len(spares.free) != 1 {
		t.Fatalf("%d directories are kept, want 1", len(spares.free))
	}
	if without := attempt("2", ""); isThere(without) {
		t.Error("an attempt without a payload finds that of another")
	}
	if err := h.Discard(filepath.Join(dir, "attempts", "2")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(attempt("3", "short")); string(text) != "short" {
		t.Errorf("the payload is %.20q, %v", text, err)
	}
}
