package daemon

import (
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
)

func TestDefinitionsThatPassThroughLeaveThoseThatAreAskedForOften(t *testing.T) {
	texts := newTexts()
	often := &config.Pipeline{Name: "often"}
	texts.add(&text{revisionID{1, 1}, often, 1000})
	for n := range uint64(10_000) {
		texts.add(&text{revisionID{2 + n, 1}, &config.Pipeline{}, 1000})
		if n%1000 == 0 && texts.find(revisionID{1, 1}) != often {
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
