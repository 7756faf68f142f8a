package engine

// Load is how busy the engine is.
type Load struct {
	LiveRuns, RunningSteps, PendingSteps, MaxRunning int
}

// Load is the load after the latest turn.
func (e *Engine) Load() Load {
	if l := e.load.Load(); l != nil {
		return *l
	}
	return Load{}
}

// showLoad makes Load what it is now, with so many live runs.
func (e *Engine) showLoad(lives int) {
	e.load.Store(&Load{
		LiveRuns: lives, RunningSteps: e.running, PendingSteps: e.pending, MaxRunning: e.settings.MaxRunning,
	})
}
