package daemon

import (
	"fmt"
	"sync"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// texts remembers the plans of the revisions that were run lately: a revision
// never changes, so neither does what was resolved from it.
type texts struct {
	mu    sync.Mutex // protects the fields below
	plans map[revisionID]run.Plan
}

type revisionID struct{ pipeline, revision uint64 }

// maxPlans bounds the memory; one too many empties it.
const maxPlans = 64

func newTexts() *texts { return &texts{plans: map[revisionID]run.Plan{}} }

// plan resolves the current revision of p.
func (t *texts) plan(view *store.View, p store.Pipeline) (run.Plan, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := revisionID{p.ID, p.Revision}
	if plan, ok := t.plans[id]; ok {
		return plan, nil
	}
	revision, err := view.Revision(p.ID, p.Revision)
	if err != nil {
		return run.Plan{}, err
	}
	source, err := config.ParsePipeline(fmt.Sprintf("%s@%d", p.Name, p.Revision), []byte(revision.Text))
	if err != nil {
		return run.Plan{}, err
	}
	if len(t.plans) >= maxPlans {
		clear(t.plans)
	}
	t.plans[id] = planOf(&source.Pipeline)
	return t.plans[id], nil
}
