package daemon

import (
	"errors"
	"math"
	"testing"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

func TestNothingBeginsWhileTheDiskIsLow(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	h.config.Storage.MinFree = math.MaxInt64
	if err := h.d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})
	refused(t, err, rpc.CodeDiskLow, h.config.State, "delete old runs")
	e, _ := errors.AsType[*rpc.Error](err)
	data, ok := e.Data.(rpc.DiskLowData)
	if !ok || data.MinFreeBytes != math.MaxInt64 || data.FreeBytes == 0 || data.FreeBytes >= data.MinFreeBytes {
		t.Errorf("%+v", e.Data)
	}
	info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if info.AcceptingRuns || info.MinFreeBytes != math.MaxInt64 {
		t.Errorf("%+v", info)
	}
	if runs := h.list(rpc.RunListRequest{}, 0); runs != "" {
		t.Errorf("%s began", runs)
	}
}

func TestWhatBeganOnALowDiskGoesOn(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	h.config.Storage.MinFree = math.MaxInt64
	if err := h.d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})
	refused(t, err, rpc.CodeDiskLow)
	open()
	if r := h.over(run); r.Status != "success" {
		t.Errorf("%+v", r)
	}
	must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: run}))
}

func TestTheStoresHeadroomIsAlwaysKept(t *testing.T) {
	h := newHouse(t) // min_free is 0
	info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if info.MinFreeBytes != store.Headroom || !info.AcceptingRuns {
		t.Errorf("%+v", info)
	}
}
