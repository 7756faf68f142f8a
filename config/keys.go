package config

import "slices"

// kind is what a table may hold.
type kind struct {
	title string // with its article
	keys  []string
}

// The tables of a pipeline.
var (
	pipelineKind = kind{"a pipeline", []string{
		"name", "description", "type", "order", "workspace", "priority", "timeout", "max_parallel",
		"overlap", "auto_cancel", "retention", "run_name", "labels", "trigger", "input", "variables", "rule", "stage",
	}}
	stageKind = kind{"a stage", []string{"name", "order", "skip", "variables", "step"}}
	stepKind  = kind{"a step", []string{
		"name", "uses", "with", "needs", "when", "start_in", "manual_confirmation", "allow_failure", "rule", "skip", "retry",
		"timeout", "silence_timeout", "waiting_timeout", "resource_group", "interruptible", "parallel", "matrix",
		"max_parallel", "fail_fast", "variables", "dir",
	}}
	triggerKind = kind{"a trigger", append([]string{
		"name", "schedule", "after", "files", "key", "inputs", "variables", "sub_queue", "overlap", "pause_on_failure",
	}, scheduleKeys...)}
	// occasionKind is what only a trigger has.
	occasionKind     = kind{"a trigger", append([]string{"schedule", "after", "files", "key"}, scheduleKeys...)}
	jitterKind       = kind{"jitter", []string{"max", "random"}}
	afterKind        = kind{"after", []string{"pipeline", "status", "labels"}}
	filesKind        = kind{"files", []string{"pattern", "settle", "claim"}}
	inputKind        = kind{"an input", []string{"name", "type", "default", "options", "regex", "description"}}
	runRuleKind      = kind{"a rule of a pipeline", []string{"if", "when", "auto_cancel", "variables"}}
	stepRuleKind     = kind{"a rule of a step", []string{"if", "when", "start_in", "allow_failure", "needs", "interruptible", "variables"}}
	needKind         = kind{"a need", []string{"step", "optional", "artifacts", "matrix"}}
	overlapKind      = kind{"overlap", []string{"policy", "limit"}}
	autoCancelKind   = kind{"auto_cancel", []string{"on_new_run", "on_step_failure"}}
	retentionKind    = kind{"retention", []string{"age", "count", "success", "failed", "canceled", "skipped"}}
	boundsKind       = kind{"the retention of a status", []string{"age", "count"}}
	retryKind        = kind{"retry", []string{"max", "when", "exit_codes", "delay", "backoff", "max_delay", "jitter"}}
	allowFailureKind = kind{"allow_failure", []string{"exit_codes"}}
	parallelKind     = kind{"parallel", []string{"number", "matrix"}}
	downstreamKind   = kind{"the settings of a step that starts a run", []string{"pipeline", "inline", "file", "strategy", "forward", "inputs", "variables"}}
	forwardKind      = kind{"forward", []string{"yaml_variables", "pipeline_variables"}}
)

// laterKeys are in the language but not in this release. To ignore them would
// run a pipeline that does not do what it says.
var laterKeys = []string{"artifacts", "cache", "environment", "run_as", "secrets"}

// allow reports every key that k does not have. The kinds in others are those
// a key may belong to instead.
func (t table) allow(k kind, others ...kind) {
	for _, key := range sortedKeys(t.values) {
		if !slices.Contains(k.keys, key) {
			t.report(t.key(key), "%s", stranger(key, k, others))
		}
	}
}

// stranger says why a key has no place in a table of kind k.
func stranger(key string, k kind, others []kind) string {
	for _, o := range others {
		if slices.Contains(o.keys, key) {
			return quote(key) + " is a key of " + o.title + ", not of " + k.title
		}
	}
	if len(others) > 0 && slices.Contains(laterKeys, key) {
		return quote(key) + " is not supported by this version"
	}
	return "unknown key " + quote(key) + " in " + k.title + didYouMean(key, k.keys)
}
