package daemon

import (
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

func TestWhatRetentionDoesNotKeepIsRemoved(t *testing.T) {
	h := newHouse(t)
	h.apply("retention = { count = 1, failed = { count = 2 } }\n" + one("kept", "test ! -e fail"))
	h.apply(one("all", "true"))
	all := h.perform("all")
	var runs []*rpc.Run
	for range 3 {
		runs = append(runs, h.perform("kept"))
	}
	h.gone(runs[0].Name)
	h.gone(runs[1].Name)
	if got := h.files(runs[0].ID); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	for _, name := range []string{runs[2].Name, all.Name} {
		h.get(name)
	}
	if r := h.perform("kept"); r.Number != 4 {
		t.Errorf("a number was given twice: %s", r.Name)
	}
}

func TestTheStartSweepsWhatGrewOldMeanwhile(t *testing.T) {
	h := newHouse(t)
	h.apply(one("kept", "true"))
	old, young := h.perform("kept"), h.perform("kept")
	h.apply("retention = { count = 1 }\n" + one("kept", "true"))
	h.halt()
	h.start()
	h.gone(old.Name)
	h.get(young.Name)
}

// gone waits until a run does not exist any more: nothing tells of that.
func (h *house) gone(run string) {
	h.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(patience)
	for {
		_, err := h.RunGet(h.t.Context(), &rpc.RunGetRequest{Run: run})
		if codeOf(err) == rpc.CodeNotFound {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			h.t.Fatalf("%s is still there: %v", run, err)
		}
	}
}
