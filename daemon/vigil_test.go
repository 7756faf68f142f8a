package daemon

import (
	"errors"
	"os"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestASocketThatWasRemovedIsMadeAgain(t *testing.T) {
	h := newHouse(t)
	if err := os.Remove(h.config.Socket); err != nil {
		t.Fatal(err)
	}
	h.hears(statusAgain)
	again, err := rpc.Dial(t.Context(), h.config.Socket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.DaemonInfo(t.Context(), &rpc.Empty{}); err != nil {
		t.Error(err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	h.Client = again
}

func TestADaemonWhoseStateWasMovedEnds(t *testing.T) {
	h := newHouse(t)
	<-h.d.schedules.loaded // before that it could end because it cannot write there
	if err := os.Rename(h.config.State, h.config.State+".moved"); err != nil {
		t.Fatal(err)
	}
	h.hears("STOPPING=1")
	if err := h.stop(); !errors.Is(err, ErrStateGone) {
		t.Errorf("it ended with %v", err)
	}
	h.stop = nil
	// It left the store open: what stands at its path now may be another's.
	if err := errors.Join(h.Close(), os.Rename(h.config.State+".moved", h.config.State), h.d.store.Close()); err != nil {
		t.Error(err)
	}
}
