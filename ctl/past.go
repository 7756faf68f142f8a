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
		return nil, usagef("%s %q: want 18:00, \"2026-11-24 08:00\", 2026-11-24T08:00:00Z, or how long ago: 2h, 3d", flag, text)
	}
	if _, err := time.Parse("15:04", text); err == nil { // the next one
		moment = moment.AddDate(0, 0, -1)
	}
	return &moment, nil
}
