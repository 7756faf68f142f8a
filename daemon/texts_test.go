package daemon

import (
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
)

func TestDefinitionsThatPassThroughLeaveThoseThatAreAskedForOften(t *testing.T) {
	texts := newTexts()
	often := &config.Pipeline{Name: "often"}
	texts.add(&text{revisionID{1, 1}, often, 1000})
	for n := range uint64(10_000) {
		texts.add(&text{revisionID{2 + n, 1}, &config.Pipeline{}, 1000})
		if n%1000 == 0 && texts.find(revisionID{1, 1}).definition != often {
			t.Fatalf("after %d others it is forgotten", n)
		}
		if texts.bytes > maxTexts || texts.bytes != 1000*len(texts.read) || texts.lately.Len() != len(texts.read) {
			t.Fatalf("%d bytes of %d texts, %d in order", texts.bytes, len(texts.read), texts.lately.Len())
		}
	}
	if texts.find(revisionID{2, 1}) != nil || texts.find(revisionID{10_001, 1}) == nil {
		t.Error("it forgets the latest, not the oldest")
	}
}

func TestADefinitionIsReadOnceForItsRevision(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	p, first, err := h.d.current("nightly")
	if err != nil {
		t.Fatal(err)
	}
	if _, again, _ := h.d.current("nightly"); again != first {
		t.Error("it was read twice")
	}
	h.apply(strings.Replace(one("nightly", "true"), "main", "other", 1))
	if q, next, _ := h.d.current("nightly"); next == first || q.Revision != p.Revision+1 || next.Stages[0].Name != "other" {
		t.Error("a new revision is answered with the old text")
	}
}

// TestADefinitionKeepsNothingOfItsSource bounds what one costs that is
// remembered: with the tree of its text it takes three times as much.
func TestADefinitionKeepsNothingOfItsSource(t *testing.T) { // alone: others use the heap as well
	s, err := store.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tx := s.Begin()
	p := store.Pipeline{ID: 1, Name: "nightly", Revision: 1}
	tx.PutRevision(p.ID, store.Revision{Revision: p.Revision, Text: one("nightly", "true")})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	view := s.View()
	defer view.Close()
	const many = 1000
	kept := make([]*config.Pipeline, many)
	before := inUse()
	for i := range kept {
		one, err := newTexts().passing(view, p)
		if err != nil {
			t.Fatal(err)
		}
		kept[i] = one
	}
	each := (inUse() - before) / many
	runtime.KeepAlive(kept)
	t.Logf("a definition takes %d bytes", each)
	if each > 3<<10 {
		t.Errorf("a definition of a step takes %d bytes", each)
	}
}

// inUse is the bytes of the heap that something points to.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
