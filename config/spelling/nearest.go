// Package spelling finds what somebody probably meant to write.
//
// It owns one decision, so that a mistyped key, step, input or variable is met
// alike wherever it is found: how near a known word must be to be suggested. It
// promises a cost that is linear in the known words, because the words come from
// texts that nobody has checked yet. It refuses to guess at distance: a wrong
// suggestion is worse than none.
package spelling

import "strings"

// Nearest is the known word that was probably meant by word, "" where none is
// near: one slip for every three letters, three at most, case aside. Words of
// quite another length are not looked at.
func Nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, nearest := "", min(3, len(word)/3)+1
	for _, k := range known {
		if len(k)-len(word) >= nearest || len(word)-len(k) >= nearest {
			continue
		}
		if d := distance(word, strings.ToLower(k)); d < nearest {
			best, nearest = k, d
		}
	}
	return best
}

// distance counts the letters that were left out, added, changed or swapped
// with their neighbour between a and b (the optimal string alignment distance).
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
