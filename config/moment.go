package config

import "time"

// instant reads a moment: a date, a date and time, or either in a string. What
// names no zone is of the zone that is given; a date is its first moment there.
// The zero time is none.
func (t table) instant(key string, zone *time.Location) time.Time {
	switch v := t.values[key].(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return t.decodedInstant(key, v, zone)
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
			if at, err := time.ParseInLocation(layout, v, zone); err == nil {
				return at
			}
		}
		t.report(t.key(key), "%s = %s is no date or time; write 2026-12-31, 2026-12-31T23:00:00 or 2026-12-31T23:00:00Z", key, quote(v))
	default:
		t.wrong(key, "a date, or a date and time")
	}
	return time.Time{}
}

// decodedInstant is a moment that the decoder read. It marks what names no zone
// by the name of the zone that it puts in.
func (t table) decodedInstant(key string, v time.Time, zone *time.Location) time.Time {
	switch v.Location().String() {
	case "time-local":
		t.report(t.key(key), "%s needs a date: write 2026-12-31, or 2026-12-31T23:00:00", key)
		return time.Time{}
	case "datetime-local", "date-local":
		return time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), zone)
	}
	return v
}
