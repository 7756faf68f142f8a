package daemon

import (
	"errors"
	"fmt"
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

// circles are the places of a text by which pipelines would follow from each
// other for ever: certainly, for each of them waits for a success, or is started
// by a step. In a row with another status it is up to the runs; what closes the
// circle is then skipped. Here only triggers of others are known: the rest was
// looked for when the text was checked, and is refused by a run that comes to it.
func circles(tx *store.Tx, source *config.Source) (config.Problems, error) {
	return source.Circles(func(name string) ([]config.Lead, error) { return waiting(tx, source, name) })
}

// afterSuccess reports whether a trigger waits for every success.
func afterSuccess(a *config.After) bool { return a.Counts("success", nil) }

// subscriptions know which triggers wait for the ends of a pipeline.
type subscriptions interface {
	Followers(upstream string) ([]store.Trigger, error)
	Pipeline(id uint64) (store.Pipeline, error)
}

// waiting are the leads to the triggers that wait for a pipeline: those of a text
// that is about to be the current one, instead of those of its pipeline now.
func waiting(known subscriptions, source *config.Source, name string) (all []config.Lead, err error) {
	followers, err := known.Followers(name)
	if err != nil {
		return nil, err
	}
	for _, t := range followers {
		p, err := known.Pipeline(t.Pipeline)
		if err != nil {
			return nil, err
		}
		if p.Name != source.Pipeline.Name && afterSuccess(t.After) {
			all = append(all, config.Lead{From: name, To: p.Name})
		}
	}
	for _, l := range source.Pipeline.Leads() {
		if l.From == name && !l.Step {
			all = append(all, l)
		}
	}
	return all, nil
}

// neighbours are the pipelines around a text that is about to be the current
// one of its pipeline.
type neighbours struct {
	texts  *texts
	view   *store.View
	source *config.Source
}

// leads are those that go out from a pipeline.
func (n *neighbours) leads(name string) ([]config.Lead, error) {
	definition, err := n.definition(name)
	if err != nil {
		return nil, err
	}
	all, err := waiting(n.view, n.source, name)
	for _, l := range definition.Leads() {
		if l.Step {
			all = append(all, l)
		}
	}
	return all, err
}

// definition is what a pipeline of the name does; one that is not there, or
// whose text cannot be read, does nothing.
func (n *neighbours) definition(name string) (*config.Pipeline, error) {
	if name == n.source.Pipeline.Name {
		return &n.source.Pipeline, nil
	}
	p, err := n.view.PipelineNamed(name)
	if errors.Is(err, store.ErrNotFound) {
		return &config.Pipeline{}, nil
	}
	if err != nil {
		return nil, err
	}
	definition, err := n.texts.passing(n.view, p)
	if _, wrong := errors.AsType[config.Problems](err); wrong {
		return &config.Pipeline{}, nil
	}
	return definition, err
}
