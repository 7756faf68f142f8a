package cron

import (
	"strconv"
	"strings"
)

// The bounds of N in weekday%N: two weeks to about a year of them.
const (
	fewestWeeks = 2
	mostWeeks   = 53
)

func (r *dayRules) any() bool {
	return r.fromEnd != 0 || r.nearest != 0 || r.lastWeekday || r.lastOf != 0 || r.nth != [6]uint8{} || r.weeks != nil
}

// rule reads an item that is a rule for days, if it is one.
func (f field) rule(p piece, rules *dayRules) (bool, error) {
	switch f.name {
	case dayField.name:
		return rules.readDate(p)
	case weekdayField.name:
		return rules.readWeekday(p)
	}
	if strings.ContainsAny(p.text, "#%") {
		return false, p.wrong("%s: # and %% belong to the weekday, the last field", f.name)
	}
	return false, nil
}

// readDate reads L, L-3, LW and 15W.
func (r *dayRules) readDate(p piece) (bool, error) {
	text := strings.ToUpper(p.text)
	number, nearest := strings.CutSuffix(text, "W")
	back, fromEnd := strings.CutPrefix(text, "L-")
	switch {
	case text == "L":
		r.fromEnd |= 1
	case text == "LW" || text == "WL":
		r.lastWeekday = true
	case fromEnd:
		n, err := strconv.Atoi(back)
		if err != nil || !digits(back) || n > 30 {
			return false, p.wrong("day of month: after L- belongs how many days before the last, 1-30, as in L-3")
		}
		r.fromEnd |= 1 << n
	case nearest:
		n, err := strconv.Atoi(number)
		if err != nil || !digits(number) || n < 1 || n > 31 {
			return false, p.wrong("day of month: before W belongs one day, 1-31, or L, as in 15W")
		}
		r.nearest |= 1 << n
	case strings.ContainsAny(text, "#%"):
		return false, p.wrong("day of month: # and %% belong to the weekday, the last field")
	default:
		return false, nil
	}
	return true, nil
}

// readWeekday reads friL, mon#2 and sun%2+1.
func (r *dayRules) readWeekday(p piece) (bool, error) {
	if name, n, found := p.cut('#'); found {
		return true, r.readNth(name, n)
	}
	if name, weeks, found := p.cut('%'); found {
		return true, r.readWeeks(name, weeks)
	}
	name, last := strings.CutSuffix(strings.ToUpper(p.text), "L")
	if !last {
		return false, nil
	}
	if name == "" {
		return false, p.wrong("weekday: L needs a day here, as in friL for the last Friday of the month")
	}
	day, err := weekdayField.value(piece{p.text[:len(name)], p.offset}, p)
	r.lastOf |= 1 << (day % 7)
	return true, err
}

func (r *dayRules) readNth(name, n piece) error {
	day, err := weekdayField.value(name, name)
	if err != nil {
		return err
	}
	if len(n.text) != 1 || n.text < "1" || n.text > "5" {
		return n.wrong("weekday: after # belongs 1-5, as in mon#2 for the second Monday; the last one is monL")
	}
	r.nth[n.text[0]-'0'] |= 1 << (day % 7)
	return nil
}

func (r *dayRules) readWeeks(name, weeks piece) error {
	day, err := weekdayField.value(name, name)
	if err != nil {
		return err
	}
	period, remainder, added := weeks.cut('+')
	n, err := strconv.Atoi(period.text)
	if err != nil || !digits(period.text) || n < fewestWeeks || n > mostWeeks {
		return period.wrong("weekday: after %% belongs %d-%d, as in sun%%2 for every other Sunday", fewestWeeks, mostWeeks)
	}
	k := 0
	if added {
		if k, err = strconv.Atoi(remainder.text); err != nil || !digits(remainder.text) || k > mostWeeks {
			return remainder.wrong("weekday: after + belongs by how many weeks to go on, 0-%d, as in sun%%2+1", n-1)
		}
	}
	r.weeks = append(r.weeks, week{weekday: day % 7, period: n, remainder: k % n})
	return nil
}
