package steptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/status"

	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// The honest plugin keeps every rule of package protocol without the SDK: the
// contract can be kept from its page alone. STEPTEST_LIE makes it break one
// rule.

type settings struct {
	Say   string `json:"say"`
	Wait  bool   `json:"wait"`
	No    bool   `json:"no"`
	Flood bool   `json:"flood"`
	Talk  bool   `json:"talk"`
	Clean bool   `json:"clean"`
}

const settingsSchema = `{"type": "object", "properties": {"say": {}, "wait": {}, "no": {}, "flood": {}, "talk": {}, "clean": {}}}`

func lies(about string) bool { return os.Getenv("STEPTEST_LIE") == about }

// lifeAlone is how long the honest plugin lives without host and attempt.
const lifeAlone = 2 * time.Second

type honest struct {
	steppb.UnimplementedStepServer

	mu      sync.Mutex
	works   map[string]*work
	peers   int
	closing bool // takes no new attempts
	idle    *time.Timer
	quit    chan struct{} // asked to end
	group   sync.WaitGroup

	attempts atomic.Int32
}

// plugin is the main of the honest plugin and answers its exit code.
func plugin() int {
	if os.Getenv(protocol.Handshake.MagicCookieKey) != protocol.Handshake.MagicCookieValue {
		if lies("by hand") {
			return 0
		}
		fmt.Fprintln(os.Stderr, "this is a step plugin: the daemon starts it")
		return 1
	}
	if !lies("pipe") {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	if !lies("signals") {
		signal.Ignore(syscall.SIGINT, syscall.SIGHUP)
	}
	h := &honest{works: map[string]*work{}, quit: make(chan struct{}, 9)}
	h.idle = time.AfterFunc(lifeAlone, func() { h.quit <- struct{}{} })
	if err := h.serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (h *honest) serve() error {
	address := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "s")
	listener, err := net.Listen("unix", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	steppb.RegisterStepServer(server, h)
	healthy := health.NewServer()
	healthy.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, healthy)
	version := "1"
	if strings.Contains(os.Getenv("PLUGIN_PROTOCOL_VERSIONS"), "9000") && lies("version") {
		version = "9000"
	}
	fmt.Printf("1|%s|unix|%s|grpc\n", version, address)
	served := make(chan error, 1)
	go func() { served <- server.Serve(counted{listener, h}) }()
	h.awaitQuit()
	server.GracefulStop()
	return <-served
}

func (h *honest) awaitQuit() {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	for {
		select {
		case <-h.quit:
			h.mu.Lock()
			alone := h.peers == 0 && !h.busyLocked()
			h.mu.Unlock()
			if alone && !lies("alone") || lies("impatient") {
				return
			}
		case <-term:
			if lies("term") {
				syscall.Exit(0) // os.Exit takes a second under the race detector
			}
			h.mu.Lock()
			h.closing = true
			h.mu.Unlock()
			h.group.Wait()
			return
		}
	}
}

func (h *honest) busyLocked() bool {
	for _, w := range h.works {
		if !slices.Contains(w.states, ended) && !slices.Contains(w.states, elsewhere) {
			return true
		}
	}
	return false
}

// counted counts connections, for the process must know when it is alone.
type counted struct {
	net.Listener
	h *honest
}

type countedConn struct {
	net.Conn
	leave func()
}

func (c countedConn) Close() error { c.leave(); return c.Conn.Close() }

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.h.change(+1)
	return countedConn{conn, sync.OnceFunc(func() { c.h.change(-1) })}, nil
}

func (h *honest) change(peers int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.peers += peers
	h.idle.Reset(lifeAlone)
}

func (h *honest) Describe(context.Context, *steppb.DescribeRequest) (*steppb.Description, error) {
	d := &steppb.Description{Type: "honest", Version: "1", Summary: "Keep the rules", SettingsSchema: []byte(settingsSchema), Capacity: 4}
	switch {
	case lies("type"):
		d.Type = "other"
	case lies("schema"):
		d.SettingsSchema = []byte("none")
	}
	return d, nil
}

func (h *honest) Check(_ context.Context, r *steppb.CheckRequest) (*steppb.CheckResponse, error) {
	_, problems := decode(r.Settings)
	if lies("garbage") && !json.Valid(r.Settings) {
		os.Exit(3)
	}
	if lies("refuses") {
		problems = []*steppb.Problem{{Message: "no"}}
	}
	return &steppb.CheckResponse{Problems: problems}, nil
}

