package sleep

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

func duration(d time.Duration) *step.Duration { return (*step.Duration)(&d) }

func TestValidateWantsExactlyOneTime(t *testing.T) {
	at := time.Now()
	for name, c := range map[string]struct {
		settings Settings
		want     string // in the error; "" is good
	}{
		"for":         {Settings{For: duration(time.Second)}, ""},
		"no time":     {Settings{For: duration(0)}, ""},
		"until":       {Settings{Until: &at}, ""},
		"neither":     {Settings{}, "say how long"},
		"both":        {Settings{For: duration(1), Until: &at}, "until stands beside"},
		"before time": {Settings{For: duration(-time.Second)}, "for -1s is before now"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.settings.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWaitsItsTime(t *testing.T) {
	for name, wait := range map[string]func(context.Context) error{
		"for":   func(ctx context.Context) error { return wait(ctx, 90*time.Minute) },
		"until": func(ctx context.Context) error { return waitUntil(ctx, time.Now().Add(90*time.Minute)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				if err := wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took != 90*time.Minute {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestPastInstantEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := waitUntil(t.Context(), begun.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("took %s", took)
		}
	})
}

func TestCancelEndsTheWaitAtOnce(t *testing.T) {
	for name, wait := range map[string]func(context.Context) error{
		"for":   func(ctx context.Context) error { return wait(ctx, time.Hour) },
		"until": func(ctx context.Context) error { return waitUntil(ctx, time.Now().Add(time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reason := errors.New("canceled by a person")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(15*time.Second, func() { cancel(reason) })
				begun := time.Now()
				if err := wait(ctx); !errors.Is(err, reason) {
					t.Errorf("got %v, want the cause", err)
				}
				if took := time.Since(begun); took != 15*time.Second {
					t.Errorf("took %s after the cancel at 15s", took)
				}
			})
		})
	}
}
