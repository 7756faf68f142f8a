package rpc

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a Service whose methods all end in one function. A nil answer is the
// method's zero answer.
type echo func(ctx context.Context, method string, request any) (any, error)

func reply[A any](ctx context.Context, e echo, method string, request any) (*A, error) {
	answer, err := e(ctx, method, request)
	if answer == nil {
		return new(A), err
	}
	return answer.(*A), err
}

func (e echo) PipelineApply(ctx context.Context, r *PipelineApplyRequest) (*PipelineApplyResponse, error) {
	return reply[PipelineApplyResponse](ctx, e, PipelineApply, r)
}
func (e echo) PipelineList(ctx context.Context, r *PipelineListRequest) (*PipelineListResponse, error) {
	return reply[PipelineListResponse](ctx, e, PipelineList, r)
}
func (e echo) PipelineGet(ctx context.Context, r *PipelineGetRequest) (*PipelineRevision, error) {
	return reply[PipelineRevision](ctx, e, PipelineGet, r)
}
func (e echo) PipelineHistory(ctx context.Context, r *PipelineHistoryRequest) (*PipelineHistoryResponse, error) {
	return reply[PipelineHistoryResponse](ctx, e, PipelineHistory, r)
}
func (e echo) PipelineRollback(ctx context.Context, r *PipelineRollbackRequest) (*PipelineApplyResponse, error) {
	return reply[PipelineApplyResponse](ctx, e, PipelineRollback, r)
}
func (e echo) PipelineRename(ctx context.Context, r *PipelineRenameRequest) (*Empty, error) {
	return reply[Empty](ctx, e, PipelineRename, r)
}
func (e echo) PipelineClone(ctx context.Context, r *PipelineCloneRequest) (*PipelineApplyResponse, error) {
	return reply[PipelineApplyResponse](ctx, e, PipelineClone, r)
}
func (e echo) PipelineDelete(ctx context.Context, r *PipelineDeleteRequest) (*PipelineDeleteResponse, error) {
	return reply[PipelineDeleteResponse](ctx, e, PipelineDelete, r)
}
func (e echo) PipelinePause(ctx context.Context, r *PipelinePauseRequest) (*PipelinePausesResponse, error) {
	return reply[PipelinePausesResponse](ctx, e, PipelinePause, r)
}
func (e echo) PipelineResume(ctx context.Context, r *PipelineResumeRequest) (*PipelinePausesResponse, error) {
	return reply[PipelinePausesResponse](ctx, e, PipelineResume, r)
}
func (e echo) RunStart(ctx context.Context, r *RunStartRequest) (*RunStartResponse, error) {
	return reply[RunStartResponse](ctx, e, RunStart, r)
}
func (e echo) RunList(ctx context.Context, r *RunListRequest) (*RunListResponse, error) {
	return reply[RunListResponse](ctx, e, RunList, r)
}
func (e echo) RunLatest(ctx context.Context, r *RunLatestRequest) (*RunLatestResponse, error) {
	return reply[RunLatestResponse](ctx, e, RunLatest, r)
}
func (e echo) RunGet(ctx context.Context, r *RunGetRequest) (*Run, error) {
	return reply[Run](ctx, e, RunGet, r)
}
func (e echo) RunWatch(ctx context.Context, r *RunWatchRequest) (*RunWatchResponse, error) {
	return reply[RunWatchResponse](ctx, e, RunWatch, r)
}
func (e echo) RunWhy(ctx context.Context, r *RunWhyRequest) (*Explanation, error) {
	return reply[Explanation](ctx, e, RunWhy, r)
}
func (e echo) RunPlay(ctx context.Context, r *RunPlayRequest) (*RunStepsResponse, error) {
	return reply[RunStepsResponse](ctx, e, RunPlay, r)
}
func (e echo) RunUnschedule(ctx context.Context, r *RunUnscheduleRequest) (*RunStepsResponse, error) {
	return reply[RunStepsResponse](ctx, e, RunUnschedule, r)
}
func (e echo) RunRetry(ctx context.Context, r *RunRetryRequest) (*RunStepsResponse, error) {
	return reply[RunStepsResponse](ctx, e, RunRetry, r)
}
func (e echo) RunCancel(ctx context.Context, r *RunCancelRequest) (*RunCancelResponse, error) {
	return reply[RunCancelResponse](ctx, e, RunCancel, r)
}
func (e echo) RunDelete(ctx context.Context, r *RunDeleteRequest) (*RunDeleteResponse, error) {
	return reply[RunDeleteResponse](ctx, e, RunDelete, r)
}
func (e echo) LogRead(ctx context.Context, r *LogReadRequest) (*LogReadResponse, error) {
	return reply[LogReadResponse](ctx, e, LogRead, r)
}
func (e echo) LogErase(ctx context.Context, r *LogEraseRequest) (*LogEraseResponse, error) {
	return reply[LogEraseResponse](ctx, e, LogErase, r)
}
func (e echo) KeyCreate(ctx context.Context, r *KeyCreateRequest) (*KeyCreateResponse, error) {
	return reply[KeyCreateResponse](ctx, e, KeyCreate, r)
}
func (e echo) KeyList(ctx context.Context, r *KeyListRequest) (*KeyListResponse, error) {
	return reply[KeyListResponse](ctx, e, KeyList, r)
}
func (e echo) KeyUpdate(ctx context.Context, r *KeyUpdateRequest) (*Key, error) {
	return reply[Key](ctx, e, KeyUpdate, r)
}
func (e echo) KeyDelete(ctx context.Context, r *KeyDeleteRequest) (*Key, error) {
	return reply[Key](ctx, e, KeyDelete, r)
}
func (e echo) ResourceList(ctx context.Context, r *Empty) (*ResourceListResponse, error) {
	return reply[ResourceListResponse](ctx, e, ResourceList, r)
}
func (e echo) ResourceMode(ctx context.Context, r *ResourceModeRequest) (*Resource, error) {
	return reply[Resource](ctx, e, ResourceMode, r)
}
func (e echo) ScheduleAudit(ctx context.Context, r *ScheduleAuditRequest) (*ScheduleAuditResponse, error) {
	return reply[ScheduleAuditResponse](ctx, e, ScheduleAudit, r)
}
func (e echo) ScheduleHistory(ctx context.Context, r *ScheduleHistoryRequest) (*ScheduleHistoryResponse, error) {
	return reply[ScheduleHistoryResponse](ctx, e, ScheduleHistory, r)
}
func (e echo) FreezeSet(ctx context.Context, r *FreezeSetRequest) (*Freeze, error) {
	return reply[Freeze](ctx, e, FreezeSet, r)
}
func (e echo) FreezeGet(ctx context.Context, r *Empty) (*FreezeResponse, error) {
	return reply[FreezeResponse](ctx, e, FreezeGet, r)
}
func (e echo) FreezeLift(ctx context.Context, r *Empty) (*FreezeResponse, error) {
	return reply[FreezeResponse](ctx, e, FreezeLift, r)
}
func (e echo) ScheduleList(ctx context.Context, r *ScheduleListRequest) (*ScheduleListResponse, error) {
	return reply[ScheduleListResponse](ctx, e, ScheduleList, r)
}
func (e echo) ScheduleNext(ctx context.Context, r *ScheduleNextRequest) (*ScheduleNextResponse, error) {
	return reply[ScheduleNextResponse](ctx, e, ScheduleNext, r)
}
func (e echo) ScheduleForecast(ctx context.Context, r *ScheduleForecastRequest) (*Forecast, error) {
	return reply[Forecast](ctx, e, ScheduleForecast, r)
}
func (e echo) SchedulePlay(ctx context.Context, r *SchedulePlayRequest) (*SchedulePlayResponse, error) {
	return reply[SchedulePlayResponse](ctx, e, SchedulePlay, r)
}
func (e echo) SchedulePause(ctx context.Context, r *SchedulePauseRequest) (*SchedulesResponse, error) {
	return reply[SchedulesResponse](ctx, e, SchedulePause, r)
}
func (e echo) ScheduleResume(ctx context.Context, r *ScheduleResumeRequest) (*SchedulesResponse, error) {
	return reply[SchedulesResponse](ctx, e, ScheduleResume, r)
}
func (e echo) BackfillStart(ctx context.Context, r *BackfillStartRequest) (*BackfillStartResponse, error) {
	return reply[BackfillStartResponse](ctx, e, BackfillStart, r)
}
func (e echo) BackfillList(ctx context.Context, r *BackfillListRequest) (*BackfillListResponse, error) {
	return reply[BackfillListResponse](ctx, e, BackfillList, r)
}
func (e echo) BackfillCancel(ctx context.Context, r *BackfillCancelRequest) (*Backfill, error) {
	return reply[Backfill](ctx, e, BackfillCancel, r)
}
func (e echo) CalendarPut(ctx context.Context, r *CalendarPutRequest) (*CalendarPutResponse, error) {
	return reply[CalendarPutResponse](ctx, e, CalendarPut, r)
}
func (e echo) CalendarList(ctx context.Context, r *Empty) (*CalendarListResponse, error) {
	return reply[CalendarListResponse](ctx, e, CalendarList, r)
}
func (e echo) CalendarGet(ctx context.Context, r *CalendarGetRequest) (*CalendarGetResponse, error) {
	return reply[CalendarGetResponse](ctx, e, CalendarGet, r)
}
func (e echo) CalendarDelete(ctx context.Context, r *CalendarDeleteRequest) (*Empty, error) {
	return reply[Empty](ctx, e, CalendarDelete, r)
}
func (e echo) PluginList(ctx context.Context, r *PluginListRequest) (*PluginListResponse, error) {
	return reply[PluginListResponse](ctx, e, PluginList, r)
}
func (e echo) DaemonInfo(ctx context.Context, r *Empty) (*Info, error) {
	return reply[Info](ctx, e, DaemonInfo, r)
}

