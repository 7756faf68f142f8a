package daemon

import (
	"container/list"
	"fmt"
	"sync"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
)

// texts remembers the definitions of the revisions that were run lately: a
// revision never changes, so neither does what was read from it. What it holds
// is bounded by the texts: ten thousand pipelines that are due in a row pass
// through it, and those that are due every minute stay.
type texts struct {
	mu     sync.Mutex // protects the fields below
	read   map[revisionID]*list.Element
	lately *list.List // of *text, the latest first
	bytes  int        // of the texts in it
}

type revisionID struct{ pipeline, revision uint64 }

// text is a definition with the size of what it was read from.
type text struct {
	revisionID
	definition *config.Pipeline
	bytes      int
}

// maxTexts bounds the bytes of the texts whose definitions are remembered. A
// definition takes some ten times its text.
const maxTexts = 4 << 20

func newTexts() *texts { return &texts{read: map[revisionID]*list.Element{}, lately: list.New()} }

// definition reads the current revision of p. Nobody may change it.
func (t *texts) definition(view *store.View, p store.Pipeline) (*config.Pipeline, error) {
	one, err := t.look(view, p)
	if err != nil {
		return nil, err
	}
	t.add(one)
	return one.definition, nil
}

// passing is definition for who looks at all pipelines in a row: what it reads
// drives nothing out that is asked for often.
func (t *texts) passing(view *store.View, p store.Pipeline) (*config.Pipeline, error) {
	one, err := t.look(view, p)
	if err != nil {
		return nil, err
	}
	return one.definition, nil
}

func (t *texts) look(view *store.View, p store.Pipeline) (*text, error) {
	id := revisionID{p.ID, p.Revision}
	if known := t.find(id); known != nil {
		return known, nil
	}
	revision, err := view.Revision(p.ID, p.Revision)
	if err != nil {
		return nil, err
	}
	source, err := config.ParsePipeline(fmt.Sprintf("%s@%d", p.Name, p.Revision), []byte(revision.Text))
	if err != nil {
		return nil, err
	}
	// A pointer into the source would keep all of it, which is much more.
	definition := source.Pipeline
	return &text{id, &definition, len(revision.Text)}, nil
}

func (t *texts) find(id revisionID) *text {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.read[id]
	if !ok {
		return nil
	}
	t.lately.MoveToFront(e)
	return e.Value.(*text)
}

// add remembers one, and forgets those that were not asked for the longest.
func (t *texts) add(one *text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.read[one.revisionID]; known {
		return // two have read it at the same time
	}
	t.read[one.revisionID] = t.lately.PushFront(one)
	for t.bytes += one.bytes; t.bytes > maxTexts; {
		old := t.lately.Remove(t.lately.Back()).(*text)
		delete(t.read, old.revisionID)
		t.bytes -= old.bytes
	}
}
