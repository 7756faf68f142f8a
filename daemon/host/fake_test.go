package host

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
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/shell"
	"github.com/penstock/penstock/plugins/step"
)

// TestMain makes this binary the plugins of the tests as well: it behaves as
// the name that it was started under says.
func TestMain(m *testing.M) {
	if place := os.Getenv("PENSTOCK_TEST_DAEMON"); place != "" {
		runDaemon(place)
	}
	if os.Getenv(protocol.Handshake.MagicCookieKey) != "" {
		pretend(strings.TrimPrefix(filepath.Base(os.Args[0]), protocol.BinaryPrefix))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// pretend is the main of a fake plugin.
func pretend(kind string) {
	if strings.HasPrefix(kind, "hang-") {
		kind = "silent"
	}
	switch kind {
	case "silent":
		pauseForever()
	case "garbage":
		fmt.Print("\x1b[31mhello\x00 world\nthis is no plugin\n")
		pauseForever()
	case "endless":
		if _, err := os.Stdout.Write(bytes.Repeat([]byte("x"), 10<<20)); err != nil {
			panic(err)
		}
		pauseForever()
	case "broken":
		fmt.Fprintln(os.Stderr, "cannot find libfoo")
		os.Exit(3)
	case "elsewhere":
		fmt.Println("1|1|unix|/tmp/penstock-not-there|grpc")
		pauseForever()
	case "future":
		fmt.Printf("1|99|unix|%s/s|grpc\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		pauseForever()
	case "impostor":
		impersonate()
	case "shell":
		step.Serve(shell.About(), shell.Work)
	default:
		serve(kind)
	}
}

func pauseForever() { select {} }

// impersonate shakes hands for a socket on which a child of it listens.
func impersonate() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "s")
	if len(os.Args) > 1 {
		listener, err := net.Listen("unix", path)
		if err != nil {
			panic(err)
		}
		defer listener.Close()
		fmt.Printf("1|1|unix|%s|grpc\n", path)
		pauseForever()
	}
	child := exec.Command("/proc/self/exe", "listen")
	child.Args[0] = os.Args[0]
	child.Stdout = os.Stdout
	if err := child.Run(); err != nil {
		panic(err)
	}
}

// serve is a plugin that keeps to the contract, but for what its settings ask.
func serve(kind string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("a word before the handshake")
	f := &fake{kind: kind, attempts: map[string]*fakeAttempt{}}
	if err := protocol.Serve(ctx, protocol.Server{Service: f, Shutdown: func() {}}, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type fake struct {
	steppb.UnimplementedStepServer
	kind     string
	mu       sync.Mutex
	attempts map[string]*fakeAttempt
}

type fakeAttempt struct {
	cancel chan bool
	begun  chan struct{}
	ended  chan struct{}
}

func (f *fake) Describe(context.Context, *steppb.DescribeRequest) (*steppb.Description, error) {
	d := &steppb.Description{Type: f.kind, Version: "1.2.3", Summary: "fake", SettingsSchema: []byte(`{}`), Capacity: 1}
	if f.kind == "wide" {
		d.Capacity = 100
	}
	if f.kind == "liar" {
		d.Type = "other"
	}
	return d, nil
}

func (f *fake) Check(ctx context.Context, r *steppb.CheckRequest) (*steppb.CheckResponse, error) {
	if strings.Contains(string(r.Settings), "hang") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if strings.Contains(string(r.Settings), "wrong") {
		return &steppb.CheckResponse{Problems: []*steppb.Problem{{Path: "do", Message: "is wrong\x1b"}}}, nil
	}
	return &steppb.CheckResponse{}, nil
}

func (f *fake) Cancel(_ context.Context, r *steppb.CancelRequest) (*steppb.CancelResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.attempts[r.Attempt]; a != nil {
		select {
		case a.cancel <- r.Force:
		default:
		}
	}
	return &steppb.CancelResponse{}, nil
}

func (f *fake) Start(r *steppb.StartRequest, stream grpc.ServerStreamingServer[steppb.Progress]) error {
	text, err := os.ReadFile(filepath.Join(r.Directory, protocol.RequestFile))
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	var request protocol.Request
	if err := json.Unmarshal(text, &request); err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	do, _ := request.Settings["do"].(string)
	switch do {
	case "mute":
		<-stream.Context().Done()
		return nil
	case "die-before-go":
		fmt.Fprintln(os.Stderr, "dying early")
		os.Exit(4)
	case "die-once-before-go":
		if os.Mkdir(filepath.Join(r.Directory, "died"), 0o700) == nil {
			os.Exit(4)
		}
	case "refuse":
		return status.Error(codes.InvalidArgument, "I do not like it\x1b[31m")
	}
	a, ok := f.take(r, do)
	if !ok {
		return stream.Send(&steppb.Progress{State: steppb.Progress_ELSEWHERE})
	}
	if err := stream.Send(&steppb.Progress{State: steppb.Progress_PREPARING}); err != nil {
		return err
	}
	<-a.begun
	if err := stream.Send(&steppb.Progress{State: steppb.Progress_BEGUN}); err != nil {
		return err
	}
	select {
	case <-a.ended:
		return stream.Send(&steppb.Progress{State: steppb.Progress_ENDED})
	case <-stream.Context().Done():
		return nil
	}
}

func (f *fake) take(r *steppb.StartRequest, do string) (*fakeAttempt, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.attempts[r.Attempt]; a != nil {
		return a, true
	}
	lock, err := os.OpenFile(filepath.Join(r.Directory, protocol.LockFile), os.O_CREATE|os.O_RDWR, 0o600)
	must(err)
	for i := 0; unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil; i++ {
		if i > 100 {
			return nil, false
		}
		time.Sleep(time.Millisecond)
	}
	if exists(r.Directory, protocol.GoFile) || exists(r.Directory, protocol.ResultFile) {
		must(lock.Close())
		return nil, false
	}
	boot, err := BootID()
	must(err)
	holder, err := json.Marshal(protocol.Holder{Process: os.Getenv(protocol.EnvProcess), Pid: os.Getpid(), BootID: boot})
	must(err)
	_, err = lock.Write(holder)
	must(err)
	a := &fakeAttempt{cancel: make(chan bool, 4), begun: make(chan struct{}), ended: make(chan struct{})}
	f.attempts[r.Attempt] = a
	go a.work(r, do, lock)
	return a, true
}

// work does one attempt and counts its effect in a file beside the directory.
func (a *fakeAttempt) work(r *steppb.StartRequest, do string, lock *os.File) {
	begun := time.Now()
	_, err := os.OpenFile(filepath.Join(r.Directory, protocol.GoFile), os.O_CREATE|os.O_EXCL, 0o600)
	must(err)
	effect, err := os.OpenFile(r.Directory+".effects", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(err)
	_, err = effect.WriteString("x")
	must(err)
	close(a.begun)
	result := protocol.Result{Attempt: r.Attempt, Status: protocol.Success, BegunAt: begun, LogSize: 7}
	switch do {
	case "block":
		<-a.cancel
		result.Status = protocol.Canceled
	case "until-told":
		fifo, err := os.Open(r.Directory + ".finish") // until somebody writes
		must(err)
		must(fifo.Close())
	case "clean", "clean-overdue":
		<-a.cancel
		result.Status = protocol.Canceled
		a.clean(r, result, do)
	case "clean-success":
		a.clean(r, result, do)
	case "stubborn":
		pauseForever()
	case "obey-force":
		for !<-a.cancel {
		}
		result.Status = protocol.Canceled
	case "crash", "fork":
		if do == "fork" {
			leave(r)
		}
		fmt.Fprintln(os.Stderr, "panic: out of cheese\x1b")
		os.Exit(5)
	case "let-go":
		must(lock.Close())
		close(a.ended)
		return
	case "bad-result":
		result.Attempt = "somebody/else"
	case "fail":
		code := 7
		result.Status, result.FailureReason, result.ExitCode = protocol.Failed, protocol.ScriptFailure, &code
	case "fall-silent":
		result.Status, result.FailureReason = protocol.Failed, protocol.StuckOrTimeout
	case "outputs":
		must(os.WriteFile(filepath.Join(r.Directory, protocol.OutputsFile), []byte("answer=42\n"), 0o600))
	case "print":
		_, err := os.Stderr.Write(bytes.Repeat([]byte("y"), 3<<20))
		must(err)
	}
	result.EndedAt = time.Now()
	text, err := json.Marshal(result)
	must(err)
	must(replaceFile(filepath.Join(r.Directory, protocol.ResultFile), text))
	if do == "die-after-result" {
		os.Exit(6)
	}
	must(lock.Close())
	close(a.ended)
}

// clean puts on record that the work has ended, and cleans up until it is told
// that this is over, or is forced to end.
func (a *fakeAttempt) clean(r *steppb.StartRequest, result protocol.Result, do string) {
	record := protocol.Cleanup{Limit: time.Minute, Result: result}
	record.Result.EndedAt = time.Now()
	if do == "clean-overdue" {
		record.Limit = 10 * time.Millisecond
	}
	text, err := json.Marshal(record)
	must(err)
	must(replaceFile(filepath.Join(r.Directory, protocol.CleanupFile), text))
	if do == "clean-overdue" {
		pauseForever()
	}
	told := make(chan error, 1)
	go func() {
		fifo, err := os.Open(r.Directory + ".finish")
		must(err)
		told <- fifo.Close()
	}()
	for {
		select {
		case err := <-told:
			must(err)
			return
		case force := <-a.cancel:
			if force {
				return
			}
		}
	}
}

// leave starts a process of the step that outlives the plugin: marked, in a
// session of its own, and deaf to TERM.
func leave(r *steppb.StartRequest) {
	child := exec.Command("sh", "-c", `trap '' TERM; echo $$ > "$0"; echo ready; while :; do sleep 100; done`, r.Directory+".pid")
	child.Env = []string{"PATH=" + os.Getenv("PATH"), protocol.EnvOutput + "=" + filepath.Join(r.Directory, protocol.OutputsFile)}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ready, err := child.StdoutPipe()
	must(err)
	must(child.Start())
	_, err = ready.Read(make([]byte, 1))
	must(err)
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return !errors.Is(err, os.ErrNotExist)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
}
