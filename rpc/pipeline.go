package rpc

import "time"

// PipelineApplyRequest puts a definition: it makes the pipeline that the text
// names, or gives it a new revision where the text differs from the current
// one. The definition travels as its text; the daemon is the only judge.
type PipelineApplyRequest struct {
	Text   string `json:"text"`              // TOML, as the author wrote it
	File   string `json:"file,omitempty"`    // where it stands, for messages; "pipeline.toml" when empty
	DryRun bool   `json:"dry_run,omitempty"` // check it and show the difference; change nothing
	Note   string `json:"note,omitempty"`    // why, for the history; at most 1 KiB
	// ExpectRevision refuses the text with CodeConflict where the current
	// revision is another: somebody else was quicker. 0 expects nothing.
	ExpectRevision uint64 `json:"expect_revision,omitempty"`
}

// PipelineApplyResponse says what an apply did, or would do.
type PipelineApplyResponse struct {
	Pipeline   string `json:"pipeline"`       // its name
	Revision   uint64 `json:"revision"`       // the current one afterwards; with dry_run the one it would be
	Created    bool   `json:"created"`        // there was no pipeline of this name
	Changed    bool   `json:"changed"`        // there is a new revision; false: the text was the same already
	Difference string `json:"diff,omitempty"` // unified diff from the current revision's text
	// Schedules are those of the text, with their next instants.
	Schedules []Schedule `json:"schedules,omitempty"`
	Notes     []string   `json:"notes,omitempty"` // what is no error and yet to be known, such as a pipeline that is not there yet
}

// PipelineListRequest asks for the pipelines in the order of their names.
type PipelineListRequest struct {
	After string `json:"after,omitempty"` // names after this one: Next of the page before
	Limit int    `json:"limit,omitempty"` // 1 to 1000; 0 means 100
}

// PipelineListResponse is a page of pipelines.
type PipelineListResponse struct {
	Pipelines []Pipeline `json:"pipelines"`      // in the order of their names
	Next      string     `json:"next,omitempty"` // ask again with After = Next; "" is the end
}

// Pipeline is one line of a list.
type Pipeline struct {
	Name        string      `json:"name"`                  // unique in the daemon
	Description string      `json:"description,omitempty"` // of the text
	Revision    uint64      `json:"revision"`              // the current one
	AppliedAt   time.Time   `json:"applied_at"`            // the current revision is of then
	AppliedBy   string      `json:"applied_by"`            // user name, or "uid 1000" where it has none
	Stages      int         `json:"stages"`                // how many the text has
	Steps       int         `json:"steps"`                 // how many the text has; a matrix is one
	Latest      *RunSummary `json:"latest,omitempty"`      // its newest run
	Pauses      []Pause     `json:"pauses,omitempty"`      // in force now
}

// PipelineGetRequest asks for one revision of a pipeline.
type PipelineGetRequest struct {
	Name     string `json:"name"`               // of the pipeline
	Revision uint64 `json:"revision,omitempty"` // 0 is the current one
}

// PipelineRevision is one immutable text of a pipeline.
type PipelineRevision struct {
	Pipeline  string    `json:"pipeline"`         // its name
	Revision  uint64    `json:"revision"`         // from 1
	Current   bool      `json:"current"`          // new runs are of it
	AppliedAt time.Time `json:"applied_at"`       // when it was made
	AppliedBy string    `json:"applied_by"`       // user name, or "uid 1000" where it has none
	Note      string    `json:"note,omitempty"`   // why, as who applied it said
	Text      string    `json:"text"`             // TOML, as it was applied
	Pauses    []Pause   `json:"pauses,omitempty"` // of the pipeline, in force now
}

// PipelineHistoryRequest asks for the revisions of a pipeline, newest first.
type PipelineHistoryRequest struct {
	Name   string `json:"name"`             // of the pipeline
	Before uint64 `json:"before,omitempty"` // revisions below this one: Next of the page before
	Limit  int    `json:"limit,omitempty"`  // 1 to 1000; 0 means 50
}

// PipelineHistoryResponse is a page of revisions.
type PipelineHistoryResponse struct {
	Revisions []RevisionSummary `json:"revisions"`      // newest first
	Next      uint64            `json:"next,omitempty"` // ask again with before = next; 0 is the end
}

// RevisionSummary says who changed what when.
type RevisionSummary struct {
	Revision  uint64    `json:"revision"`       // from 1
	Current   bool      `json:"current"`        // new runs are of it
	AppliedAt time.Time `json:"applied_at"`     // when it was made
	AppliedBy string    `json:"applied_by"`     // user name, or "uid 1000" where it has none
	Note      string    `json:"note,omitempty"` // why, as who applied it said
	// Difference is the unified diff from the revision before.
	Difference string `json:"diff,omitempty"`
}

// PipelineRollbackRequest makes an old revision's text the current one again,
// as a new revision: history is never rewritten.
type PipelineRollbackRequest struct {
	Name     string `json:"name"`               // of the pipeline
	Revision uint64 `json:"revision,omitempty"` // 0 is the one before the current
	DryRun   bool   `json:"dry_run,omitempty"`  // check it and show the difference; change nothing
}

// PipelineRenameRequest gives a pipeline another name; its runs, revisions and
// numbers go with it. The stored text follows as a new revision.
type PipelineRenameRequest struct {
	Name string `json:"name"` // of the pipeline
	To   string `json:"to"`   // its name from now on
}

// PipelineCloneRequest makes a new pipeline of the current text under another
// name, with no runs.
type PipelineCloneRequest struct {
	Name string `json:"name"` // of the pipeline
	To   string `json:"to"`   // the name of the new one
}

// PipelineDeleteRequest removes a pipeline and everything under it.
type PipelineDeleteRequest struct {
	Name   string `json:"name"`              // of the pipeline
	DryRun bool   `json:"dry_run,omitempty"` // say what would go; remove nothing
	// Force cancels runs that are not over, without grace, and waits for their
	// end; without it they refuse the deletion with CodeConflict.
	Force bool `json:"force,omitempty"`
}

// PipelineDeleteResponse says what went with it.
type PipelineDeleteResponse struct {
	Revisions int    `json:"revisions"`          // how many
	Triggers  int    `json:"triggers,omitempty"` // schedules and others
	Keys      int    `json:"keys,omitempty"`     // trigger keys: who has one is refused from then on
	Runs      int    `json:"runs"`               // how many
	LiveRuns  int    `json:"live_runs"`          // not ended: without Force their presence refuses the deletion
	LogBytes  uint64 `json:"log_bytes"`          // stored
}
