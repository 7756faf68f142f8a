package config

import (
	"slices"
	"time"
)

const (
	maxRetries = 10
	maxBackoff = 100
)

// retryReasons are the failures that can be tried again: see run.FailureReason.
var retryReasons = []string{
	"always", "script_failure", "step_timeout", "stuck_or_timeout", "plugin_failure", "plugin_missing", "lost",
	"downstream_pipeline_creation_failed", "downstream_pipeline_failed",
}

// retry reads how often, and after which failures, a step is tried again.
func (t table) retry() (r Retry) {
	if _, isTable := t.values["retry"].(map[string]any); !isTable {
		r.Max, _ = t.count("retry", 0, maxRetries)
		return r
	}
	t.each(retryKind, "retry", func(t table) { r = t.retryRule() })
	return r
}

func (t table) retryRule() (r Retry) {
	if !t.has("max") {
		t.missing("max", "it says how often a step is tried again, from 0 to 10")
	}
	r.Max, _ = t.count("max", 0, maxRetries)
	r.When = t.retryWhen()
	r.ExitCodes = t.exitCodes()
	r.Delay, _ = t.duration("delay")
	r.Backoff, _ = t.number("backoff", 1, maxBackoff)
	r.MaxDelay, _ = t.duration("max_delay")
	r.Jitter, _ = t.number("jitter", 0, 1)
	t.checkDelay(r.Delay, r.MaxDelay)
	return r
}

func (t table) retryWhen() []string {
	if t.empty("when") {
		t.report(t.key("when"), "when is empty: leave it out for every reason, or write max = 0 for none")
	}
	var reasons []string
	for _, e := range t.oneOrMore("when") {
		reason, ok := e.value.(string)
		switch {
		case !ok:
			t.report(e.at, "when must hold failure reasons, not %s", describe(e.value))
		case !slices.Contains(retryReasons, reason):
			t.report(e.at, "when holds %s, which is no failure that can be tried again%s", quote(reason), didYouMean(reason, retryReasons))
		case !slices.Contains(reasons, reason):
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// checkDelay reports what changes a delay where there is none.
func (t table) checkDelay(delay, most time.Duration) {
	for _, key := range []string{"backoff", "max_delay", "jitter"} {
		if t.has(key) && !t.has("delay") {
			t.report(t.key(key), `%s means nothing without delay, such as delay = "10s"`, key)
		}
	}
	if delay > 0 && most > 0 && most < delay {
		t.report(t.key("max_delay"), "max_delay is shorter than delay, with which the first retry waits")
	}
}
