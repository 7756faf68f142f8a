package daemon

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
)

// amongOthers holds a text against the other pipelines: it refuses what cannot
// be because of them, and notes what may be right once they are there.
func amongOthers(tx *store.Tx, source *config.Source) (notes []string, err error) {
	problems, err := circles(tx, source)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for _, named := range namedBy(&source.Pipeline) {
		_, err := tx.PipelineNamed(named.pipeline)
		switch {
		case errors.Is(err, store.ErrNotFound) && named.pipeline != source.Pipeline.Name:
			notes = append(notes, fmt.Sprintf("%s: there is no pipeline %q yet", named.by, named.pipeline))
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
	}
	return notes, nil
}

// naming is a place in a text that names a pipeline.
type naming struct{ by, pipeline string }

func namedBy(p *config.Pipeline) (all []naming) {
	for i := range p.Triggers {
		if t := &p.Triggers[i]; t.Kind == config.AfterPipeline {
			all = append(all, naming{"trigger " + t.Name, t.After.Pipeline})
		}
	}
	for _, stage := range p.Stages {
		for i := range stage.Steps {
			s := &stage.Steps[i]
			name, ok := s.With["pipeline"].(string)
			if ok && s.Uses == config.DownstreamType && !strings.Contains(name, "{{") {
				all = append(all, naming{"step " + stage.Name + "/" + s.Name, name})
			}
		}
	}
	return all
}

// circles are the triggers of a text by which pipelines would follow from each
// other for ever: certainly, for each of them waits for a success. In a row with
// another status it is up to the runs; what closes the circle is then skipped.
func circles(tx *store.Tx, source *config.Source) (config.Problems, error) {
	var problems config.Problems
	for i := range source.Pipeline.Triggers {
		t := &source.Pipeline.Triggers[i]
		if t.Kind != config.AfterPipeline || !afterSuccess(&t.After) {
			continue
		}
		w := way{tx: tx, to: source.Pipeline.Name, seen: map[string]bool{}}
		row, err := w.from(t.After.Pipeline)
		if err != nil {
			return nil, err
		}
		if row != nil {
			slices.Reverse(row)
			problems = append(problems, source.Problem(fmt.Sprintf("trigger[%d].after", i), fmt.Sprintf(
				"the trigger closes a circle of pipelines that follow from each other: %s → %s; leave one of their triggers out",
				strings.Join(row, " → "), source.Pipeline.Name)))
		}
	}
	return problems, nil
}

func afterSuccess(a *config.After) bool { return slices.Contains(a.Statuses, "success") }

// way is a search for the pipelines that the runs of a pipeline follow from.
type way struct {
	tx   *store.Tx
	to   string
	seen map[string]bool
}

// from is the row of pipelines from one up to that which is searched for; nil
// where there is none.
func (w *way) from(name string) ([]string, error) {
	if name == w.to {
		return []string{name}, nil
	}
	if w.seen[name] {
		return nil, nil
	}
	w.seen[name] = true
	p, err := w.tx.PipelineNamed(name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	triggers, err := w.tx.TriggersOf(p.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range triggers {
		if t.Kind != config.AfterPipeline || !afterSuccess(t.After) {
			continue
		}
		if row, err := w.from(t.After.Pipeline); row != nil || err != nil {
			return append([]string{name}, row...), err
		}
	}
	return nil, nil
}
