package engine

// variables are those that were given when step i was last played or retried.
func (l *live) variables(i int) map[string]string {
	if q := l.run.Steps[i].Requested; q != nil {
		return q.Variables
	}
	return nil
}