func decode(text []byte) (s settings, problems []*steppb.Problem) {
	if lies("accepts") {
		return s, nil
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil || keys == nil {
		return s, []*steppb.Problem{{Message: "no object"}}
	}
	for key := range keys {
		if !slices.Contains([]string{"say", "wait", "no", "flood", "talk", "clean"}, key) && !lies("unknown") {
			problems = append(problems, &steppb.Problem{Path: key, Message: "unknown"})
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		problems = append(problems, &steppb.Problem{Message: err.Error()})
	}
	if bytes.Count(text, []byte(`"a"`)) > 1 {
		problems = append(problems, &steppb.Problem{Path: "a", Message: "twice"})
	}
	return s, problems
}

func (h *honest) Cancel(_ context.Context, r *steppb.CancelRequest) (*steppb.CancelResponse, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, w := range h.works {
		if name == r.Attempt || lies("cancels all") {
			w.cancel()
			if r.Force && !lies("force") {
				w.force()
			}
		}
	}
	return &steppb.CancelResponse{}, nil
}

func (h *honest) Start(r *steppb.StartRequest, stream steppb.Step_StartServer) error {
	fmt.Println("start", r.Attempt)
	text, err := os.ReadFile(filepath.Join(r.Directory, protocol.RequestFile))
	if err != nil && !lies("directory") || !filepath.IsAbs(r.Directory) {
		return status.Error(codes.InvalidArgument, "no request")
	}
	if h.attempts.Add(1) > 1 && lies("next") {
		return status.Error(codes.ResourceExhausted, "not yet")
	}
	w := h.join(stream.Context(), r, text)
	if w == nil {
		return status.Error(codes.Unavailable, "about to end")
	}
	for i := w.current(); ; i++ {
		state := w.await(stream.Context(), i)
		if state == 0 {
			return stream.Context().Err()
		}
		if err := stream.Send(&steppb.Progress{State: state}); err != nil {
			return err
		}
		if state == ended || state == elsewhere {
			return nil
		}
	}
}

// join answers nil where the process is about to end.
func (h *honest) join(caller context.Context, r *steppb.StartRequest, text []byte) *work {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.works[r.Attempt]; w != nil && !lies("joins") {
		return w
	}
	if h.closing {
		return nil
	}
	ctx := context.Background()
	if lies("connection") {
		ctx = caller
	}
	w := &work{h: h, directory: r.Directory, changed: make(chan struct{}), forced: make(chan struct{})}
	w.force = sync.OnceFunc(func() { close(w.forced) })
	w.ctx, w.cancel = context.WithCancel(ctx)
	if err := json.Unmarshal(text, &w.request); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	h.works[r.Attempt] = w
	h.group.Go(w.do)
	return w
}

type work struct {
	h         *honest
	directory string
	request   protocol.Request
	ctx       context.Context
	cancel    func()
	force     func()
	forced    chan struct{}
	spoke     time.Time // the last time
	written   int64     // bytes of the log

	mu      sync.Mutex
	states  []steppb.Progress_State
	changed chan struct{}
}

func (w *work) tell(state steppb.Progress_State) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states = append(w.states, state)
	if state == elsewhere { // it may end, and then be asked for again
		delete(w.h.works, w.request.Attempt)
	}
	close(w.changed)
	w.changed = make(chan struct{})
	w.h.idle.Reset(lifeAlone)
}

// current answers the index of the state that the work is in.
func (w *work) current() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lies("history") {
		return 0
	}
	return max(len(w.states)-1, 0)
}

// await answers the state with that index, or 0 where ctx ends before it.
func (w *work) await(ctx context.Context, i int) steppb.Progress_State {
	for {
		w.mu.Lock()
		states, changed := w.states, w.changed
		w.mu.Unlock()
		if i < len(states) {
			return states[i]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0
		}
	}
}

func (w *work) path(name string) string { return filepath.Join(w.directory, name) }

func (w *work) do() {
	w.tell(steppb.Progress_PREPARING)
	lock, err := w.lock()
	if err != nil {
		w.tell(elsewhere)
		return
	}
	defer lock.Close()
	if _, err := os.Stat(w.path(protocol.ResultFile)); err == nil {
		if lies("rewrites") {
			w.finish(protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure})
		}
		w.tell(ended)
		return
	}
	started := time.Now()
	file, err := os.OpenFile(w.path(protocol.GoFile), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil && !lies("go") {
		w.tell(elsewhere)
		return
	}
	file.Close()
	w.tell(begun)
	result := w.work()
	result.BegunAt = started
	if w.request.Settings["clean"] == true {
		w.clean(result)
	}
	if lies("doorbell") {
		w.tell(ended)
		return
	}
	w.finish(result)
	if !lies("holds on") {
		lock.Close()
	}
	w.tell(ended)
	if lies("holds on") {
		<-make(chan struct{})
	}
}

