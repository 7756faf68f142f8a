package main

import "testing"

func TestSpansThatOverlapAreCounted(t *testing.T) {
	for _, c := range []struct {
		spans []span
		want  int
	}{
		{nil, 0},
		{[]span{{}}, 0},
		{[]span{{1, 2}, {3, 4}, {5, 9}}, 1},
		{[]span{{5, 9}, {1, 6}}, 2},
		{[]span{{1, 10}, {2, 3}, {4, 5}, {6, 7}}, 2},
		{[]span{{1, 10}, {2, 9}, {3, 8}, {11, 12}}, 3},
	} {
		if got := most(c.spans); got != c.want {
			t.Errorf("%v: %d overlap, want %d", c.spans, got, c.want)
		}
	}
}
