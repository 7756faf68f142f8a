package ctl

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// maxPolls is how many logs are waited for at the same time: the daemon takes
// 64 calls on a connection.
const maxPolls = 32

// tail is the following of the logs of a run.
type tail struct {
	app    *app
	target target
	view   view
	group  *errgroup.Group
	out    *output
	polls  chan struct{} // a place for each call that may wait
	many   bool          // several steps: lines carry the step's name

	mu    sync.Mutex // protects the field below
	parts map[picked]*following
}

// following is the following of one attempt.
type following struct {
	ended   bool   // its log was shown to the end
	closing string // what is to be said then
}

// tail shows what the steps that are meant write until the run has ended, or
// the one step or attempt that is meant, and returns the last news of the run.
// The run of t is an id.
func (a *app) tail(ctx context.Context, t target, o logOptions) (*rpc.RunWatchResponse, error) {
	group, ctx := errgroup.WithContext(ctx)
	f := &tail{
		app: a, target: t, group: group, out: a.newOutput(o),
		polls: make(chan struct{}, maxPolls), parts: make(map[picked]*following),
	}
	var last *rpc.RunWatchResponse
	group.Go(func() (err error) {
		last, err = a.follow(ctx, t.run, func(news *rpc.RunWatchResponse) error { return f.see(ctx, news) })
		if errors.Is(err, errSeen) {
			return nil
		}
		return err
	})
	return last, group.Wait()
}

// see starts to read the attempts that have begun.
func (f *tail) see(ctx context.Context, news *rpc.RunWatchResponse) error {
	changes := f.view.take(news)
	if news.Whole != nil {
		steps, err := f.target.pick(&f.view.run)
		if err != nil {
			return err
		}
		f.many = len(steps) > 1
	}
	for _, c := range changes {
		if !f.target.has(c.Stage, &c.RunStep) {
			continue
		}
		f.read(ctx, c)
		if err := f.say(c); err != nil {
			return err
		}
		if f.done() {
			return errSeen
		}
	}
	if f.out.options.untilBlocked && isBlocked(news.Run) {
		return errSeen
	}
	return nil
}

// errSeen ends the following of a run when no more output can come.
var errSeen = errors.New("seen")

// done tells whether the steps, or the attempt, that are meant have ended.
func (f *tail) done() bool {
	for _, stage := range f.view.run.Stages {
		for i := range stage.Steps {
			if step := &stage.Steps[i]; f.target.has(stage.Name, step) && !f.target.done(step) {
				return false
			}
		}
	}
	return true
}

func (t target) done(step *rpc.RunStep) bool {
	if t.attempt == 0 {
		return t.step != "" && hasEnded(step.Status)
	}
	for _, attempt := range step.Attempts {
		if attempt.Number == t.attempt {
			return hasEnded(attempt.Status)
		}
	}
	return false
}

// read follows each attempt of a step that has begun and is not followed yet.
func (f *tail) read(ctx context.Context, c rpc.StepChange) {
	for _, attempt := range c.Attempts {
		if attempt.StartedAt == nil || f.target.attempt != 0 && f.target.attempt != attempt.Number {
			continue
		}
		p := picked{place: place{c.Stage, c.Name}, attempt: attempt.Number}
		if f.begin(p) {
			part := f.out.part(p, f.prefix(c))
			f.group.Go(func() error { return f.readLog(ctx, p, part) })
		}
	}
}

func (f *tail) begin(p picked) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts[p] != nil {
		return false
	}
	f.parts[p] = &following{}
	return true
}

func (f *tail) readLog(ctx context.Context, p picked, to *part) error {
	request := logRequest(f.target.run, p)
	for {
		chunk, err := f.poll(ctx, request)
		if err != nil {
			return err
		}
		if err := to.write(chunk); err != nil {
			return err
		}
		if chunk.End {
			break
		}
		request.Offset = chunk.Next
	}
	if err := to.close(); err != nil {
		return err
	}
	return f.end(p)
}

// poll waits for more of a log. Where more logs are followed than may wait,
// each waits for a moment only.
func (f *tail) poll(ctx context.Context, request rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
	if err := send(ctx, f.polls, struct{}{}); err != nil {
		return nil, err
	}
	defer func() { <-f.polls }()
	request.WaitMS = pollMS
	if len(f.polls) == maxPolls {
		request.WaitMS = 500
	}
	return persist(ctx, f.app.link, (*rpc.Client).LogRead, &request)
}

// end says what was to be said once the log was shown.
func (f *tail) end(p picked) error {
	f.mu.Lock()
	following := f.parts[p]
	following.ended = true
	f.mu.Unlock()
	return f.out.line(following.closing)
}

// say says how a step stands: at once, or where it has ended after the last of
// its output.
func (f *tail) say(c rpc.StepChange) error {
	if !f.out.options.states {
		return nil
	}
	style := f.app.style()
	line := style.Change(f.view.run.Name, c)
	if n := len(c.Attempts); n > 0 && hasEnded(c.Status) {
		p := picked{place: place{c.Stage, c.Name}, attempt: c.Attempts[n-1].Number}
		if f.later(p, line) {
			return nil
		}
	}
	return f.out.line(line)
}

// later leaves a line to the one that still reads the log, if somebody does.
func (f *tail) later(p picked, line string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	following := f.parts[p]
	if following == nil || following.ended {
		return false
	}
	following.closing = line
	return true
}

func (f *tail) prefix(c rpc.StepChange) string {
	if !f.many {
		return ""
	}
	return render.Line(c.Stage+"/"+c.Name) + " | "
}
