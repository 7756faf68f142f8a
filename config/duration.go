package config

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

var errDuration = errors.New(`write it as "90s", "20m", "1h30m", "2d" or "1w"`)

// ParseDuration reads a duration: numbers with the units of time.ParseDuration
// (ns, us, ms, s, m, h) and d for 24 hours, w for 7 days; never negative.
func ParseDuration(text string) (time.Duration, error) {
	if text == "" {
		return 0, errDuration
	}
	var total time.Duration
	for rest := text; rest != ""; {
		var part time.Duration
		var err error
		if part, rest, err = cutDuration(rest); err != nil {
			return 0, err
		}
		if total += part; total < 0 {
			return 0, errors.New("it is too long")
		}
	}
	return total, nil
}

// cutDuration reads one number with its unit from the front of text.
func cutDuration(text string) (d time.Duration, rest string, err error) {
	unit := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if unit <= 0 {
		return 0, "", errDuration
	}
	end := strings.IndexFunc(text[unit:], func(r rune) bool { return r == '.' || r >= '0' && r <= '9' })
	if end < 0 {
		end = len(text) - unit
	}
	number, name, rest := text[:unit], text[unit:unit+end], text[unit+end:]
	d, err = inUnit(number, name)
	return d, rest, err
}

func inUnit(number, name string) (time.Duration, error) {
	switch name {
	case "d":
		return times(number, day)
	case "w":
		return times(number, week)
	}
	d, err := time.ParseDuration(number + name)
	if err != nil {
		return 0, errDuration
	}
	return d, nil
}

// times is number units. The number may have a fraction.
func times(number string, unit time.Duration) (time.Duration, error) {
	hours, err := time.ParseDuration(number + "h")
	if err != nil {
		return 0, errDuration
	}
	n := int64(unit / time.Hour)
	if int64(hours) > math.MaxInt64/n {
		return 0, fmt.Errorf("it is too long: the longest is %d days", time.Duration(math.MaxInt64)/day)
	}
	return hours * time.Duration(n), nil
}
