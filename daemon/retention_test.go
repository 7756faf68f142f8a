package daemon

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/store"
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

// Whoever asks again with a key has lost the answer, and wants no second run.
func TestAKeyWhoseRunWasSweptAwayStartsNoOther(t *testing.T) {
	h := newHouse(t)
	h.apply("retention = { count = 1 }\n" + one("kept", "true"))
	start := func() (string, error) {
		answer, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "kept", Key: "once"})
		if err != nil {
			return "", err
		}
		return answer.Run.Name, nil
	}
	first := must[string](t)(start())
	h.over(first)
	h.perform("kept")
	h.gone(first)
	_, err := start()
	refused(t, err, rpc.CodeConflict, "a key is for one run")
}

// gone waits until a run does not exist any more: nothing tells of that.
func (h *house) gone(run string) {
	h.t.Helper()
	h.await(func() bool {
		_, err := h.RunGet(h.t.Context(), &rpc.RunGetRequest{Run: run})
		return codeOf(err) == rpc.CodeNotFound
	})
}

func TestASweepReadsNoTextOfAPipelineWithoutRuns(t *testing.T) {
	h := newHouse(t)
	untold := store.Pipeline{ID: 900, Name: "untold", Revision: 7} // it has no text
	h.update(func(tx *store.Tx) error { tx.PutPipeline(untold); return nil })
	if found, err := h.d.expired(everyPipeline, time.Now()); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	untold.LastNumber = 1
	h.update(func(tx *store.Tx) error { tx.PutPipeline(untold); return nil })
	if _, err := h.d.expired(everyPipeline, time.Now()); err == nil {
		t.Error("a text that is missing is no error where there may be runs")
	}
}

func TestASweepAfterARunLooksAtItsPipelineOnly(t *testing.T) {
	h := newHouse(t)
	h.update(func(tx *store.Tx) error {
		for id := range uint64(5) {
			tx.PutPipeline(store.Pipeline{ID: 900 + id, Name: fmt.Sprint("untold", id)})
		}
		return nil
	})
	view := h.d.store.View()
	defer view.Close()
	var seen []uint64
	for p, err := range these(map[uint64]bool{903: true, 950: true, 901: true})(view) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, p.ID)
	}
	if !slices.Equal(seen, []uint64{901, 903}) {
		t.Errorf("it looks at %d", seen)
	}
}

func TestAChildIsNoRunOfItsPipelineForThoseWhoCount(t *testing.T) {
	h := newHouse(t)
	h.apply("retention = { count = 2 }\n" + parent("up", "true", fmt.Sprintf(`inline = %q, strategy = "depend"`, childText(script("true")))))
	var first string
	for i := range 3 {
		r := h.perform("up")
		h.over(of(step(r, "go")))
		if i == 0 {
			first = r.Name
		}
		if latest := h.get("up/latest"); latest.Name != r.Name {
			t.Errorf("the latest is %s, not %s", latest.Name, r.Name)
		}
	}
	h.gone(first)
	h.gone("up/2") // its child
	for _, name := range []string{"up/3", "up/4", "up/5", "up/6"} {
		h.get(name)
	}
	all := must[*rpc.PipelineListResponse](t)(h.PipelineList(t.Context(), &rpc.PipelineListRequest{}))
	if got := all.Pipelines[0].Latest.Name; got != "up/5" {
		t.Errorf("the list shows %s", got)
	}
}
