package ctl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/rpc"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreTopFunction("os/signal.loop"))
}

// fake is a daemon of which a test writes the methods that it expects to be
// called, served on a real socket.
type fake struct {
	socket string

	mu       sync.Mutex // protects the fields below
	handlers map[reflect.Type]func(context.Context, any) (any, error)
	asked    []any // every request, in order
	stop     func()
}

// newFake is a daemon that answers already.
func newFake(t *testing.T) *fake {
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	d := &fake{socket: filepath.Join(dir, "s"), handlers: make(map[reflect.Type]func(context.Context, any) (any, error))}
	d.start(t)
	t.Cleanup(func() {
		d.kill()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return d
}

// start serves; kill ends that and every connection.
func (d *fake) start(t *testing.T) {
	l, err := net.Listen("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- rpc.Serve(ctx, l, d, rpc.ServerOptions{Authorize: allow}) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	d.mu.Lock()
	d.stop = stop
	d.mu.Unlock()
}

func (d *fake) kill() {
	d.mu.Lock()
	stop := d.stop
	d.mu.Unlock()
	stop()
}

func allow(context.Context, rpc.Peer, string) error { return nil }

// on says how a daemon answers requests of a type.
func on[Q, A any](d *fake, answer func(context.Context, *Q) (*A, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handlers[reflect.TypeFor[*Q]()] = func(ctx context.Context, q any) (any, error) { return answer(ctx, q.(*Q)) }
}

// always answers every request of a type alike.
func always[Q, A any](d *fake, answer A) {
	on(d, func(context.Context, *Q) (*A, error) { return &answer, nil })
}

// refuses answers every request of a type with an error.
func refuses[Q any](d *fake, err error) {
	on(d, func(context.Context, *Q) (*rpc.Empty, error) { return nil, err })
}

func ask[Q, A any](ctx context.Context, d *fake, q *Q) (*A, error) {
	d.mu.Lock()
	d.asked = append(d.asked, q)
	answer := d.handlers[reflect.TypeFor[*Q]()]
	d.mu.Unlock()
	if answer == nil {
		return nil, errors.New("the test expects no " + reflect.TypeFor[Q]().Name())
	}
	a, err := answer(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.(*A), nil
}

// all is every request that came so far.
func (d *fake) all() []any {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

// requests are the requests of a type that came so far.
func requests[Q any](d *fake) []Q {
	var found []Q
	for _, q := range d.all() {
		if q, ok := q.(*Q); ok {
			found = append(found, *q)
		}
	}
	return found
}

func (d *fake) PipelineApply(ctx context.Context, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
	return ask[rpc.PipelineApplyRequest, rpc.PipelineApplyResponse](ctx, d, q)
}

func (d *fake) PipelineList(ctx context.Context, q *rpc.PipelineListRequest) (*rpc.PipelineListResponse, error) {
	return ask[rpc.PipelineListRequest, rpc.PipelineListResponse](ctx, d, q)
}

func (d *fake) PipelineGet(ctx context.Context, q *rpc.PipelineGetRequest) (*rpc.PipelineRevision, error) {
	return ask[rpc.PipelineGetRequest, rpc.PipelineRevision](ctx, d, q)
}

func (d *fake) PipelineHistory(ctx context.Context, q *rpc.PipelineHistoryRequest) (*rpc.PipelineHistoryResponse, error) {
	return ask[rpc.PipelineHistoryRequest, rpc.PipelineHistoryResponse](ctx, d, q)
}

func (d *fake) PipelineRollback(ctx context.Context, q *rpc.PipelineRollbackRequest) (*rpc.PipelineApplyResponse, error) {
	return ask[rpc.PipelineRollbackRequest, rpc.PipelineApplyResponse](ctx, d, q)
}

func (d *fake) PipelineRename(ctx context.Context, q *rpc.PipelineRenameRequest) (*rpc.Empty, error) {
	return ask[rpc.PipelineRenameRequest, rpc.Empty](ctx, d, q)
}

func (d *fake) PipelineClone(ctx context.Context, q *rpc.PipelineCloneRequest) (*rpc.PipelineApplyResponse, error) {
	return ask[rpc.PipelineCloneRequest, rpc.PipelineApplyResponse](ctx, d, q)
}

func (d *fake) PipelineDelete(ctx context.Context, q *rpc.PipelineDeleteRequest) (*rpc.PipelineDeleteResponse, error) {
	return ask[rpc.PipelineDeleteRequest, rpc.PipelineDeleteResponse](ctx, d, q)
}

func (d *fake) PipelinePause(ctx context.Context, q *rpc.PipelinePauseRequest) (*rpc.PipelinePausesResponse, error) {
	return ask[rpc.PipelinePauseRequest, rpc.PipelinePausesResponse](ctx, d, q)
}

func (d *fake) PipelineResume(ctx context.Context, q *rpc.PipelineResumeRequest) (*rpc.PipelinePausesResponse, error) {
	return ask[rpc.PipelineResumeRequest, rpc.PipelinePausesResponse](ctx, d, q)
}

func (d *fake) RunStart(ctx context.Context, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
	return ask[rpc.RunStartRequest, rpc.RunStartResponse](ctx, d, q)
}

func (d *fake) RunList(ctx context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
	return ask[rpc.RunListRequest, rpc.RunListResponse](ctx, d, q)
}

func (d *fake) RunLatest(ctx context.Context, q *rpc.RunLatestRequest) (*rpc.RunLatestResponse, error) {
	return ask[rpc.RunLatestRequest, rpc.RunLatestResponse](ctx, d, q)
}

func (d *fake) RunGet(ctx context.Context, q *rpc.RunGetRequest) (*rpc.Run, error) {
	return ask[rpc.RunGetRequest, rpc.Run](ctx, d, q)
}

func (d *fake) RunWatch(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
	return ask[rpc.RunWatchRequest, rpc.RunWatchResponse](ctx, d, q)
}

func (d *fake) RunWhy(ctx context.Context, q *rpc.RunWhyRequest) (*rpc.Explanation, error) {
	return ask[rpc.RunWhyRequest, rpc.Explanation](ctx, d, q)
}

func (d *fake) RunPlay(ctx context.Context, q *rpc.RunPlayRequest) (*rpc.RunStepsResponse, error) {
	return ask[rpc.RunPlayRequest, rpc.RunStepsResponse](ctx, d, q)
}

func (d *fake) RunUnschedule(ctx context.Context, q *rpc.RunUnscheduleRequest) (*rpc.RunStepsResponse, error) {
	return ask[rpc.RunUnscheduleRequest, rpc.RunStepsResponse](ctx, d, q)
}

func (d *fake) RunRetry(ctx context.Context, q *rpc.RunRetryRequest) (*rpc.RunStepsResponse, error) {
	return ask[rpc.RunRetryRequest, rpc.RunStepsResponse](ctx, d, q)
}

func (d *fake) RunCancel(ctx context.Context, q *rpc.RunCancelRequest) (*rpc.RunCancelResponse, error) {
	return ask[rpc.RunCancelRequest, rpc.RunCancelResponse](ctx, d, q)
}

func (d *fake) RunDelete(ctx context.Context, q *rpc.RunDeleteRequest) (*rpc.RunDeleteResponse, error) {
	return ask[rpc.RunDeleteRequest, rpc.RunDeleteResponse](ctx, d, q)
}

func (d *fake) LogRead(ctx context.Context, q *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
	return ask[rpc.LogReadRequest, rpc.LogReadResponse](ctx, d, q)
}

func (d *fake) LogErase(ctx context.Context, q *rpc.LogEraseRequest) (*rpc.LogEraseResponse, error) {
	return ask[rpc.LogEraseRequest, rpc.LogEraseResponse](ctx, d, q)
}

func (d *fake) KeyCreate(ctx context.Context, q *rpc.KeyCreateRequest) (*rpc.KeyCreateResponse, error) {
	return ask[rpc.KeyCreateRequest, rpc.KeyCreateResponse](ctx, d, q)
}

func (d *fake) KeyList(ctx context.Context, q *rpc.KeyListRequest) (*rpc.KeyListResponse, error) {
	return ask[rpc.KeyListRequest, rpc.KeyListResponse](ctx, d, q)
}

func (d *fake) KeyUpdate(ctx context.Context, q *rpc.KeyUpdateRequest) (*rpc.Key, error) {
	return ask[rpc.KeyUpdateRequest, rpc.Key](ctx, d, q)
}

func (d *fake) KeyDelete(ctx context.Context, q *rpc.KeyDeleteRequest) (*rpc.Key, error) {
	return ask[rpc.KeyDeleteRequest, rpc.Key](ctx, d, q)
}

// resourceList is a request of resource.list, which has no members to tell it
// from others.
type resourceList struct{}

func (d *fake) ResourceList(ctx context.Context, _ *rpc.Empty) (*rpc.ResourceListResponse, error) {
	return ask[resourceList, rpc.ResourceListResponse](ctx, d, &resourceList{})
}

func (d *fake) ResourceMode(ctx context.Context, q *rpc.ResourceModeRequest) (*rpc.Resource, error) {
	return ask[rpc.ResourceModeRequest, rpc.Resource](ctx, d, q)
}

func (d *fake) ScheduleAudit(ctx context.Context, q *rpc.ScheduleAuditRequest) (*rpc.ScheduleAuditResponse, error) {
	return ask[rpc.ScheduleAuditRequest, rpc.ScheduleAuditResponse](ctx, d, q)
}

func (d *fake) ScheduleHistory(ctx context.Context, q *rpc.ScheduleHistoryRequest) (*rpc.ScheduleHistoryResponse, error) {
	return ask[rpc.ScheduleHistoryRequest, rpc.ScheduleHistoryResponse](ctx, d, q)
}

func (d *fake) FreezeSet(ctx context.Context, q *rpc.FreezeSetRequest) (*rpc.Freeze, error) {
	return ask[rpc.FreezeSetRequest, rpc.Freeze](ctx, d, q)
}

// freezeGet is a request of freeze.get, which has no members to tell it
// from others.
type freezeGet struct{}

func (d *fake) FreezeGet(ctx context.Context, _ *rpc.Empty) (*rpc.FreezeResponse, error) {
	return ask[freezeGet, rpc.FreezeResponse](ctx, d, &freezeGet{})
}

// freezeLift is a request of freeze.lift, which has no members to tell it
// from others.
type freezeLift struct{}

func (d *fake) FreezeLift(ctx context.Context, _ *rpc.Empty) (*rpc.FreezeResponse, error) {
	return ask[freezeLift, rpc.FreezeResponse](ctx, d, &freezeLift{})
}

func (d *fake) ScheduleList(ctx context.Context, q *rpc.ScheduleListRequest) (*rpc.ScheduleListResponse, error) {
	return ask[rpc.ScheduleListRequest, rpc.ScheduleListResponse](ctx, d, q)
}

func (d *fake) ScheduleNext(ctx context.Context, q *rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
	return ask[rpc.ScheduleNextRequest, rpc.ScheduleNextResponse](ctx, d, q)
}

func (d *fake) ScheduleForecast(ctx context.Context, q *rpc.ScheduleForecastRequest) (*rpc.Forecast, error) {
	return ask[rpc.ScheduleForecastRequest, rpc.Forecast](ctx, d, q)
}

func (d *fake) SchedulePlay(ctx context.Context, q *rpc.SchedulePlayRequest) (*rpc.SchedulePlayResponse, error) {
	return ask[rpc.SchedulePlayRequest, rpc.SchedulePlayResponse](ctx, d, q)
}

func (d *fake) SchedulePause(ctx context.Context, q *rpc.SchedulePauseRequest) (*rpc.SchedulesResponse, error) {
	return ask[rpc.SchedulePauseRequest, rpc.SchedulesResponse](ctx, d, q)
}

func (d *fake) ScheduleResume(ctx context.Context, q *rpc.ScheduleResumeRequest) (*rpc.SchedulesResponse, error) {
	return ask[rpc.ScheduleResumeRequest, rpc.SchedulesResponse](ctx, d, q)
}

func (d *fake) BackfillStart(ctx context.Context, q *rpc.BackfillStartRequest) (*rpc.BackfillStartResponse, error) {
	return ask[rpc.BackfillStartRequest, rpc.BackfillStartResponse](ctx, d, q)
}

func (d *fake) BackfillList(ctx context.Context, q *rpc.BackfillListRequest) (*rpc.BackfillListResponse, error) {
	return ask[rpc.BackfillListRequest, rpc.BackfillListResponse](ctx, d, q)
}

func (d *fake) BackfillCancel(ctx context.Context, q *rpc.BackfillCancelRequest) (*rpc.Backfill, error) {
	return ask[rpc.BackfillCancelRequest, rpc.Backfill](ctx, d, q)
}

func (d *fake) CalendarPut(ctx context.Context, q *rpc.CalendarPutRequest) (*rpc.CalendarPutResponse, error) {
	return ask[rpc.CalendarPutRequest, rpc.CalendarPutResponse](ctx, d, q)
}

// calendarList is a request of calendar.list, which has no members to tell it
// from others.
type calendarList struct{}

func (d *fake) CalendarList(ctx context.Context, _ *rpc.Empty) (*rpc.CalendarListResponse, error) {
	return ask[calendarList, rpc.CalendarListResponse](ctx, d, &calendarList{})
}

func (d *fake) CalendarGet(ctx context.Context, q *rpc.CalendarGetRequest) (*rpc.CalendarGetResponse, error) {
	return ask[rpc.CalendarGetRequest, rpc.CalendarGetResponse](ctx, d, q)
}

func (d *fake) CalendarDelete(ctx context.Context, q *rpc.CalendarDeleteRequest) (*rpc.Empty, error) {
	return ask[rpc.CalendarDeleteRequest, rpc.Empty](ctx, d, q)
}

func (d *fake) PluginList(ctx context.Context, q *rpc.PluginListRequest) (*rpc.PluginListResponse, error) {
	return ask[rpc.PluginListRequest, rpc.PluginListResponse](ctx, d, q)
}

func (d *fake) DaemonInfo(ctx context.Context, q *rpc.Empty) (*rpc.Info, error) {
	return ask[rpc.Empty, rpc.Info](ctx, d, q)
}

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// ctl performs a command against a daemon.
func (d *fake) ctl(args ...string) result { return d.ctlWith(context.Background(), "", nil, args...) }

func (d *fake) ctlWith(ctx context.Context, stdin string, env []string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := Main(ctx, Process{
		Args: args, Env: append([]string{"PENSTOCK_SOCKET=" + d.socket}, env...), UID: 1,
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
	})
	return result{code, stdout.String(), stderr.String()}
}

// wants compares a result; texts need only hold what is wanted, "" wants
// nothing there.
func (r result) wants(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, stream := range []struct{ name, got, want string }{{"stdout", r.stdout, stdout}, {"stderr", r.stderr, stderr}} {
		if stream.want == "" && stream.got != "" || !strings.Contains(stream.got, stream.want) {
			t.Errorf("%s is %q, want %q in it", stream.name, stream.got, stream.want)
		}
	}
}

// fails is an io.Writer on a full disk.
type fails struct{}

func (fails) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
