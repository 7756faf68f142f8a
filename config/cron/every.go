package cron

import (
	"strconv"
	"strings"
	"time"
)

// The bounds of a period, in seconds.
const (
	shortest = 1
	longest  = 3660 * daySeconds
)

// parseEvery reads what follows @every.
func parseEvery(text string, offset int) (*Expression, error) {
	var total int64
	for rest := text; rest != "" || text == ""; {
		seconds, after, ok := cutPeriod(rest)
		if !ok {
			return nil, wrong(offset+len(text)-len(rest), `a period of whole seconds belongs here, as in @every 90s, @every 6h, @every 1h30m, @every 2d or @every 1w`)
		}
		if total += seconds; total > longest {
			return nil, wrong(offset, "%s is too long; the longest period is %dd", text, longest/daySeconds)
		}
		rest = after
	}
	if total < shortest {
		return nil, wrong(offset, "%s is too short; the shortest period is 1s", text)
	}
	return &Expression{kind: Every, number: total}, nil
}

// cutPeriod reads a number with its unit from the front of text.
func cutPeriod(text string) (seconds int64, rest string, ok bool) {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end <= 0 {
		return 0, "", false
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	unit := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': daySeconds, 'w': 7 * daySeconds}[text[end]|0x20]
	if unit == 0 {
		return 0, "", false
	}
	if err != nil || n > longest {
		n = longest + 1
	}
	return n * unit, text[end+1:], true
}

// nextEvery is the first whole period after the anchor that ends after the
// given time.
func (e *Expression) nextEvery(after, anchor time.Time) (Occurrence, bool) {
	n := max(floor(after.Unix()-anchor.Unix(), e.number)+1, 1)
	return exactly(anchor.Unix() + n*e.number)
}

func (e *Expression) prevEvery(at, anchor time.Time) (Occurrence, bool) {
	n := floor(at.Unix()-anchor.Unix(), e.number)
	if n < 1 {
		return Occurrence{}, false
	}
	return exactly(anchor.Unix() + n*e.number)
}

// exactly is an occurrence that no zone has a say in.
func exactly(instant int64) (Occurrence, bool) {
	t := time.Unix(instant, 0).UTC()
	return Occurrence{At: t, Wall: t}, true
}

// floor is a divided by b, rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
