package config

const (
	maxPriority = 100
	maxOverlap  = 1000    // runs of one pipeline at a time
	maxKept     = 1000000 // runs that retention leaves
	year        = 365 * day
)

// overlap reads what happens to a run beside others of the pipeline: the name
// of a policy, or a table with its limit.
func (t table) overlap() Overlap {
	o := Overlap{Policy: OverlapAllow, Limit: 1}
	if _, isText := t.values["overlap"].(string); isText {
		o.Policy = overlapPolicy(t, "overlap")
		return o
	}
	t.each(overlapKind, "overlap", func(t table) {
		o.Policy = overlapPolicy(t, "policy")
		if n, ok := t.count("limit", 1, maxOverlap); ok {
			o.Limit = n
		}
		if t.has("limit") && o.Policy == OverlapAllow {
			t.report(t.key("limit"), `limit means nothing with the policy "allow", which is the default; write policy = "queue" for runs that wait`)
		}
	})
	return o
}

func overlapPolicy(t table, key string) OverlapPolicy {
	return choose(t, key, OverlapAllow, OverlapQueue, OverlapQueueOne, OverlapSkip, OverlapCancel)
}

// autoCancel reads what ends because of others; what is not said stays.
func (t table) autoCancel(a AutoCancel) AutoCancel {
	t.each(autoCancelKind, "auto_cancel", func(t table) {
		if t.has("on_new_run") {
			a.OnNewRun = choose(t, "on_new_run", CancelNone, CancelConservative, CancelInterruptible)
		}
		if t.has("on_step_failure") {
			a.OnStepFailure = choose(t, "on_step_failure", FailureGoesOn, FailureCancelsAll)
		}
	})
	return a
}

// retention reads which runs are kept.
func (t table) retention() (r Retention) {
	t.each(retentionKind, "retention", func(t table) {
		all := t.bounds()
		r.Age, r.Count = all.Age, all.Count
		for _, status := range []string{"success", "failed", "canceled", "skipped"} {
			t.each(boundsKind, status, func(sub table) {
				if r.ByStatus == nil {
					r.ByStatus = map[string]KeepBounds{}
				}
				r.ByStatus[status] = sub.bounds()
			})
		}
	})
	return r
}

func (t table) bounds() (b KeepBounds) {
	b.Age, _ = t.durationWithin("age", day, year, "1 day to 1 year (365d)")
	b.Count, _ = t.count("count", 1, maxKept)
	return b
}
