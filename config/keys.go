package config

import "slices"

// kind is what a table may hold.
type kind struct {
	title string // with its article
	keys  []string
}

// The tables of a pipeline.
var (
	pipelineKind = kind{"a pipeline", []string{"name", "description", "type", "order", "workspace", "variables", "stage"}}
	stageKind    = kind{"a stage", []string{"name", "order", "variables", "step"}}
	stepKind     = kind{"a step", []string{"name", "uses", "with", "needs", "when", "allow_failure", "timeout", "variables", "dir"}}
)

// laterKeys are in the language but not in this release. To ignore them would
// run a pipeline that does not do what it says.
var laterKeys = []string{
	"artifacts", "cache", "environment", "input", "interruptible", "manual_confirmation", "matrix", "parallel",
	"resource_group", "retry", "rule", "run_as", "skip", "start_in", "trigger",
}

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
