package ctl

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// logOptions say how logs are shown.
type logOptions struct {
	follow     bool
	timestamps bool
	raw        bool
	states     bool // between the lines, how steps stand
	// untilBlocked ends the following where the run is blocked.
	untilBlocked bool
}

func (a *app) logsCommand() *cobra.Command {
	var o logOptions
	cmd := &cobra.Command{
		Use:   "logs RUN[/STAGE/STEP[/ATTEMPT]]",
		Short: "Show the output of a run, of a step or of an attempt",
		Long: "Show the output of a step's newest attempt, or of the one that is named; of a whole run,\n" +
			"step by step. RUN/STEP is enough where the name of the step is. With -f show what comes\n" +
			"until the run, the step's attempts or the attempt has ended; lines of several steps\n" +
			"carry the step's name then.\n\n" +
			"On a terminal control characters are made harmless; colours stay. Elsewhere stdout gets\n" +
			"the very bytes of one step's stdout and stderr, in the order in which they came.\n\n" +
			"With -o json each line is an object: stage, step, attempt, time, stream (stdout, stderr or\n" +
			"note, which is the daemon's) and text, or base64 where it is not UTF-8. partial means that\n" +
			"the line goes on in the stream's next object; missing is how many bytes were dropped here.",
		Example:           "  penstockctl logs nightly/latest -f\n  penstockctl logs nightly/42/dump/dump/1 > dump.log",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeLog,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.logs(cmd.Context(), args[0], o) },
	}
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "show what comes until the end")
	cmd.Flags().BoolVarP(&o.timestamps, "timestamps", "t", false, "begin each line with its local time")
	cmd.Flags().BoolVar(&o.raw, "raw", false, "let the output drive the terminal")
	return a.outputs(cmd)
}

func (a *app) logs(ctx context.Context, path string, o logOptions) error {
	t, err := parseTarget(path)
	if err != nil {
		return err
	}
	run, err := persist(ctx, a.link, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: t.run})
	if err != nil {
		return err
	}
	steps, err := t.pick(run)
	if err != nil {
		return err
	}
	if o.follow && !hasEnded(run.Status) {
		t.run = fmt.Sprint(run.ID)
		_, err := a.tail(ctx, t, o)
		return err
	}
	return a.dump(ctx, run, steps, o)
}

// hasEnded tells the statuses that a run, a step or an attempt ends with.
func hasEnded(status string) bool {
	switch status {
	case "success", "failed", "canceled", "skipped":
		return true
	}
	return false
}

// picked is an attempt whose log is to be shown.
type picked struct {
	place
	status  string
	attempt int // 0: there is none yet
	erased  *rpc.Erasure
	stands  *rpc.Downstream // the run that the attempt stands for; nil where it works itself
}

// pick finds the steps that are meant.
func (t target) pick(run *rpc.Run) ([]picked, error) {
	var found []picked
	for _, stage := range run.Stages {
		for i := range stage.Steps {
			step := &stage.Steps[i]
			if t.has(stage.Name, step) {
				p := picked{place: place{stage.Name, step.Name}, status: step.Status, attempt: t.begun(step)}
				p.know(step)
				found = append(found, p)
			}
		}
	}
	switch {
	case len(found) == 0 && t.step != "":
		return nil, notFoundf("%s has no step %s; penstockctl status %s shows its steps", run.Name, t.name(), run.Name)
	case t.attempt > 0 && len(found) > 1:
		return nil, usagef("%s of %s is %d steps: want the attempt of one of them, such as %s/%s@1/%d",
			t.name(), run.Name, len(found), run.Name, t.name(), t.attempt)
	case t.attempt > 0 && found[0].attempt == 0:
		return nil, notFoundf("%s has no attempt %d of step %s, or it has not begun", run.Name, t.attempt, t.name())
	}
	return found, nil
}

// begun is the attempt of a step that is meant, 0 where it has not begun.
func (t target) begun(step *rpc.RunStep) int {
	number := 0
	for _, attempt := range step.Attempts {
		if attempt.StartedAt != nil && (t.attempt == 0 || t.attempt == attempt.Number) {
			number = attempt.Number
		}
	}
	return number
}

// know takes from the step why its attempt may have no log.
func (p *picked) know(step *rpc.RunStep) {
	for _, attempt := range step.Attempts {
		if attempt.Number != p.attempt {
			continue
		}
		p.erased, p.stands = attempt.Erased, attempt.Downstream
	}
}

// dump shows what logs hold now, one after the other.
func (a *app) dump(ctx context.Context, run *rpc.Run, steps []picked, o logOptions) error {
	out := a.newOutput(o)
	if !slices.ContainsFunc(steps, func(p picked) bool { return p.attempt > 0 }) && len(steps) > 1 {
		a.notice("%s has no output: it is %s", run.Name, run.Status)
	}
	for _, p := range steps {
		if len(steps) == 1 && (p.attempt == 0 || p.erased != nil || p.stands != nil) {
			return a.noLog(run, p)
		}
		if p.attempt == 0 {
			continue
		}
		if len(steps) > 1 && !out.json {
			heading := fmt.Sprintf("==> %s/%s, attempt %d: %s <==", p.stage, p.step, p.attempt, p.status)
			if err := out.line(a.style().Heading(heading)); err != nil {
				return err
			}
		}
		if p.erased != nil {
			a.notice("[%s]", a.errorStyle().Erased(*p.erased))
			continue
		}
		if p.stands != nil {
			a.notice("[%s]", p.elsewhere())
			continue
		}
		if err := a.readLog(ctx, fmt.Sprint(run.ID), p, out.part(p, "")); err != nil {
			return err
		}
	}
	return nil
}

// noLog says why the one step that is meant has no log to show.
func (a *app) noLog(run *rpc.Run, p picked) error {
	name := fmt.Sprintf("%s/%s/%s", run.Name, p.stage, p.step)
	if p.erased != nil {
		return notFoundf("%s/%d: %s", name, p.attempt, a.errorStyle().Erased(*p.erased))
	}
	if p.stands != nil {
		a.notice("%s: %s", name, p.elsewhere())
		return nil
	}
	a.notice("%s has no output: it is %s", name, p.status)
	return nil
}

// elsewhere says where the output of a step is that stands for a run.
func (p picked) elsewhere() string {
	run := render.Line(p.stands.Run)
	if p.stands.Deleted {
		return "it stood for " + run + ", which is deleted"
	}
	return "it stands for a run: penstockctl logs " + run
}

// readLog shows a log up to where it ends now.
func (a *app) readLog(ctx context.Context, run string, p picked, to *part) error {
	request := logRequest(run, p)
	for {
		chunk, err := persist(ctx, a.link, (*rpc.Client).LogRead, &request)
		if err != nil {
			return err
		}
		if err := to.write(chunk); err != nil {
			return err
		}
		if chunk.End || chunk.Next == request.Offset {
			return to.close()
		}
		request.Offset = chunk.Next
	}
}

// chunkSize is the most that a log.read answers with.
const chunkSize = 256 << 10

func logRequest(run string, p picked) rpc.LogReadRequest {
	return rpc.LogReadRequest{Run: run, Stage: p.stage, Step: p.step, Attempt: p.attempt, Limit: chunkSize}
}

func missing(bytes int64) string {
	return fmt.Sprintf("[%s of output are missing here: the log outgrew its limit]", render.Bytes(uint64(bytes)))
}
