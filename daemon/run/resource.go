package run

// Claims counts the steps of r in a resource group: those that have it, those
// that wait for it, and those that may come to wait.
func (r *Run) Claims(group string) (have, wait, may int) {
	t := r.graph.resources[group]
	if t == nil {
		return 0, 0, 0
	}
	return t.count[tagPending] + t.count[tagRunning] + t.count[tagCanceling] + t.count[tagBlocked],
		t.count[tagWaitingForResource], t.count[tagCreated] + t.count[tagScheduled]
}
