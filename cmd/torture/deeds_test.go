package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// live lets things happen to the run until it is over, or enough has.
func (w *twin) live(ctx context.Context) {
	w.Helper()
	for n := range 40 {
		if w.run().Complete() && n > 9 && w.IntN(2) == 0 {
			break
		}
		w.deed(ctx)
	}
	if !w.run().Complete() {
		w.cancel(ctx, -1)
	}
	w.explains(ctx)
	if strays := w.remembers(ctx); len(strays) > 0 {
		w.fail("%s began, and are of no run", strays)
	}
	w.Logf("%d deeds, %d steps, %d attempts began", len(w.deeds), len(w.run().Steps), len(w.given))
}

// deed does something: mostly what lets the run go on, at times anything.
func (w *twin) deed(ctx context.Context) {
	w.Helper()
	if working := w.are(run.Running); len(working) > 0 && w.IntN(10) < 7 {
		w.end(ctx, working[w.IntN(len(working))])
		return
	}
	if waiting := w.are(run.Manual, run.Scheduled); len(waiting) > 0 && w.IntN(10) < 6 {
		i := waiting[w.IntN(len(waiting))]
		if w.IntN(4) == 0 {
			w.playAll(ctx, w.run().Plan.Steps[i].Stage)
		} else {
			w.play(ctx, i)
		}
		return
	}
	i := w.IntN(len(w.run().Steps))
	switch n := w.IntN(24); {
	case n < 4:
		w.play(ctx, i)
	case n < 10:
		w.retry(ctx, i)
	case n < 13 && len(w.run().Retryable()) > 0:
		w.retryAll(ctx)
	case n < 16:
		w.unschedule(ctx, i)
	case n < 18:
		w.cancel(ctx, i)
	case n < 19 && w.IntN(2) == 0:
		w.cancel(ctx, -1)
	case n < 24 && !w.run().Complete() && w.overlap == "": // a pause is of the pipeline
		w.pause(ctx, i)
	}
}

// are lists the steps with one of some statuses.
func (w *twin) are(statuses ...run.Status) (steps []int) {
	for i := range w.run().Steps {
		for _, s := range statuses {
			if w.run().Steps[i].Status == s {
				steps = append(steps, i)
			}
		}
	}
	return steps
}

// key names a step in the simulation, path in the daemon.
func (w *twin) key(i int) []string { return []string{w.run().Plan.Key(i)} }

func (w *twin) path(i int) []string {
	return []string{w.run().Plan.Stages[w.run().Plan.Steps[i].Stage].Name + "/" + w.run().Plan.Key(i)}
}

// end lets the newest attempt of a step end.
func (w *twin) end(ctx context.Context, i int) {
	w.Helper()
	code, output, outcome := 0, "", config.Outcome{Status: "success"}
	switch n := w.IntN(10); {
	case n < 4:
		code = []int{1, 3, 7, 1}[n]
		outcome = config.Outcome{Status: "failed", Reason: "script_failure", ExitCode: &code}
	case n < 8:
		value := fmt.Sprint("v", w.IntN(1000))
		output, outcome.Outputs = "k="+value, map[string]string{"k": value}
	}
	attempt := w.run().Plan.AttemptName(i, len(w.run().Steps[i].Attempts))
	if w.isChild(i) {
		attempt = w.child(ctx, attempt)
		if code != 0 {
			outcome = config.Outcome{Status: "failed", Reason: string(run.DownstreamFailed)}
		}
		outcome.Outputs = nil // they are of the child's step
	}
	w.both(ctx, fmt.Sprintf("%s ends with %d %s", attempt, code, output), func() error {
		return w.world.End(w.key(i), outcome)
	}, func() error {
		w.tell(attempt, code, output)
		return nil
	})
}

func (w *twin) act(do string, i int) config.Act {
	a := config.Act{Do: do, Actor: me()}
	if i >= 0 {
		a.Steps = w.key(i)
	}
	return a
}

// me is what the daemon calls whoever runs the tests.
func me() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// play plays a step, which it may refuse.
func (w *twin) play(ctx context.Context, i int) {
	w.Helper()
	a := w.act("play", i)
	a.Variables = w.word("played")
	w.both(ctx, fmt.Sprint("play ", a.Steps, a.Variables), func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunPlay,
			&rpc.RunPlayRequest{Run: w.runName(), Steps: w.path(i), Confirm: true, Variables: a.Variables})
	})
}

// word is a variable for steps that are played or retried, or none.
func (w *twin) word(of string) map[string]string {
	if w.IntN(2) == 0 {
		return nil
	}
	return map[string]string{"WORD": fmt.Sprint(of, w.IntN(100))}
}

// playAll plays every manual step of a stage, if there is one.
func (w *twin) playAll(ctx context.Context, stage int) {
	w.Helper()
	a := w.act("play", -1)
	for _, i := range w.are(run.Manual) {
		if w.run().Plan.Steps[i].Stage == stage {
			a.Steps = append(a.Steps, w.key(i)...)
		}
	}
	if len(a.Steps) == 0 {
		return
	}
	w.both(ctx, fmt.Sprint("play all of ", a.Steps), func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunPlay,
			&rpc.RunPlayRequest{Run: w.runName(), Stage: w.run().Plan.Stages[stage].Name, Force: true, Confirm: true})
	})
}

// retry tries a step again, which it may refuse, or all from there on.
func (w *twin) retry(ctx context.Context, i int) {
	w.Helper()
	a := w.act("retry", i)
	a.From, a.Variables = w.IntN(3) == 0, w.word("retried")
	q := &rpc.RunRetryRequest{
		Run: w.runName(), Steps: w.path(i), After: a.From, Attempt: len(w.run().Steps[i].Attempts), Variables: a.Variables,
	}
	w.both(ctx, fmt.Sprint("retry ", a.Steps, a.Variables, " after=", a.From), func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunRetry, q)
	})
}

