package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// descent is the way from an attempt of a step to the run that it is to stand
// for. Texts and plugins are those of the moment: a retry starts what the
// pipeline has become since.
type descent struct {
	*Daemon
	attempt engine.Attempt
	asked   *config.Downstream
	parent  store.Run
	up      store.Upstream
}

// downstream makes the request for the run that an attempt stands for. The
// error says why there can be none.
func (d *Daemon) downstream(ctx context.Context, a engine.Attempt) (engine.StartRequest, error) {
	with, err := plan.Settings(a.Plan, a.Step, a.Outputs)
	if err != nil {
		return engine.StartRequest{}, &unreadyError{err}
	}
	s := descent{Daemon: d, attempt: a}
	if s.asked, err = config.ReadDownstream(with); err != nil {
		return engine.StartRequest{}, err
	}
	if err := s.descend(); err != nil {
		return engine.StartRequest{}, err
	}
	if s.asked.Pipeline != "" {
		return s.other()
	}
	return s.child(ctx)
}

// descend finds the place of the new run below its parent.
func (s *descent) descend() error {
	view := s.store.View()
	defer view.Close()
	parent, err := view.Run(s.attempt.Plan.RunID)
	if err != nil {
		return fmt.Errorf("the run of the step: %w", err)
	}
	s.parent = parent
	s.up = upstreamOf(&parent, s.attempt.Plan.AttemptName(s.attempt.Step, s.attempt.Number))
	s.up.Step, s.up.Attempt = s.attempt.Step, s.attempt.Number
	return nil
}

// other is a run of a pipeline of the daemon.
func (s *descent) other() (engine.StartRequest, error) {
	pipeline, definition, err := s.current(s.asked.Pipeline)
	if errors.Is(err, store.ErrNotFound) {
		return engine.StartRequest{}, fmt.Errorf("there is no pipeline %q", s.asked.Pipeline)
	}
	if err != nil {
		return engine.StartRequest{}, err
	}
	view := s.store.View()
	defer view.Close()
	if err := looped(view, &s.up, pipeline); err != nil {
		return engine.StartRequest{}, err
	}
	return s.resolve(pipeline, definition, store.ByPipeline, nil)
}

// child is a run by a text that the step holds, or that a step before it
// wrote: one of the parent's own pipeline.
func (s *descent) child(ctx context.Context) (engine.StartRequest, error) {
	if err := tooDeep(&s.up); err != nil {
		return engine.StartRequest{}, err
	}
	source, err := s.text(ctx)
	if err != nil {
		return engine.StartRequest{}, err
	}
	view := s.store.View()
	defer view.Close()
	pipeline, err := view.Pipeline(s.parent.Pipeline)
	if err != nil {
		return engine.StartRequest{}, fmt.Errorf("the pipeline of the run: %w", err)
	}
	definition := source.Pipeline
	definition.RunName = cmp.Or(definition.RunName, definition.Name)
	definition.Name, definition.Type = pipeline.Name, config.Dynamic // what it is given comes from the run around it
	pipeline.Revision = s.parent.Revision
	priority := s.parent.Priority
	if definition.Priority != 0 {
		priority = definition.Priority
	}
	return s.resolve(pipeline, &definition, store.ByParent, &priority)
}

// text is the text of a child, with the settings in it checked.
func (s *descent) text(ctx context.Context) (*config.Source, error) {
	if s.asked.File == "" {
		return s.check(ctx, config.ParseChild, "inline", s.asked.Inline)
	}
	text, err := s.read(s.asked.File)
	if err != nil {
		return nil, err
	}
	return s.check(ctx, config.ParseChild, s.asked.File, text)
}

func (s *descent) resolve(pipeline store.Pipeline, definition *config.Pipeline, source store.Source, priority *int) (engine.StartRequest, error) {
	variables, err := s.variables(definition.Type)
	if err != nil {
		return engine.StartRequest{}, err
	}
	return resolve(pipeline, definition, &request{
		cause:  store.Cause{Source: source, Actor: s.parent.Cause.Actor, UID: s.parent.Cause.UID, Upstream: &s.up},
		inputs: s.asked.Inputs, variables: variables, priority: priority,
		skipLocks: source == store.ByParent && s.parent.Cause.SkipLocks,
	})
}

// variables are what goes down: see plan.Forwarded. A standard pipeline takes
// nothing of the text: no value of it changes from run to run, and the author of
// the other text could not help that it has variables.
func (s *descent) variables(to config.Type) (map[string]string, error) {
	asked, a := *s.asked, &s.attempt
	asked.Forward.YAMLVariables = asked.Forward.YAMLVariables && to != config.Standard
	all, err := plan.Forwarded(a.Plan, a.Step, &asked, a.Variables, a.Outputs)
	if err != nil {
		return nil, &unreadyError{err}
	}
	return all, nil
}

// maxChildText bounds the text of a child in a file, in bytes: as any text of a
// pipeline.
const maxChildText = 256 << 10

// read reads a file in the workspace of the step. What lies there was made by
// steps: a link that leads out of the workspace, or what is no
// file, is refused.
func (s *descent) read(file string) (string, error) {
	a := &s.attempt
	root, err := os.OpenRoot(s.Daemon.attempts.ground(a.Plan, a.Step))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("file %s: no step has written anything into the workspace yet", file)
	}
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.OpenFile(file, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the workspace has no file %s: a step before this one has to write it", file)
	}
	if err != nil {
		return "", fmt.Errorf("file %s in the workspace: %w", file, opened(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("file %s in the workspace is no regular file (%s)", file, info.Mode().Type())
	case info.Size() > maxChildText:
		return "", fmt.Errorf("file %s has %d bytes; the text of a child has at most %d", file, info.Size(), maxChildText)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxChildText+1))
	return string(text), err
}

// opened is what went wrong with a file, without the call that found out.
func opened(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// unreadyError says that what a step reads of others makes no run for it: an
// output is missing, or is not what its place takes.
type unreadyError struct{ error }

// unstarted is the failure of an attempt whose run cannot be.
func unstarted(err error) (run.FailureReason, string) {
	var family *familyError
	var unready *unreadyError
	var problems config.Problems
	switch {
	case errors.As(err, &family):
		return family.Reason, family.Error()
	case errors.As(err, &unready):
		return run.MissingDependency, unready.Error()
	case errors.As(err, &problems):
		return run.DownstreamCreationFailed, strings.ReplaceAll(problems.Error(), "\n", "; ")
	}
	return run.DownstreamCreationFailed, err.Error()
}
