package plan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
)

// The cells that are chosen are those that config.Cell.Chosen admits, in their
// order, each once.
func TestChoosingLooksAtFewAndMissesNone(t *testing.T) {
	axes := rapid.SampledFrom([]string{"A", "B", "C"})
	values := rapid.SampledFrom([]string{"x", "y", "z"})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.MapOfN(axes, values, 0, 3), 1, 20).Draw(t, "cells")
		to := &target{places: make([]int, len(all))}
		for _, v := range all {
			to.cells = append(to.cells, config.Cell{Values: v})
		}
		for range 3 {
			entry := rapid.MapOfN(axes, rapid.SliceOfN(values, 0, 4), 0, 3).Draw(t, "entry")
			var want []int
			for k := range to.cells {
				if to.cells[k].Chosen([]map[string][]string{entry}) {
					want = append(want, k)
				}
			}
			if got := to.choose(entry); !slices.Equal(got, want) {
				t.Fatalf("%v of %v: %v, want %v", entry, all, got, want)
			}
		}
	})
}
