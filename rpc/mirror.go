package rpc

import "context"

// PipelineApply makes a pipeline of a text, or gives it a new revision.
func (c *Client) PipelineApply(ctx context.Context, r *PipelineApplyRequest) (*PipelineApplyResponse, error) {
	return invoke[PipelineApplyResponse](ctx, c, PipelineApply, r)
}

// PipelineList lists the pipelines in the order of their names.
func (c *Client) PipelineList(ctx context.Context, r *PipelineListRequest) (*PipelineListResponse, error) {
	return invoke[PipelineListResponse](ctx, c, PipelineList, r)
}

// PipelineGet gets one revision of a pipeline.
func (c *Client) PipelineGet(ctx context.Context, r *PipelineGetRequest) (*PipelineRevision, error) {
	return invoke[PipelineRevision](ctx, c, PipelineGet, r)
}

// PipelineHistory lists the revisions of a pipeline, newest first.
func (c *Client) PipelineHistory(ctx context.Context, r *PipelineHistoryRequest) (*PipelineHistoryResponse, error) {
	return invoke[PipelineHistoryResponse](ctx, c, PipelineHistory, r)
}

// PipelineRollback makes an old revision's text the current one.
func (c *Client) PipelineRollback(ctx context.Context, r *PipelineRollbackRequest) (*PipelineApplyResponse, error) {
	return invoke[PipelineApplyResponse](ctx, c, PipelineRollback, r)
}

// PipelineRename gives a pipeline another name.
func (c *Client) PipelineRename(ctx context.Context, r *PipelineRenameRequest) (*Empty, error) {
	return invoke[Empty](ctx, c, PipelineRename, r)
}

// PipelineClone makes a new pipeline of another's current text.
func (c *Client) PipelineClone(ctx context.Context, r *PipelineCloneRequest) (*PipelineApplyResponse, error) {
	return invoke[PipelineApplyResponse](ctx, c, PipelineClone, r)
}

// PipelineDelete removes a pipeline and everything under it.
func (c *Client) PipelineDelete(ctx context.Context, r *PipelineDeleteRequest) (*PipelineDeleteResponse, error) {
	return invoke[PipelineDeleteResponse](ctx, c, PipelineDelete, r)
}

// PipelinePause pauses a pipeline, a stage or a step.
func (c *Client) PipelinePause(ctx context.Context, r *PipelinePauseRequest) (*PipelinePausesResponse, error) {
	return invoke[PipelinePausesResponse](ctx, c, PipelinePause, r)
}

// PipelineResume takes a pause back.
func (c *Client) PipelineResume(ctx context.Context, r *PipelineResumeRequest) (*PipelinePausesResponse, error) {
	return invoke[PipelinePausesResponse](ctx, c, PipelineResume, r)
}

// RunStart starts a run. After ErrLost the same Key tells whether it did.
func (c *Client) RunStart(ctx context.Context, r *RunStartRequest) (*RunStartResponse, error) {
	return invoke[RunStartResponse](ctx, c, RunStart, r)
}

// RunList lists runs, newest first.
func (c *Client) RunList(ctx context.Context, r *RunListRequest) (*RunListResponse, error) {
	return invoke[RunListResponse](ctx, c, RunList, r)
}

// RunLatest finds the newest run of a pipeline.
func (c *Client) RunLatest(ctx context.Context, r *RunLatestRequest) (*RunLatestResponse, error) {
	return invoke[RunLatestResponse](ctx, c, RunLatest, r)
}

// RunGet gets a run with all its steps.
func (c *Client) RunGet(ctx context.Context, r *RunGetRequest) (*Run, error) {
	return invoke[Run](ctx, c, RunGet, r)
}

// RunWatch waits for a run to change.
func (c *Client) RunWatch(ctx context.Context, r *RunWatchRequest) (*RunWatchResponse, error) {
	return invoke[RunWatchResponse](ctx, c, RunWatch, r)
}

// RunWhy says why a run, or a step, is as it is.
func (c *Client) RunWhy(ctx context.Context, r *RunWhyRequest) (*Explanation, error) {
	return invoke[Explanation](ctx, c, RunWhy, r)
}

