package daemon

import (
	"slices"
	"testing"

	"github.com/penstock/penstock/rpc"
)

const handing = `name = "handing"
type = "dynamic"
variables = { NUMBERED = "run {{ run.number }} by {{ run.source }}" }
input = [{ name = "pause", default = "0s" }]

[[stage]]
name = "one"

[[stage.step]]
name = "build"
uses = "shell"
matrix = { OS = ["linux", "mac"] }
with = { script = 'echo "tag=v1 $OS \$(x)" >> "$PENSTOCK_OUTPUT"' }

[[stage]]
name = "two"

[[stage.step]]
name = "read"
uses = "shell"
variables = { TAG = "{{ steps['build@2'].outputs.tag }}" }
with = { script = 'echo "$NUMBERED: $TAG"' }

[[stage.step]]
name = "nap"
uses = "sleep"
with = { for = "{{ inputs.pause }}" }

[[stage.step]]
name = "misses"
uses = "shell"
allow_failure = true
variables = { TAG = "{{ steps['build@1'].outputs.none }}" }
with = { script = "echo never" }

[[stage.step]]
name = "manages"
uses = "shell"
variables = { TAG = "{{ steps['build@1'].outputs.none ?? 'nothing' }}" }
with = { script = 'echo "$TAG"' }
`

func TestOutputsReachTheStepsThatReadThem(t *testing.T) {
	h := newHouse(t)
	h.apply(handing)
	r := h.perform("handing")
	for name, want := range map[string]string{"": "success", "read": "success", "nap": "success", "misses": "failed", "manages": "success"} {
		if got := statuses(r)[name]; got != want {
			t.Errorf("%q is %s, not %s", name, got, want)
		}
	}
	if got := said(h.follow(r.Name, "read")); !slices.Equal(got, []string{"run 1 by command: v1 mac $(x)"}) {
		t.Errorf("read says %q", got)
	}
	if got := said(h.follow(r.Name, "manages")); !slices.Equal(got, []string{"nothing"}) {
		t.Errorf("manages says %q", got)
	}
	misses := r.Stages[1].Steps[2].Attempts[0]
	if misses.FailureReason != "missing_dependency" || misses.Message != "variable TAG: the step build@1 has no output none" {
		t.Errorf("misses: %s, %s", misses.FailureReason, misses.Message)
	}
}

func TestARunThatRulesRefuseLeavesNothing(t *testing.T) {
	h := newHouse(t)
	h.apply(`name = "picky"
rule = [{ if = 'run.source == "schedule"' }]
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "sleep"
with = { for = "0s" }
`)
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "picky"})
	refused(t, err, rpc.CodeInvalid, `pipeline "picky": no run was made: the pipeline's rules want no run: rule[0]: run.source == "schedule" does not hold`)
	if all := must[*rpc.RunListResponse](t)(h.RunList(t.Context(), &rpc.RunListRequest{})); len(all.Runs) != 0 {
		t.Errorf("there is %+v", all.Runs)
	}
}
