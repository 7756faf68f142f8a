package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelinePause pauses a pipeline, a stage or a step.
func (d *Daemon) PipelinePause(ctx context.Context, q *rpc.PipelinePauseRequest) (*rpc.PipelinePausesResponse, error) {
	pause, err := newPause(ctx, q.Reason, q.Until)
	if err != nil {
		return nil, err
	}
	pause.Part = store.Part{Stage: q.Stage, Step: q.Step}
	id, err := d.findPart(q.Name, pause.Part)
	if err != nil {
		return nil, err
	}
	if err := d.engine.Pause(ctx, id, pause); err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Name))
	}
	return d.pauses(q.Name)
}

// newPause is a pause, or a freeze, that the caller wants from now on; until nil
// is for good.
func newPause(ctx context.Context, reason string, until *time.Time) (store.Pause, error) {
	who, _ := actor(ctx)
	p := store.Pause{Actor: who, At: time.Now(), Reason: reason}
	if until != nil {
		p.Until = *until
	}
	if p.Over(p.At) {
		return p, rpc.Errorf(rpc.CodeInvalid, "until %s: that is past already", p.Until.Format(time.RFC3339))
	}
	return p, checkNote(reason)
}

// PipelineResume takes a pause back.
func (d *Daemon) PipelineResume(ctx context.Context, q *rpc.PipelineResumeRequest) (*rpc.PipelinePausesResponse, error) {
	part := store.Part{Stage: q.Stage, Step: q.Step}
	id, err := d.pipelineID(q.Name)
	if err != nil {
		return nil, err
	}
	err = d.engine.Resume(ctx, id, part)
	if errors.Is(err, engine.ErrNotPaused) {
		return d.unpaused(q.Name, part)
	}
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Name))
	}
	d.resumed()
	return d.pauses(q.Name)
}

// unpaused says that a part has no pause to take back. A pause may outlive the
// part, so that only here it matters whether the text has it.
func (d *Daemon) unpaused(name string, part store.Part) (*rpc.PipelinePausesResponse, error) {
	if _, err := d.findPart(name, part); err != nil {
		return nil, err
	}
	answer, err := d.pauses(name)
	if err == nil {
		answer.Unchanged = true
	}
	return answer, err
}

// partName names a part as people do: nightly, nightly/deploy/prod.
func partName(pipeline string, part store.Part) string {
	for _, name := range []string{part.Stage, part.Step} {
		if name != "" {
			pipeline += "/" + name
		}
	}
	return pipeline
}

func (d *Daemon) pipelineID(name string) (uint64, error) {
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(name)
	return p.ID, failure(err, fmt.Sprintf("pipeline %q", name))
}

// findPart finds a pipeline whose current text has the part.
func (d *Daemon) findPart(name string, part store.Part) (uint64, error) {
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(name)
	if err != nil {
		return 0, failure(err, fmt.Sprintf("pipeline %q", name))
	}
	definition, err := d.texts.definition(view, p)
	if err != nil {
		return 0, failure(err, fmt.Sprintf("pipeline %q", name))
	}
	if !has(definition, part) {
		return 0, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no %s", name, partName("", part)[1:])
	}
	return p.ID, nil
}

// has reports whether a definition has a part.
func has(p *config.Pipeline, part store.Part) bool {
	if part == (store.Part{}) {
		return true
	}
	for _, stage := range p.Stages {
		if part.Stage != "" && stage.Name != part.Stage {
			continue
		}
		if part.Step == "" {
			return true
		}
		for _, step := range stage.Steps {
			if step.Name == part.Step {
				return true
			}
		}
	}
	return false
}

// pauses says what of a pipeline is paused now.
func (d *Daemon) pauses(name string) (*rpc.PipelinePausesResponse, error) {
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(name)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", name))
	}
	answer := &rpc.PipelinePausesResponse{Pipeline: name, Pauses: []rpc.Pause{}}
	answer.Pauses = append(answer.Pauses, pausesOf(&p)...)
	return answer, nil
}

// pausesOf lists the pauses of a pipeline that hold now.
func pausesOf(p *store.Pipeline) (all []rpc.Pause) {
	for _, one := range p.Paused(time.Now()) {
		all = append(all, pauseOf(one))
	}
	return all
}

// pauseOf is a pause as it is told.
func pauseOf(p store.Pause) rpc.Pause {
	return rpc.Pause{Stage: p.Stage, Step: p.Step, At: p.At, Actor: p.Actor, Reason: p.Reason, Until: account.Moment(p.Until)}
}
