// Package sleep is the step that lets time pass: for a while, or until an
// instant.
//
// It owns nothing but the wait. It promises to end at once when it is canceled,
// and never before its time: "for" counts the time that the machine is awake
// and does not care how the clock is set; "until" follows the wall clock, looks
// at it again every ten seconds, and so ends at most ten seconds late where the
// clock was set or the machine slept. An instant in the past is success at
// once.
//
// It refuses to be a schedule: a run that should begin later is a trigger's
// business, and a waiting step holds its run's place.
package sleep

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

// Settings are the step's `with` table: exactly one of the two.
type Settings struct {
	For   *step.Duration `json:"for,omitempty" jsonschema:"how long, such as 90s or 1h30m; 0s is no time"`
	Until *time.Time     `json:"until,omitempty" jsonschema:"an instant as in RFC 3339, such as 2030-01-31T06:00:00+01:00"`
}

// Validate says what is wrong with the settings.
func (s Settings) Validate() error {
	switch {
	case s.For == nil && s.Until == nil:
		return step.Problems{{Message: `say how long: for = "10s", or until = "2030-01-31T06:00:00Z"`}}
	case s.For != nil && s.Until != nil:
		return step.Problems{{Path: "until", Message: "stands beside `for`: only one of the two can be meant"}}
	case s.For != nil && *s.For < 0:
		return step.Problems{{Path: "for", Message: fmt.Sprintf("%s is before now: 0s is the least", *s.For)}}
	}
	return nil
}

// About describes the step. A process waits for a thousand attempts at a time:
// one costs no more than a timer.
func About() step.About {
	return step.About{
		Type:          "sleep",
		Version:       "1.0.0",
		Summary:       "Let time pass",
		Documentation: documentation,
		Capacity:      1000,
	}
}

const documentation = `Waits for a while, or until an instant:

    with = { for = "10s" }
    with = { until = "2030-01-31T06:00:00+01:00" }

"until" in the past ends at once. Cancel ends the wait at once.
`

// Do waits.
func Do(ctx context.Context, s Settings, t *step.Task) error {
	if s.Until == nil {
		if _, err := fmt.Fprintln(t, "sleeping for", *s.For); err != nil {
			return err
		}
		return wait(ctx, s.For.Duration())
	}
	if _, err := fmt.Fprintln(t, "sleeping until", s.Until.Format(time.RFC3339)); err != nil {
		return err
	}
	return waitUntil(ctx, *s.Until)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// look is how often the wall clock is read.
const look = 10 * time.Second

func waitUntil(ctx context.Context, at time.Time) error {
	for {
		// Without Round the difference would be of the monotonic clock, which
		// a suspended machine stops.
		left := at.Sub(time.Now().Round(0))
		if left <= 0 {
			return nil
		}
		if err := wait(ctx, min(left, look)); err != nil {
			return err
		}
	}
}
