package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/rpc"
)

func TestASecondDaemonIsToldWhoHoldsTheStateDirectory(t *testing.T) {
	h := newHouse(t)
	o := h.options()
	o.Config.Socket = filepath.Join(h.dir, "other", "s")
	_, err := Open(t.Context(), o)
	if !errors.Is(err, state.ErrHeld) || !strings.Contains(err.Error(), "held by pid "+strconv.Itoa(os.Getpid())) ||
		!strings.Contains(err.Error(), h.config.State) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Dir(o.Config.Socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it touched more than the lock: %v", err)
	}
	must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
}