// silent answers every call with the zero answer.
func silent(context.Context, string, any) (any, error) { return nil, nil }

func allowAll(context.Context, Peer, string) error { return nil }

// daemon is a server on a socket of its own.
type daemon struct {
	socket string
	stop   func() error // ends it and returns what Serve returned
}

// start serves s until the test ends, with the limits that change makes of the
// usual ones.
func start(t testing.TB, s Service, change func(*limits)) *daemon {
	t.Helper()
	return startWith(t, s, ServerOptions{Authorize: allowAll}, change)
}

func startWith(t testing.TB, s Service, o ServerOptions, change func(*limits)) *daemon {
	t.Helper()
	socket := filepath.Join(shortDir(t), "s")
	l, err := Listen(socket, false)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, socket, s, o, change)
}

func serveOn(t testing.TB, l net.Listener, socket string, s Service, o ServerOptions, change func(*limits)) *daemon {
	t.Helper()
	lim := serverLimits()
	if change != nil {
		change(&lim)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, s, o, lim) }()
	var result error
	waited := false
	d := &daemon{socket: socket, stop: func() error {
		cancel()
		if !waited {
			waited, result = true, <-ended
		}
		return result
	}}
	t.Cleanup(func() {
		if err := d.stop(); err != nil && !t.Failed() {
			t.Logf("serve: %v", err)
		}
	})
	return d
}

