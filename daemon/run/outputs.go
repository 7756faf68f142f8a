package run

// Outputs are what step i may read when it begins: the outputs of the steps that
// it reads or needs, by their keys, each of its newest attempt that succeeded.
// A step that works again does not take back what it said before.
func (r *Run) Outputs(i int) map[string]map[string]string {
	all, p := map[string]map[string]string{}, &r.Plan.Steps[i]
	for _, read := range [][]int{p.After, p.Needs} {
		for _, n := range read {
			if outputs := r.Steps[n].outputs(); outputs != nil {
				all[r.Plan.Key(n)] = outputs
			}
		}
	}
	return all
}

// outputs are those of the newest attempt of s that succeeded.
func (s *Step) outputs() map[string]string {
	for k := len(s.Attempts) - 1; k >= 0; k-- {
		if a := &s.Attempts[k]; a.Status == Success {
			return a.Outputs
		}
	}
	return nil
}
