package run

// Status is how far a step, an attempt, a stage or a run has come, in GitLab's
// words.
type Status string

// The statuses.
const (
	Created            Status = "created"              // it waits for what comes before it
	WaitingForResource Status = "waiting_for_resource" // it waits for a resource group
	Pending            Status = "pending"              // it may begin and waits for a place
	Running            Status = "running"
	Success            Status = "success"
	Failed             Status = "failed"
	Canceling          Status = "canceling" // asked to end, not yet gone
	Canceled           Status = "canceled"
	Skipped            Status = "skipped"
	Manual             Status = "manual"    // a person begins it
	Scheduled          Status = "scheduled" // it begins after a delay
)

// Complete reports whether s is an end: success, failed, canceled or skipped.
func (s Status) Complete() bool {
	return s == Success || s == Failed || s == Canceled || s == Skipped
}

// FailureReason says why an attempt, or a step that never began, failed.
type FailureReason string

// The failure reasons. The word in brackets is GitLab's.
const (
	ScriptFailure     FailureReason = "script_failure"     // the work itself said no
	StepTimeout       FailureReason = "step_timeout"       // [job_execution_timeout]
	StuckOrTimeout    FailureReason = "stuck_or_timeout"   // it was silent, or waited, for too long [stuck_or_timeout_failure]
	PluginFailure     FailureReason = "plugin_failure"     // the machinery broke [runner_system_failure]
	PluginMissing     FailureReason = "plugin_missing"     // no such plugin [runner_unsupported]
	MissingDependency FailureReason = "missing_dependency" // an output that it reads is not there [missing_dependency_failure]
	Lost              FailureReason = "lost"               // nobody can know how it ended

	DownstreamCreationFailed FailureReason = "downstream_pipeline_creation_failed"    // the run that it stands for was refused
	DownstreamFailed         FailureReason = "downstream_pipeline_failed"             // that run did not succeed [GitLab: none]
	LoopDetected             FailureReason = "pipeline_loop_detected"                 // that run would be of a pipeline above it
	TooDeep                  FailureReason = "reached_max_descendant_pipelines_depth" // children within children
	TooLarge                 FailureReason = "reached_max_pipeline_hierarchy_size"    // runs below one
)
