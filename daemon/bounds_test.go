package daemon

import (
	"math"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestParametersBeyondTheirBoundsAreRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	run := h.perform("nightly").Name
	for _, limit := range []int{math.MinInt, -1, 1001, math.MaxInt} {
		_, err := h.RunList(t.Context(), &rpc.RunListRequest{Limit: limit})
		refused(t, err, rpc.CodeInvalid, "limit", "1 to 1000", "0 for 20")
		_, err = h.PipelineList(t.Context(), &rpc.PipelineListRequest{Limit: limit})
		refused(t, err, rpc.CodeInvalid, "limit", "1 to 1000", "0 for 100")
		_, err = h.PipelineHistory(t.Context(), &rpc.PipelineHistoryRequest{Name: "nightly", Limit: limit})
		refused(t, err, rpc.CodeInvalid, "limit", "1 to 1000", "0 for 50")
	}
	for _, wait := range []int{math.MinInt, -1, 60001, math.MaxInt} {
		_, err := h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run, WaitMS: wait})
		refused(t, err, rpc.CodeInvalid, "wait_ms", "0 to 60000")
		_, err = h.LogRead(t.Context(), &rpc.LogReadRequest{Run: run, Step: "x", WaitMS: wait})
		refused(t, err, rpc.CodeInvalid, "wait_ms", "0 to 60000")
	}
	must[*rpc.PipelineListResponse](t)(h.PipelineList(t.Context(), &rpc.PipelineListRequest{Limit: 1000}))
}

func TestAStatusThatNoRunHasIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "true"))
	h.perform("nightly")
	for _, status := range []string{"bogus", "Success", "held"} {
		_, err := h.RunList(t.Context(), &rpc.RunListRequest{Status: []string{status}})
		refused(t, err, rpc.CodeInvalid, status, "created, waiting_for_resource, pending, running, scheduled, manual, success, failed, canceling, canceled, skipped")
	}
	for status, want := range map[string]int{"success": 1, "finished": 1, "skipped": 0, "created": 0, "manual": 0, "scheduled": 0, "waiting_for_resource": 0} {
		if page := must[*rpc.RunListResponse](t)(h.RunList(t.Context(), &rpc.RunListRequest{Status: []string{status}})); len(page.Runs) != want {
			t.Errorf("%q: %+v", status, page.Runs)
		}
	}
}