// RunPlay begins manual and scheduled steps now.
func (c *Client) RunPlay(ctx context.Context, r *RunPlayRequest) (*RunStepsResponse, error) {
	return invoke[RunStepsResponse](ctx, c, RunPlay, r)
}

// RunUnschedule makes scheduled steps manual.
func (c *Client) RunUnschedule(ctx context.Context, r *RunUnscheduleRequest) (*RunStepsResponse, error) {
	return invoke[RunStepsResponse](ctx, c, RunUnschedule, r)
}

// RunRetry tries steps again that have ended.
func (c *Client) RunRetry(ctx context.Context, r *RunRetryRequest) (*RunStepsResponse, error) {
	return invoke[RunStepsResponse](ctx, c, RunRetry, r)
}

// RunCancel asks a run, or some of its steps, to end.
func (c *Client) RunCancel(ctx context.Context, r *RunCancelRequest) (*RunCancelResponse, error) {
	return invoke[RunCancelResponse](ctx, c, RunCancel, r)
}

// RunDelete removes a run with its logs and its workspace.
func (c *Client) RunDelete(ctx context.Context, r *RunDeleteRequest) (*RunDeleteResponse, error) {
	return invoke[RunDeleteResponse](ctx, c, RunDelete, r)
}

// LogRead reads the log of one attempt from a byte cursor.
func (c *Client) LogRead(ctx context.Context, r *LogReadRequest) (*LogReadResponse, error) {
	return invoke[LogReadResponse](ctx, c, LogRead, r)
}

// LogErase removes the log of an attempt, or of a step.
func (c *Client) LogErase(ctx context.Context, r *LogEraseRequest) (*LogEraseResponse, error) {
	return invoke[LogEraseResponse](ctx, c, LogErase, r)
}

// KeyCreate makes a trigger key of a pipeline.
func (c *Client) KeyCreate(ctx context.Context, r *KeyCreateRequest) (*KeyCreateResponse, error) {
	return invoke[KeyCreateResponse](ctx, c, KeyCreate, r)
}

// KeyList lists trigger keys.
func (c *Client) KeyList(ctx context.Context, r *KeyListRequest) (*KeyListResponse, error) {
	return invoke[KeyListResponse](ctx, c, KeyList, r)
}

// KeyUpdate changes what is said of a trigger key.
func (c *Client) KeyUpdate(ctx context.Context, r *KeyUpdateRequest) (*Key, error) {
	return invoke[Key](ctx, c, KeyUpdate, r)
}

// KeyDelete ends a trigger key.
func (c *Client) KeyDelete(ctx context.Context, r *KeyDeleteRequest) (*Key, error) {
	return invoke[Key](ctx, c, KeyDelete, r)
}

// ResourceList lists the resource groups.
func (c *Client) ResourceList(ctx context.Context, r *Empty) (*ResourceListResponse, error) {
	return invoke[ResourceListResponse](ctx, c, ResourceList, r)
}

// ResourceMode says in which order steps get a resource group.
func (c *Client) ResourceMode(ctx context.Context, r *ResourceModeRequest) (*Resource, error) {
	return invoke[Resource](ctx, c, ResourceMode, r)
}

// ScheduleList lists the schedules in the order of their names.
func (c *Client) ScheduleList(ctx context.Context, r *ScheduleListRequest) (*ScheduleListResponse, error) {
	return invoke[ScheduleListResponse](ctx, c, ScheduleList, r)
}

// ScheduleNext says when schedules will be due.
func (c *Client) ScheduleNext(ctx context.Context, r *ScheduleNextRequest) (*ScheduleNextResponse, error) {
	return invoke[ScheduleNextResponse](ctx, c, ScheduleNext, r)
}

// ScheduleAudit lists what was decided of the instants of a trigger, newest first.
func (c *Client) ScheduleAudit(ctx context.Context, r *ScheduleAuditRequest) (*ScheduleAuditResponse, error) {
	return invoke[ScheduleAuditResponse](ctx, c, ScheduleAudit, r)
}

