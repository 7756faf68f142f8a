package rpc

import (
	"context"
	"encoding/json"
	"reflect"
)

// call performs a method: parameters as JSON in, the answer out.
type call func(ctx context.Context, s Service, params json.RawMessage) (any, error)

// method is all that the server, the table of roles and the description know
// of a method.
type method struct {
	name     string
	role     Role
	summary  string
	errors   []Code // beside those that any call may end with
	request  reflect.Type
	response reflect.Type // nil: an object that is described elsewhere
	call     call
}

// methods returns the table of methods: what is not in it is not callable.
func methods() []method {
	return []method{
		bind(PipelineApply, Admin, Service.PipelineApply,
			"Make a pipeline of a text, or give it a new revision", CodeInvalid, CodeConflict, CodeDiskLow),
		bind(PipelineList, Viewer, Service.PipelineList,
			"List the pipelines in the order of their names"),
		bind(PipelineGet, Viewer, Service.PipelineGet,
			"Get one revision of a pipeline", CodeNotFound),
		bind(PipelineHistory, Viewer, Service.PipelineHistory,
			"List the revisions of a pipeline, newest first", CodeInvalid, CodeNotFound),
		bind(PipelineRollback, Admin, Service.PipelineRollback,
			"Make an old revision's text the current one, as a new revision", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(PipelineRename, Admin, Service.PipelineRename,
			"Give a pipeline another name", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(PipelineClone, Admin, Service.PipelineClone,
			"Make a new pipeline of another's current text", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(PipelineDelete, Admin, Service.PipelineDelete,
			"Remove a pipeline and everything under it", CodeNotFound, CodeConflict),
		bind(PipelinePause, Operator, Service.PipelinePause,
			"Pause a pipeline, a stage or a step", CodeInvalid, CodeNotFound),
		bind(PipelineResume, Operator, Service.PipelineResume,
			"Take a pause back", CodeNotFound),
		bind(RunStart, Operator, Service.RunStart,
			"Start a run of a pipeline's current revision", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(RunList, Viewer, Service.RunList,
			"List runs, newest first", CodeInvalid, CodeNotFound),
		bind(RunLatest, Viewer, Service.RunLatest,
			"Find the newest run of a pipeline", CodeInvalid, CodeNotFound),
		bind(RunGet, Viewer, Service.RunGet,
			"Get a run with all its steps", CodeInvalid, CodeNotFound),
		bind(RunWatch, Viewer, Service.RunWatch,
			"Wait for a run to change", CodeInvalid, CodeNotFound),
		bind(RunWhy, Viewer, Service.RunWhy,
			"Say why a run, or a step, is as it is", CodeInvalid, CodeNotFound),
		bind(RunPlay, Operator, Service.RunPlay,
			"Begin manual and scheduled steps now", CodeInvalid, CodeNotFound, CodeConflict, CodeConfirm, CodeDiskLow),
		bind(RunUnschedule, Operator, Service.RunUnschedule,
			"Make scheduled steps manual", CodeInvalid, CodeNotFound, CodeConflict),
		bind(RunRetry, Operator, Service.RunRetry,
			"Try steps again that have ended", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(RunCancel, Operator, Service.RunCancel,
			"Ask a run, or some of its steps, to end", CodeInvalid, CodeNotFound, CodeConflict),
		bind(RunDelete, Admin, Service.RunDelete,
			"Remove a run with its logs and its workspace", CodeInvalid, CodeNotFound, CodeConflict),
		bind(LogRead, Viewer, Service.LogRead,
			"Read the log of one attempt from a byte cursor", CodeInvalid, CodeNotFound),
		bind(LogErase, Admin, Service.LogErase,
			"Remove the log of an attempt, or of a step", CodeInvalid, CodeNotFound, CodeConflict),
		bind(KeyCreate, Admin, Service.KeyCreate,
			"Make a trigger key of a pipeline; the answer alone has its secret", CodeInvalid, CodeNotFound, CodeConflict),
		bind(KeyList, Operator, Service.KeyList,
			"List trigger keys, without their secrets", CodeNotFound),
		bind(KeyUpdate, Admin, Service.KeyUpdate,
			"Change the name, the addresses or the expiry of a trigger key", CodeInvalid, CodeNotFound, CodeConflict),
		bind(KeyDelete, Admin, Service.KeyDelete,
			"End a trigger key for good", CodeNotFound, CodeConflict),
		bind(ResourceList, Viewer, Service.ResourceList,
			"List the resource groups: who has them, who waits"),
		bind(ResourceMode, Admin, Service.ResourceMode,
			"Say in which order steps get a resource group", CodeInvalid),
		bind(ScheduleList, Viewer, Service.ScheduleList,
			"List the schedules: when each is due, and how it stands", CodeInvalid, CodeNotFound),
		bind(ScheduleNext, Viewer, Service.ScheduleNext,
			"Say when schedules will be due", CodeInvalid, CodeNotFound),
		bind(ScheduleAudit, Viewer, Service.ScheduleAudit,
			"List what was decided of the instants of a trigger, newest first", CodeInvalid, CodeNotFound),
		bind(ScheduleHistory, Viewer, Service.ScheduleHistory,
			"List the runs that a schedule made, newest first", CodeInvalid, CodeNotFound),
		bind(ScheduleForecast, Viewer, Service.ScheduleForecast,
			"Say what all schedules together will do", CodeInvalid),
		bind(SchedulePlay, Operator, Service.SchedulePlay,
			"Start a run of a schedule now; its next instant stays", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(SchedulePause, Operator, Service.SchedulePause,
			"Pause schedules", CodeInvalid, CodeNotFound),
		bind(ScheduleResume, Operator, Service.ScheduleResume,
			"Take pauses of schedules back", CodeInvalid, CodeNotFound, CodeConflict),
		bind(BackfillStart, Operator, Service.BackfillStart,
			"Make up for past instants of a schedule", CodeInvalid, CodeNotFound, CodeConflict, CodeDiskLow),
		bind(BackfillList, Viewer, Service.BackfillList,
			"List the backfills, newest first", CodeInvalid, CodeNotFound),
		bind(BackfillCancel, Operator, Service.BackfillCancel,
			"End a backfill; runs that live go on", CodeNotFound),
		bind(CalendarPut, Admin, Service.CalendarPut,
			"Make a calendar of a text, or give it another text", CodeInvalid, CodeDiskLow),
		bind(CalendarList, Viewer, Service.CalendarList,
			"List the calendars"),
		bind(CalendarGet, Viewer, Service.CalendarGet,
			"Get a calendar and what it covers in a year", CodeInvalid, CodeNotFound),
		bind(CalendarDelete, Admin, Service.CalendarDelete,
			"Remove a calendar that no schedule uses", CodeInvalid, CodeNotFound, CodeConflict),
		bind(FreezeSet, Operator, Service.FreezeSet,
			"Freeze everything: nothing is started", CodeInvalid),
		bind(FreezeGet, Viewer, Service.FreezeGet,
			"Say whether everything is frozen"),
		bind(FreezeLift, Operator, Service.FreezeLift,
			"Lift the freeze"),
		bind(PluginList, Viewer, Service.PluginList,
			"List the step plugins that the daemon finds", CodeNotFound),
		bind(DaemonInfo, Viewer, Service.DaemonInfo,
			"Say who answers, how it fares and who asks"),
		discovery(),
	}
}

// bind makes a row of a method of Service.
func bind[Q, A any](name string, role Role, f func(Service, context.Context, *Q) (*A, error), summary string, errors ...Code) method {
	return method{
		name:     name,
		role:     role,
		summary:  summary,
		errors:   errors,
		request:  reflect.TypeFor[Q](),
		response: reflect.TypeFor[A](),
		call: func(ctx context.Context, s Service, params json.RawMessage) (any, error) {
			q := new(Q)
			if err := decode(name, params, q); err != nil {
				return nil, err
			}
			return f(s, ctx, q)
		},
	}
}

// index returns the table by name.
func index(table []method) map[string]method {
	by := make(map[string]method, len(table))
	for _, m := range table {
		by[m.name] = m
	}
	return by
}