func (w *work) lock() (*os.File, error) {
	lock, err := os.OpenFile(w.path(protocol.LockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil || lies("lock") {
		return lock, err
	}
	for range 1000 { // the host may look whether the lock is held
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			break
		}
		if probe, open := os.Stat(w.path(protocol.GoFile)); open == nil && probe != nil {
			break
		}
		<-time.After(time.Millisecond)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	holder := protocol.Holder{Process: os.Getenv(protocol.EnvProcess), Pid: os.Getpid(), BootID: "boot"}
	if lies("holder") {
		holder.Pid++
	}
	text, err := json.Marshal(holder)
	if err == nil {
		err = errors.Join(lock.Truncate(0), first(lock.WriteAt(append(text, '\n'), 0)))
	}
	return lock, err
}

func first(_ int, err error) error { return err }

func (w *work) work() protocol.Result {
	text, err := json.Marshal(w.request.Settings)
	if err != nil {
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure, Message: err.Error()}
	}
	s, problems := decode(text)
	if len(problems) > 0 && !lies("bad starts") {
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure, Message: problems[0].Message}
	}
	if s.No {
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.ScriptFailure, Message: "no"}
	}
	err = errors.Join(w.say(s.Say), w.effect(), os.WriteFile(w.path(protocol.OutputsFile), []byte("said="+s.Say+"\n"), 0o600))
	if s.Flood {
		err = errors.Join(err, w.flood())
	}
	if s.Wait || s.Clean {
		return w.wait(nil)
	}
	if s.Talk {
		return w.wait(w.talk())
	}
	if err != nil {
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure, Message: err.Error()}
	}
	return protocol.Result{Status: protocol.Success}
}

// talk says something ten times a second and then that it is over.
func (w *work) talk() <-chan error {
	over := make(chan error, 1)
	go func() {
		var err error
		for range 20 {
			<-time.After(100 * time.Millisecond)
			err = errors.Join(err, w.say("I talk"))
			w.mu.Lock()
			w.spoke = time.Now()
			w.mu.Unlock()
		}
		over <- err
	}()
	return over
}

// silence is closed when nothing was said for too long.
func (w *work) silence() <-chan struct{} {
	limit := w.request.SilenceTimeout
	if limit == 0 || lies("silence") {
		return nil
	}
	silent, begun := make(chan struct{}), time.Now()
	go func() {
		for last := begun; time.Since(last) < limit; {
			<-time.After(limit - time.Since(last))
			w.mu.Lock()
			if w.spoke.After(last) && !lies("deaf") {
				last = w.spoke
			}
			w.mu.Unlock()
		}
		close(silent)
	}()
	return silent
}

// clean cleans up until it is forced to end.
func (w *work) clean(r protocol.Result) {
	r.Attempt, r.EndedAt = w.request.Attempt, time.Now()
	if lies("record") {
		r.Status = protocol.Success
	}
	text, err := json.Marshal(protocol.Cleanup{Limit: time.Minute, Result: r})
	if err == nil && !lies("no record") {
		err = errors.Join(os.WriteFile(w.path("cleanup.tmp"), text, 0o600), os.Rename(w.path("cleanup.tmp"), w.path(protocol.CleanupFile)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !lies("in a hurry") {
		<-w.forced
	}
}

func (w *work) wait(over <-chan error) protocol.Result {
	if lies("leaves") || lies("inherits") {
		w.leave()
	}
	var timeout <-chan time.Time
	if w.request.Timeout > 0 && !lies("timeout") {
		timeout = time.After(w.request.Timeout)
	}
	if lies("timeout") && w.request.Timeout > 0 {
		return protocol.Result{Status: protocol.Success}
	}
	select {
	case <-w.ctx.Done():
		if lies("canceled") {
			return protocol.Result{Status: protocol.Failed, FailureReason: protocol.ScriptFailure}
		}
		return protocol.Result{Status: protocol.Canceled}
	case <-timeout:
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.StepTimeout}
	case <-w.silence():
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.StuckOrTimeout, Message: "it was silent for too long"}
	case err := <-over:
		if err != nil {
			return protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure, Message: err.Error()}
		}
		return protocol.Result{Status: protocol.Success}
	}
}

// leave starts a process of the step that nobody ends, with the lock open in
// it where the lie says so.
func (w *work) leave() {
	c := exec.Command("sleep", "60")
	c.Env = append(os.Environ(), protocol.EnvOutput+"="+filepath.Join(w.directory, protocol.OutputsFile))
	if lies("inherits") {
		descriptors, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			panic(err)
		}
		for _, d := range descriptors {
			if at, err := os.Readlink("/proc/self/fd/" + d.Name()); err == nil && at == w.path(protocol.LockFile) {
				var fd int
				fmt.Sscan(d.Name(), &fd)
				again, err := syscall.Dup(fd)
				if err != nil {
					panic(err)
				}
				c.ExtraFiles = append(c.ExtraFiles, os.NewFile(uintptr(again), "lock"))
			}
		}
	}
	if err := c.Start(); err != nil {
		panic(err)
	}
}

func (w *work) finish(r protocol.Result) {
	r.Attempt, r.EndedAt, r.LogSize = w.request.Attempt, time.Now(), w.written
	if lies("size") {
		r.LogSize++
	}
	if r.BegunAt.IsZero() {
		r.BegunAt = r.EndedAt
	}
	text, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(w.path("result.tmp"), text, 0o600)
	}
	if err == nil {
		err = os.Rename(w.path("result.tmp"), w.path(protocol.ResultFile))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
