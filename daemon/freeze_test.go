package daemon

import (
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

func TestAFreezeIsKeptShownAndLifted(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	until := time.Now().Add(time.Hour)
	must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{Reason: "the move", Until: &until}))
	h.halt()
	h.start()
	info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if f := info.Freeze; f == nil || f.Reason != "the move" || f.Actor == "" || !f.Until.Equal(until) {
		t.Fatalf("%+v", f)
	}
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"})
	refused(t, err, rpc.CodeConflict)
	if f := must[*rpc.FreezeResponse](t)(h.FreezeLift(t.Context(), &rpc.Empty{})).Freeze; f == nil || f.Reason != "the move" {
		t.Errorf("%+v", f)
	}
	if again := must[*rpc.FreezeResponse](t)(h.FreezeLift(t.Context(), &rpc.Empty{})); again.Freeze != nil {
		t.Errorf("lifted again: %+v", again.Freeze)
	}
	must[*rpc.RunStartResponse](t)(h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly"}))
	past := time.Now().Add(-time.Second)
	_, err = h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{Until: &past})
	refused(t, err, rpc.CodeInvalid)
}
