package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/rpc"
)

// one is a pipeline of one step that runs a script.
func one(name, script string) string {
	return fmt.Sprintf("name = %q\n\n[[stage]]\nname = \"main\"\n\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwith = { script = %q }\n", name, script)
}

func (h *house) apply(text string) *rpc.PipelineApplyResponse {
	h.t.Helper()
	return must[*rpc.PipelineApplyResponse](h.t)(h.PipelineApply(h.t.Context(), &rpc.PipelineApplyRequest{Text: text}))
}

// begin starts a run and answers with its name.
func (h *house) begin(pipeline string) string {
	h.t.Helper()
	return must[*rpc.RunStartResponse](h.t)(h.RunStart(h.t.Context(), &rpc.RunStartRequest{Pipeline: pipeline})).Run.Name
}

// over waits for the end of a run, its logs sealed.
func (h *house) over(run string) *rpc.Run {
	h.t.Helper()
	for q := (&rpc.RunWatchRequest{Run: run, WaitMS: 60000}); ; {
		news := must[*rpc.RunWatchResponse](h.t)(h.RunWatch(h.t.Context(), q))
		if r := h.get(run); news.Ended && sealed(r) {
			if err := h.d.engine.Pulse(h.t.Context()); err != nil { // its load shows by then what the store does
				h.t.Fatal(err)
			}
			return r
		}
		if news.Sequence == q.After {
			h.t.Fatalf("%s does not end: %+v", run, h.get(run))
		}
		q.After = news.Sequence
	}
}

func sealed(r *rpc.Run) bool {
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			for _, a := range step.Attempts {
				if a.Log == nil {
					return false
				}
			}
		}
	}
	return true
}

func (h *house) get(run string) *rpc.Run {
	h.t.Helper()
	return must[*rpc.Run](h.t)(h.RunGet(h.t.Context(), &rpc.RunGetRequest{Run: run}))
}

// perform starts a run and waits for its end.
func (h *house) perform(pipeline string) *rpc.Run {
	h.t.Helper()
	return h.over(h.begin(pipeline))
}

// gate holds up whoever reads it.
type gate struct {
	t    *testing.T
	path string
}

// gate makes a gate (fifo(7)) for the command "cat <path>" in a script.
func (h *house) gate(name string) gate {
	h.t.Helper()
	g := gate{h.t, filepath.Join(h.dir, name)}
	if err := unix.Mkfifo(g.path, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return g
}

// reached returns when somebody stands at the gate, who waits on until open is
// called.
func (g gate) reached() (open func()) {
	g.t.Helper()
	f, err := os.OpenFile(g.path, os.O_WRONLY, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	return func() {
		if err := f.Close(); err != nil {
			g.t.Error(err)
		}
	}
}

// held begins a run of the pipeline nightly, whose script has a %s for the path
// of a gate, and returns when it stands there.
func (h *house) held(script string) (run string, open func()) {
	h.t.Helper()
	g := h.gate("g")
	h.apply(one("nightly", fmt.Sprintf(script, g.path)))
	run = h.begin("nightly")
	return run, g.reached()
}

// statuses are a run's and those of its steps, by name.
func statuses(r *rpc.Run) map[string]string {
	all := map[string]string{"": r.Status}
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			all[step.Name] = step.Status
		}
	}
	return all
}
