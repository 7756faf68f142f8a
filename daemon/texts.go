package daemon

import (
	"fmt"
	"sync"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
)

// texts remembers the definitions of the revisions that were run lately: a
// revision never changes, so neither does what was read from it.
type texts struct {
	mu          sync.Mutex // protects the field below
	definitions map[revisionID]*config.Pipeline
}

type revisionID struct{ pipeline, revision uint64 }

// maxDefinitions bounds the memory; one too many empties it.
const maxDefinitions = 64

func newTexts() *texts { return &texts{definitions: map[revisionID]*config.Pipeline{}} }

// definition reads the current revision of p. Nobody may change it.
func (t *texts) definition(view *store.View, p store.Pipeline) (*config.Pipeline, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := revisionID{p.ID, p.Revision}
	if definition, ok := t.definitions[id]; ok {
		return definition, nil
	}
	revision, err := view.Revision(p.ID, p.Revision)
	if err != nil {
		return nil, err
	}
	source, err := config.ParsePipeline(fmt.Sprintf("%s@%d", p.Name, p.Revision), []byte(revision.Text))
	if err != nil {
		return nil, err
	}
	if len(t.definitions) >= maxDefinitions {
		clear(t.definitions)
	}
	t.definitions[id] = &source.Pipeline
	return &source.Pipeline, nil
}
