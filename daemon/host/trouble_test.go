package host

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

func TestHangingPluginsAreAskedBesideEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.start = 5 * time.Second
	kinds := []string{"hang-a", "hang-b", "hang-c", "hang-d", "hang-e", "hang-f", "zz-good"}
	w.config.Directories = []string{plugins(t, kinds...)}
	h := w.open()
	h.parallel = 2
	found, err := h.Plugins()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	states := h.DescribeAll(t.Context(), found)
	if took, oneByOne := time.Since(begun), 6*w.limits.start; took >= oneByOne/2 {
		t.Errorf("it took %v; one by one they take %v", took, oneByOne)
	}
	for i, s := range states {
		good := s.Type == "zz-good"
		if s.Type != kinds[i] || good != (s.Problem == "") || good != (s.Description.Version == "1.2.3") {
			t.Errorf("%+v", s)
		}
	}
	if found[0].Problem != "" {
		t.Error("the states that were given have changed")
	}
}

func TestFailedStartIsRememberedForAWhile(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	_, first := h.Describe(t.Context(), "broken")
	if first == nil {
		t.Fatal("no error")
	}
	failures := h.failuresOf(t, "broken")
	_, again := h.Check(t.Context(), "broken", nil)
	if again == nil || !strings.HasPrefix(again.Error(), first.Error()) || !strings.Contains(again.Error(), "not tried again until 30s") {
		t.Errorf("%v", again)
	}
	if got := h.failuresOf(t, "broken"); got != failures {
		t.Errorf("%d starts failed, then %d", failures, got)
	}
	h.Reload(time.Minute, nil)
	if _, err := h.Describe(t.Context(), "broken"); err == nil || strings.Contains(err.Error(), "not tried again") {
		t.Errorf("after a reload: %v", err)
	}
}

func TestRememberedFailureIsOfTheBinaryAndNotOfAttempts(t *testing.T) {
	w := newWorld(t)
	w.config.Directories = []string{plugins(t, "broken", "once")}
	h := w.open()
	fail := trouble{errMute, time.Now()}
	b, err := h.binaries.find("once")
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.poolLocked(b).trouble = fail
	h.mu.Unlock()
	if _, err := h.Describe(t.Context(), "once"); err == nil {
		t.Error("the failure is not remembered")
	}
	if o := w.launch(h, w.attempt("once/a", "once", "succeed")).end(); o.Status != protocol.Success {
		t.Errorf("%+v", o)
	}
	if _, err := h.Describe(t.Context(), "once"); err != nil {
		t.Errorf("after a start that went well: %v", err)
	}
	h.mu.Lock()
	h.poolLocked(b).trouble = fail
	h.mu.Unlock()
	install(t, w.config.Directories[0], "once", []byte("new"))
	if _, err := h.Describe(t.Context(), "once"); err != nil {
		t.Errorf("of a new binary: %v", err)
	}
}

func TestTroubleIsForgottenInTime(t *testing.T) {
	now := time.Now()
	if err := (trouble{errMute, now.Add(-remembrance)}).fresh(now); err != nil {
		t.Error(err)
	}
	if err := (trouble{errMute, now.Add(time.Second - remembrance)}).fresh(now); err == nil {
		t.Error("forgotten too early")
	}
}

// failuresOf is how many starts of a type's binary failed in a row.
func (h *Host) failuresOf(t *testing.T, kind string) int {
	t.Helper()
	b, err := h.binaries.find(kind)
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.poolLocked(b).failures
}
