package rpc

import "context"

// The methods, a noun and a verb each.
const (
	PipelineApply    = "pipeline.apply"
	PipelineList     = "pipeline.list"
	PipelineGet      = "pipeline.get"
	PipelineHistory  = "pipeline.history"
	PipelineRollback = "pipeline.rollback"
	PipelineRename   = "pipeline.rename"
	PipelineClone    = "pipeline.clone"
	PipelineDelete   = "pipeline.delete"
	PipelinePause    = "pipeline.pause"
	PipelineResume   = "pipeline.resume"
	RunStart         = "run.start"
	RunList          = "run.list"
	RunLatest        = "run.latest"
	RunGet           = "run.get"
	RunWatch         = "run.watch"
	RunWhy           = "run.why"
	RunPlay          = "run.play"
	RunUnschedule    = "run.unschedule"
	RunRetry         = "run.retry"
	RunCancel        = "run.cancel"
	RunDelete        = "run.delete"
	LogRead          = "log.read"
	LogErase         = "log.erase"
	KeyCreate        = "key.create"
	KeyList          = "key.list"
	KeyUpdate        = "key.update"
	KeyDelete        = "key.delete"
	ResourceList     = "resource.list"
	ResourceMode     = "resource.mode"
	ScheduleList     = "schedule.list"
	ScheduleNext     = "schedule.next"
	ScheduleAudit    = "schedule.audit"
	ScheduleHistory  = "schedule.history"
	ScheduleForecast = "schedule.forecast"
	SchedulePlay     = "schedule.play"
	SchedulePause    = "schedule.pause"
	ScheduleResume   = "schedule.resume"
	BackfillStart    = "backfill.start"
	BackfillList     = "backfill.list"
	BackfillCancel   = "backfill.cancel"
	CalendarPut      = "calendar.put"
	CalendarList     = "calendar.list"
	CalendarGet      = "calendar.get"
	CalendarDelete   = "calendar.delete"
	FreezeSet        = "freeze.set"
	FreezeGet        = "freeze.get"
	FreezeLift       = "freeze.lift"
	PluginList       = "plugin.list"
	DaemonInfo       = "daemon.info"
	Discover         = "rpc.discover"
)

// Service is the whole API, a Go method for each method name. The daemon
// implements it, Client mirrors it, and a test drives each through a real
// connection.
//
// An error is a *Error or is answered with CodeInternal. The caller of a
// method is in its context: see PeerFrom.
type Service interface {
	PipelineApply(context.Context, *PipelineApplyRequest) (*PipelineApplyResponse, error)
	PipelineList(context.Context, *PipelineListRequest) (*PipelineListResponse, error)
	PipelineGet(context.Context, *PipelineGetRequest) (*PipelineRevision, error)
	PipelineHistory(context.Context, *PipelineHistoryRequest) (*PipelineHistoryResponse, error)
	PipelineRollback(context.Context, *PipelineRollbackRequest) (*PipelineApplyResponse, error)
	PipelineRename(context.Context, *PipelineRenameRequest) (*Empty, error)
	PipelineClone(context.Context, *PipelineCloneRequest) (*PipelineApplyResponse, error)
	PipelineDelete(context.Context, *PipelineDeleteRequest) (*PipelineDeleteResponse, error)
	PipelinePause(context.Context, *PipelinePauseRequest) (*PipelinePausesResponse, error)
	PipelineResume(context.Context, *PipelineResumeRequest) (*PipelinePausesResponse, error)
	RunStart(context.Context, *RunStartRequest) (*RunStartResponse, error)
	RunList(context.Context, *RunListRequest) (*RunListResponse, error)
	RunLatest(context.Context, *RunLatestRequest) (*RunLatestResponse, error)
	RunGet(context.Context, *RunGetRequest) (*Run, error)
	RunWatch(context.Context, *RunWatchRequest) (*RunWatchResponse, error)
	RunWhy(context.Context, *RunWhyRequest) (*Explanation, error)
	RunPlay(context.Context, *RunPlayRequest) (*RunStepsResponse, error)
	RunUnschedule(context.Context, *RunUnscheduleRequest) (*RunStepsResponse, error)
	RunRetry(context.Context, *RunRetryRequest) (*RunStepsResponse, error)
	RunCancel(context.Context, *RunCancelRequest) (*RunCancelResponse, error)
	RunDelete(context.Context, *RunDeleteRequest) (*RunDeleteResponse, error)
	LogRead(context.Context, *LogReadRequest) (*LogReadResponse, error)
	LogErase(context.Context, *LogEraseRequest) (*LogEraseResponse, error)
	KeyCreate(context.Context, *KeyCreateRequest) (*KeyCreateResponse, error)
	KeyList(context.Context, *KeyListRequest) (*KeyListResponse, error)
	KeyUpdate(context.Context, *KeyUpdateRequest) (*Key, error)
	KeyDelete(context.Context, *KeyDeleteRequest) (*Key, error)
	ResourceList(context.Context, *Empty) (*ResourceListResponse, error)
	ResourceMode(context.Context, *ResourceModeRequest) (*Resource, error)
	ScheduleList(context.Context, *ScheduleListRequest) (*ScheduleListResponse, error)
	ScheduleNext(context.Context, *ScheduleNextRequest) (*ScheduleNextResponse, error)
	ScheduleAudit(context.Context, *ScheduleAuditRequest) (*ScheduleAuditResponse, error)
	ScheduleHistory(context.Context, *ScheduleHistoryRequest) (*ScheduleHistoryResponse, error)
	ScheduleForecast(context.Context, *ScheduleForecastRequest) (*Forecast, error)
	SchedulePlay(context.Context, *SchedulePlayRequest) (*SchedulePlayResponse, error)
	SchedulePause(context.Context, *SchedulePauseRequest) (*SchedulesResponse, error)
	ScheduleResume(context.Context, *ScheduleResumeRequest) (*SchedulesResponse, error)
	BackfillStart(context.Context, *BackfillStartRequest) (*BackfillStartResponse, error)
	BackfillList(context.Context, *BackfillListRequest) (*BackfillListResponse, error)
	BackfillCancel(context.Context, *BackfillCancelRequest) (*Backfill, error)
	CalendarPut(context.Context, *CalendarPutRequest) (*CalendarPutResponse, error)
	CalendarList(context.Context, *Empty) (*CalendarListResponse, error)
	CalendarGet(context.Context, *CalendarGetRequest) (*CalendarGetResponse, error)
	CalendarDelete(context.Context, *CalendarDeleteRequest) (*Empty, error)
	FreezeSet(context.Context, *FreezeSetRequest) (*Freeze, error)
	FreezeGet(context.Context, *Empty) (*FreezeResponse, error)
	FreezeLift(context.Context, *Empty) (*FreezeResponse, error)
	PluginList(context.Context, *PluginListRequest) (*PluginListResponse, error)
	DaemonInfo(context.Context, *Empty) (*Info, error)
}

// Empty is the parameters or the answer of a method that has none.
type Empty struct{}
