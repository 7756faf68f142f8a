package ctl

import (
	"time"

	"github.com/penstock/penstock/config"
)

// past reads a time that has been, as people write it: a time of day is the
// last such one, a length is so long ago. "" is none.
func past(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if length, err := config.ParseDuration(text); err == nil {
		moment := now.Add(-length)
		return &moment, nil
	}
	moment, ok := parseMoment(text, now)
	if !ok {
		return nil, usagef("%s %q: want now, 18:00, \"2026-11-24 08:00\", 2026-11-24T08:00:00Z, or how long ago: 2h, 3d", flag, text)
	}
	if _, err := time.Parse("15:04", text); err == nil { // the next one
		moment = moment.AddDate(0, 0, -1)
	}
	return &moment, nil
}

// ahead reads a time, as people write it: a time of day is the next such one,
// a length is so far off. "" is none.
func ahead(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if length, err := config.ParseDuration(text); err == nil {
		moment := now.Add(length)
		return &moment, nil
	}
	moment, ok := parseMoment(text, now)
	if !ok {
		return nil, usagef("%s %q: want now, 18:00, \"2026-11-24 08:00\", 2026-11-24T08:00:00Z, or how far off: 2h, 90d", flag, text)
	}
	return &moment, nil
}

// parseMoment reads a time as people write it, in the zone of now: a time of
// day is the next such one.
func parseMoment(text string, now time.Time) (time.Time, bool) {
	if text == "now" {
		return now, true
	}
	if t, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
		if !t.After(now) {
			t = time.Date(now.Year(), now.Month(), now.Day()+1, t.Hour(), t.Minute(), 0, 0, now.Location())
		}
		return t, true
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
