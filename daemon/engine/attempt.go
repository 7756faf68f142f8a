package engine

import "github.com/penstock/penstock/daemon/run"

// variables are those that were given when step i was last played or retried.
func (l *live) variables(i int) map[string]string {
	if q := l.run.Steps[i].Requested; q != nil {
		return q.Variables
	}
	return nil
}

// outputs are those of the steps that step i reads or needs, each of its newest
// attempt that succeeded, by the keys of the steps.
func (l *live) outputs(i int) map[string]map[string]string {
	all := map[string]map[string]string{}
	p := &l.run.Plan.Steps[i]
	for _, read := range [][]int{p.After, p.Needs} {
		for _, n := range read {
			if outputs := l.newestOutputs(n); outputs != nil {
				all[l.run.Plan.Key(n)] = outputs
			}
		}
	}
	return all
}

// newestOutputs are the outputs of the newest attempt of step n that succeeded.
func (l *live) newestOutputs(n int) map[string]string {
	attempts := l.run.Steps[n].Attempts
	for k := len(attempts) - 1; k >= 0; k-- {
		if attempts[k].Status == run.Success {
			return attempts[k].Outputs
		}
	}
	return nil
}