func (w *twin) retryAll(ctx context.Context) {
	w.Helper()
	a := w.act("retry", -1)
	w.both(ctx, "retry", func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunRetry, &rpc.RunRetryRequest{Run: w.runName()})
	})
}

func (w *twin) unschedule(ctx context.Context, i int) {
	w.Helper()
	a := w.act("unschedule", i)
	w.both(ctx, fmt.Sprint("unschedule ", a.Steps), func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunUnschedule, &rpc.RunUnscheduleRequest{Run: w.runName(), Steps: w.path(i)})
	})
}

// cancel cancels a step, or with -1 the run.
func (w *twin) cancel(ctx context.Context, i int) {
	w.Helper()
	a, q := w.act("cancel", i), &rpc.RunCancelRequest{Run: w.runName(), Force: w.IntN(2) == 0}
	if i >= 0 {
		q.Steps = w.path(i)
	}
	w.both(ctx, fmt.Sprint("cancel ", a.Steps), func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).RunCancel, q)
	})
}

// pause pauses a step of the text, all of its cells, or lets it go on.
func (w *twin) pause(ctx context.Context, i int) {
	w.Helper()
	p, name := w.run().Plan, w.run().Plan.Steps[i].Name
	if group := p.Steps[i].Group; group > 0 {
		name = p.Groups[group-1].Name
	}
	a := w.act("pause", -1)
	a.Steps = []string{name}
	if w.run().Steps[i].Paused != nil {
		a.Do = "resume"
		w.both(ctx, "resume "+name, func() error { return w.world.Do(a) }, func() error {
			return wish(ctx, w, (*rpc.Client).PipelineResume, &rpc.PipelineResumeRequest{Name: p.Pipeline, Stage: w.stage[name], Step: name})
		})
		return
	}
	w.both(ctx, "pause "+name, func() error { return w.world.Do(a) }, func() error {
		return wish(ctx, w, (*rpc.Client).PipelinePause, &rpc.PipelinePauseRequest{Name: p.Pipeline, Stage: w.stage[name], Step: name})
	})
}

// explains holds what the daemon says of why each step, and the run, is as it is
// against what the simulation says.
func (w *twin) explains(ctx context.Context) {
	w.Helper()
	why := func(step string, want run.Explanation) {
		w.Helper()
		got, err := ask(ctx, w.client, (*rpc.Client).RunWhy, &rpc.RunWhyRequest{Run: w.runName(), Step: step})
		if err != nil {
			w.fail("why %s: %v", step, err)
		}
		if step == "" {
			got.Causes = got.Causes[1:] // the first is where the run comes from
		}
		w.apart(got)
		if is, ought := explainedBy(got, ""), explained(w.run().Plan, want, ""); is != ought {
			w.fail("why %s: the daemon says\n%sthe simulation\n%s", step, is, ought)
		}
	}
	why("", w.run().WhyRun())
	for i := range w.run().Steps {
		why(w.path(i)[0], w.run().Why(i))
	}
}

// apart leaves out of an explanation what children say of themselves: a
// simulation has none.
func (w *twin) apart(x *rpc.Explanation) {
	x.Causes = slices.DeleteFunc(x.Causes, func(below rpc.Explanation) bool {
		return strings.HasPrefix(below.Subject, w.drawn.name+"/")
	})
	for i := range x.Causes {
		w.apart(&x.Causes[i])
	}
}

// isChild reports whether a step stands for a child.
func (w *twin) isChild(i int) bool { return w.run().Plan.Steps[i].Uses == config.DownstreamType }

// child is the attempt of the child's step, once the daemon has made the run that an
// attempt stands for.
func (w *twin) child(ctx context.Context, parent string) string {
	w.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for until := time.Now().Add(patience); time.Now().Before(until); <-poll.C {
		if child, ok := w.children(ctx)[parent]; ok {
			return child
		}
	}
	w.fail("%s stands for no run", parent)
	return ""
}

// children are the attempts of the steps of children, by the attempts that stand for those.
func (w *twin) children(ctx context.Context) map[string]string {
	w.Helper()
	of := map[string]string{}
	for _, stage := range w.look(ctx).Stages {
		for _, step := range stage.Steps {
			for _, a := range step.Attempts {
				if a.Downstream != nil {
					of[fmt.Sprintf("%s/%s/%s/%d", w.runName(), stage.Name, cmp.Or(step.Address, step.Name), a.Number)] = a.Downstream.Run + "/c/x/1"
				}
			}
		}
	}
	return of
}

// remembers sees that each attempt of the run began once, with what it had to be given,
// and none that had not to begin. It answers with those that began and are not of the run.
func (w *twin) remembers(ctx context.Context) (others []string) {
	w.Helper()
	begun := w.begun()
	for parent, child := range w.children(ctx) {
		if all, ok := begun[child]; ok {
			begun[parent] = all
			delete(begun, child)
		}
	}
	for attempt, all := range begun {
		if !strings.HasPrefix(attempt, w.runName()+"/") {
			others = append(others, attempt)
			continue
		}
		if want, ok := w.given[attempt]; !ok || len(all) > 1 || all[0] != want {
			w.fail("%s began with %q, it was to be given %q", attempt, all, want)
		}
	}
	for i := range w.run().Steps {
		for _, a := range w.run().Steps[i].Attempts {
			name := w.run().Plan.AttemptName(i, a.Number)
			if a.Status != run.Canceled && a.FailureReason != run.MissingDependency && len(begun[name]) == 0 && !w.forNobody(i) {
				w.fail("%s ended as %s and never began", name, a.Status)
			}
		}
	}
	return others
}
