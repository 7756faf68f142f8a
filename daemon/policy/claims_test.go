package policy

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/run"
)

// However claims come, change and go, the line gives the group to whom a look at
// all of them would.
func TestALineOfClaimsIsAsALookAtAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom(append(Modes(), "")).Draw(t, "mode")
		line, claims := NewClaims(mode), map[uint64]Claim{}
		draw := rapid.Custom(func(t *rapid.T) Claim {
			return Claim{
				Run: rapid.Uint64Range(1, 9).Draw(t, "run"), Step: rapid.IntRange(0, 3).Draw(t, "step"),
				Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
				Status: rapid.SampledFrom([]run.Status{
					run.WaitingForResource, run.WaitingForResource, run.Created, run.Scheduled, run.Running, run.Success,
				}).Draw(t, "status"),
			}
		})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				c := draw.Draw(t, "claim")
				claims[c.Run] = c
				line.Put(c)
			},
			"remove": func(t *rapid.T) {
				id := rapid.Uint64Range(1, 9).Draw(t, "run")
				delete(claims, id)
				line.Remove(id)
			},
			"": func(t *rapid.T) {
				maps.DeleteFunc(claims, func(_ uint64, c Claim) bool { return Holds(c.Status) }) // Grant grants nothing beside one
				want, some := Grant(mode, maps.Values(claims))
				got, ok := line.Next()
				if ok != some || ok && got != want {
					t.Fatalf("%+v (%v) is next, want %+v (%v)", got, ok, want, some)
				}
				if n := len(InLine(mode, maps.Values(claims))); line.Len() != n {
					t.Fatalf("%d stand in line, want %d", line.Len(), n)
				}
			},
		})
	})
}
