package daemon

import (
	"reflect"
	"testing"

	"github.com/penstock/penstock/daemon/store"
)

func TestWhereARunStandsFollowsFromWhereItsParentDoes(t *testing.T) {
	child := func(id, pipeline uint64, source store.Source, up store.Upstream) *store.Run {
		return &store.Run{ID: id, Pipeline: pipeline, Cause: store.Cause{Source: source, Upstream: &up}}
	}
	first := &store.Run{ID: 7, Pipeline: 1}
	for what, c := range map[string]struct {
		parent *store.Run
		want   store.Upstream
	}{
		"the first run": {first, store.Upstream{Run: 7, Root: 7, Lineage: []uint64{1}}},
		"a child of it": {child(8, 1, store.ByParent, upstreamOf(first, "")), store.Upstream{Run: 8, Root: 7, Lineage: []uint64{1}, Depth: 1}},
		"a grandchild": {child(9, 1, store.ByParent, store.Upstream{Run: 8, Root: 7, Lineage: []uint64{1}, Depth: 1}),
			store.Upstream{Run: 9, Root: 7, Lineage: []uint64{1}, Depth: 2}},
		"a run of another pipeline": {child(10, 2, store.ByPipeline, store.Upstream{Run: 9, Root: 7, Lineage: []uint64{1}, Depth: 2}),
			store.Upstream{Run: 10, Root: 7, Lineage: []uint64{1, 2}}},
		"a run after it": {child(11, 3, store.BySubscription, store.Upstream{Run: 10, Root: 7, Lineage: []uint64{1, 2}}),
			store.Upstream{Run: 11, Root: 7, Lineage: []uint64{1, 2, 3}}},
	} {
		if got := upstreamOf(c.parent, ""); !reflect.DeepEqual(got, c.want) {
			t.Errorf("below %s: %+v, want %+v", what, got, c.want)
		}
	}
}

func TestSiblingsShareNoLineage(t *testing.T) {
	parent := &store.Run{ID: 9, Pipeline: 4, Cause: store.Cause{Upstream: &store.Upstream{Root: 1, Lineage: append(make([]uint64, 0, 8), 1, 2, 3)}}}
	one, two := upstreamOf(parent, "one"), upstreamOf(parent, "two")
	one.Lineage = append(one.Lineage, 99)
	two.Lineage = append(two.Lineage, 100)
	if one.Lineage[4] != 99 || len(parent.Cause.Upstream.Lineage) != 3 {
		t.Errorf("%v %v", one.Lineage, parent.Cause.Upstream.Lineage)
	}
}
