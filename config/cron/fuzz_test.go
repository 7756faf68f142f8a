package cron_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// Whatever is accepted is due at some time, and is found again; whatever is
// refused says where.
func FuzzParse(f *testing.F) {
	for _, text := range append(expressions(), "@every 1h", "@at 2026-01-01T00:00:00+02:00", "@reboot", "TZ=UTC", ", * * * *", "*-3 * * * *", "0 0 0 0 0 0") {
		f.Add(text)
	}
	zone, err := cron.Zone("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	long := time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cron.Parse(text)
		if err != nil {
			var wrong *cron.SyntaxError
			if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(text) || wrong.Message == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		if again, err := cron.Parse(e.String()); err != nil || again.Describe() != e.Describe() {
			t.Fatalf("%q is kept as %q: %v", text, e, err)
		}
		next, ok := e.Next(long, zone, long)
		if !ok && e.Kind() == cron.Cron {
			t.Fatalf("%q (%s) is never due", text, e.Describe())
		}
		if prev, found := e.Prev(next.At, zone, long); ok && (!found || prev != next) {
			t.Fatalf("%q: next %v, back from there %v", text, next, prev)
		}
	})
}
