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
	RunStart         = "run.start"
	RunList          = "run.list"
	RunGet           = "run.get"
	RunWatch         = "run.watch"
	RunCancel        = "run.cancel"
	RunDelete        = "run.delete"
	LogRead          = "log.read"
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
	RunStart(context.Context, *RunStartRequest) (*RunStartResponse, error)
	RunList(context.Context, *RunListRequest) (*RunListResponse, error)
	RunGet(context.Context, *RunGetRequest) (*Run, error)
	RunWatch(context.Context, *RunWatchRequest) (*RunWatchResponse, error)
	RunCancel(context.Context, *RunCancelRequest) (*Empty, error)
	RunDelete(context.Context, *RunDeleteRequest) (*RunDeleteResponse, error)
	LogRead(context.Context, *LogReadRequest) (*LogReadResponse, error)
	PluginList(context.Context, *PluginListRequest) (*PluginListResponse, error)
	DaemonInfo(context.Context, *Empty) (*Info, error)
}

// Empty is the parameters or the answer of a method that has none.
type Empty struct{}