// shortDir is a temporary directory whose name leaves room for a socket's.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rpc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func (d *daemon) dial(t testing.TB) *Client {
	t.Helper()
	c, err := Dial(t.Context(), d.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// raw is a connection in the hands of somebody who writes bytes.
type raw struct {
	*net.UnixConn
	t  testing.TB
	in *bufio.Reader
}

func (d *daemon) raw(t testing.TB) *raw {
	t.Helper()
	conn, err := net.Dial("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return rawOf(t, conn)
}

func rawOf(t testing.TB, conn net.Conn) *raw {
	// A test that waits for what never comes is to fail, not to hang.
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &raw{UnixConn: conn.(*net.UnixConn), t: t, in: bufio.NewReader(conn)}
}

func (r *raw) send(format string, args ...any) {
	r.t.Helper()
	if _, err := fmt.Fprintf(r.UnixConn, format+"\n", args...); err != nil {
		r.t.Fatal(err)
	}
}

// answer is what a test wants to know of an answer.
type answer struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  struct {
		Code    Code   `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (r *raw) receive() answer {
	r.t.Helper()
	text, err := r.in.ReadBytes('\n')
	if err != nil {
		r.t.Fatalf("no answer: %v", err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		r.t.Fatalf("%s: %v", text, err)
	}
	return a
}

// ok asks daemon.info and wants it answered.
func (r *raw) ok() {
	r.t.Helper()
	r.send(`{"jsonrpc":"2.0","id":"ok","method":"daemon.info"}`)
	if a := r.receive(); string(a.ID) != `"ok"` || a.Error.Code != 0 {
		r.t.Fatalf("daemon.info: %+v", a)
	}
}

// closed wants the server to end the connection, after what it still sends.
func (r *raw) closed() {
	r.t.Helper()
	for {
		if _, err := r.in.ReadBytes('\n'); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				r.t.Fatal("the connection goes on")
			}
			return
		}
	}
}