// ScheduleHistory lists the runs that a schedule made, newest first.
func (c *Client) ScheduleHistory(ctx context.Context, r *ScheduleHistoryRequest) (*ScheduleHistoryResponse, error) {
	return invoke[ScheduleHistoryResponse](ctx, c, ScheduleHistory, r)
}

// ScheduleForecast says what all schedules together will do.
func (c *Client) ScheduleForecast(ctx context.Context, r *ScheduleForecastRequest) (*Forecast, error) {
	return invoke[Forecast](ctx, c, ScheduleForecast, r)
}

// SchedulePlay starts a run of a schedule now.
func (c *Client) SchedulePlay(ctx context.Context, r *SchedulePlayRequest) (*SchedulePlayResponse, error) {
	return invoke[SchedulePlayResponse](ctx, c, SchedulePlay, r)
}

// SchedulePause pauses schedules.
func (c *Client) SchedulePause(ctx context.Context, r *SchedulePauseRequest) (*SchedulesResponse, error) {
	return invoke[SchedulesResponse](ctx, c, SchedulePause, r)
}

// ScheduleResume takes pauses of schedules back.
func (c *Client) ScheduleResume(ctx context.Context, r *ScheduleResumeRequest) (*SchedulesResponse, error) {
	return invoke[SchedulesResponse](ctx, c, ScheduleResume, r)
}

// BackfillStart makes up for past instants of a schedule.
func (c *Client) BackfillStart(ctx context.Context, r *BackfillStartRequest) (*BackfillStartResponse, error) {
	return invoke[BackfillStartResponse](ctx, c, BackfillStart, r)
}

// BackfillList lists the backfills, newest first.
func (c *Client) BackfillList(ctx context.Context, r *BackfillListRequest) (*BackfillListResponse, error) {
	return invoke[BackfillListResponse](ctx, c, BackfillList, r)
}

// BackfillCancel ends a backfill.
func (c *Client) BackfillCancel(ctx context.Context, r *BackfillCancelRequest) (*Backfill, error) {
	return invoke[Backfill](ctx, c, BackfillCancel, r)
}

// CalendarPut makes a calendar of a text, or gives it another text.
func (c *Client) CalendarPut(ctx context.Context, r *CalendarPutRequest) (*CalendarPutResponse, error) {
	return invoke[CalendarPutResponse](ctx, c, CalendarPut, r)
}

// CalendarList lists the calendars.
func (c *Client) CalendarList(ctx context.Context, r *Empty) (*CalendarListResponse, error) {
	return invoke[CalendarListResponse](ctx, c, CalendarList, r)
}

// CalendarGet gets a calendar and what it covers in a year.
func (c *Client) CalendarGet(ctx context.Context, r *CalendarGetRequest) (*CalendarGetResponse, error) {
	return invoke[CalendarGetResponse](ctx, c, CalendarGet, r)
}

// CalendarDelete removes a calendar that no schedule uses.
func (c *Client) CalendarDelete(ctx context.Context, r *CalendarDeleteRequest) (*Empty, error) {
	return invoke[Empty](ctx, c, CalendarDelete, r)
}

// FreezeSet freezes everything.
func (c *Client) FreezeSet(ctx context.Context, r *FreezeSetRequest) (*Freeze, error) {
	return invoke[Freeze](ctx, c, FreezeSet, r)
}

// FreezeGet says whether everything is frozen.
func (c *Client) FreezeGet(ctx context.Context, r *Empty) (*FreezeResponse, error) {
	return invoke[FreezeResponse](ctx, c, FreezeGet, r)
}

// FreezeLift lifts the freeze.
func (c *Client) FreezeLift(ctx context.Context, r *Empty) (*FreezeResponse, error) {
	return invoke[FreezeResponse](ctx, c, FreezeLift, r)
}

// PluginList lists the step plugins that the daemon finds.
func (c *Client) PluginList(ctx context.Context, r *PluginListRequest) (*PluginListResponse, error) {
	return invoke[PluginListResponse](ctx, c, PluginList, r)
}

// DaemonInfo says who answers, how it fares and who asks.
func (c *Client) DaemonInfo(ctx context.Context, r *Empty) (*Info, error) {
	return invoke[Info](ctx, c, DaemonInfo, r)
}
