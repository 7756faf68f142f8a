package daemon

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// revise gives a pipeline n revisions, whose scripts are "true 1" and so on.
func (h *house) revise(name string, n int) {
	h.t.Helper()
	for i := range n {
		h.apply(one(name, fmt.Sprintf("true %d", i+1)))
	}
}

func TestHistoryComesInPagesAndSaysWhatChanged(t *testing.T) {
	h := newHouse(t)
	h.revise("nightly", 5)
	for _, limit := range []int{0, 1, 2, 4, 5, 6} {
		var all []rpc.RevisionSummary
		q := rpc.PipelineHistoryRequest{Name: "nightly", Limit: limit}
		for {
			page := must[*rpc.PipelineHistoryResponse](t)(h.PipelineHistory(t.Context(), &q))
			if all = append(all, page.Revisions...); limit != 0 && len(page.Revisions) > limit {
				t.Errorf("limit %d: %d revisions", limit, len(page.Revisions))
			}
			if q.Before = page.Next; q.Before == 0 {
				break
			}
		}
		checkHistory(t, limit, all)
	}
}

func checkHistory(t *testing.T, limit int, all []rpc.RevisionSummary) {
	t.Helper()
	if len(all) != 5 {
		t.Fatalf("limit %d: %+v", limit, all)
	}
	for i, r := range all {
		n := uint64(5 - i)
		if r.Revision != n || r.Current != (n == 5) || r.AppliedBy == "" || r.AppliedAt.IsZero() {
			t.Errorf("limit %d: %+v", limit, r)
		}
		for sign, script := range map[string]uint64{"-": n - 1, "+": n} {
			line := fmt.Sprintf("\n%swith = { script = \"true %d\" }", sign, script)
			if n > 1 && !strings.Contains(r.Difference, line) {
				t.Errorf("limit %d: revision %d has no %q:\n%s", limit, n, line, r.Difference)
			}
		}
		if n == 1 && r.Difference != "" {
			t.Errorf("limit %d: the first differs from nothing:\n%s", limit, r.Difference)
		}
	}
}

func TestEveryRevisionCanBeRead(t *testing.T) {
	h := newHouse(t)
	h.revise("nightly", 2)
	for asked, want := range map[uint64]uint64{0: 2, 1: 1, 2: 2} {
		r := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly", Revision: asked}))
		text := one("nightly", fmt.Sprintf("true %d", want))
		if r.Pipeline != "nightly" || r.Revision != want || r.Current != (want == 2) || r.Text != text {
			t.Errorf("%d: %+v", asked, r)
		}
	}
	_, err := h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly", Revision: 3})
	refused(t, err, rpc.CodeNotFound, "revision 3", "nightly")
}

func TestRollbackIsANewRevisionOfAnOldText(t *testing.T) {
	for _, c := range []struct {
		to, is uint64
		change bool
	}{{0, 2, true}, {2, 2, true}, {1, 1, true}, {3, 3, false}} {
		t.Run(fmt.Sprint(c.to), func(t *testing.T) {
			h := newHouse(t)
			h.revise("nightly", 3)
			q := rpc.PipelineRollbackRequest{Name: "nightly", Revision: c.to, DryRun: true}
			dry := must[*rpc.PipelineApplyResponse](t)(h.PipelineRollback(t.Context(), &q))
			q.DryRun = false
			done := must[*rpc.PipelineApplyResponse](t)(h.PipelineRollback(t.Context(), &q))
			if !reflect.DeepEqual(dry, done) || done.Changed != c.change || done.Created {
				t.Errorf("%+v after %+v", done, dry)
			}
			r := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly"}))
			if r.Revision != done.Revision || r.Text != one("nightly", fmt.Sprintf("true %d", c.is)) {
				t.Errorf("%+v", r)
			}
			if note := fmt.Sprintf("rollback to %d", c.is); c.change && (r.Revision != 4 || r.Note != note) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestRollbackRefusesWhatIsNotThere(t *testing.T) {
	h := newHouse(t)
	h.revise("nightly", 1)
	for _, c := range []struct {
		q    rpc.PipelineRollbackRequest
		code rpc.Code
		says string
	}{
		{rpc.PipelineRollbackRequest{Name: "nightly"}, rpc.CodeConflict, "no revision before its first"},
		{rpc.PipelineRollbackRequest{Name: "nightly", Revision: 2}, rpc.CodeNotFound, "revision 2"},
		{rpc.PipelineRollbackRequest{Name: "absent"}, rpc.CodeNotFound, "absent"},
	} {
		_, err := h.PipelineRollback(t.Context(), &c.q)
		refused(t, err, c.code, c.says)
	}
}

func TestRollbackAcrossARenameKeepsTheName(t *testing.T) {
	h := newHouse(t)
	h.revise("nightly", 2)
	h.rename("nightly", "daily")
	done := must[*rpc.PipelineApplyResponse](t)(h.PipelineRollback(t.Context(), &rpc.PipelineRollbackRequest{Name: "daily", Revision: 1}))
	if done.Pipeline != "daily" || done.Revision != 4 {
		t.Errorf("%+v", done)
	}
	r := must[*rpc.PipelineRevision](t)(h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "daily"}))
	if r.Text != one("daily", "true 1") {
		t.Errorf("%s", r.Text)
	}
	if names := h.names(); !slices.Equal(names, []string{"daily"}) {
		t.Errorf("%v", names)
	}
}

// names are those of all pipelines.
func (h *house) names() (names []string) {
	h.t.Helper()
	all := must[*rpc.PipelineListResponse](h.t)(h.PipelineList(h.t.Context(), &rpc.PipelineListRequest{}))
	for _, p := range all.Pipelines {
		names = append(names, p.Name)
	}
	return names
}
