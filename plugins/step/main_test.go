package step

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/steplog"
)

// patience bounds every wait of a test; nothing takes nearly as long.
const patience = 60 * time.Second

// testSettings make the test binary, started as a plugin, do what a test needs.
type testSettings struct {
	Mode   string   `json:"mode"`
	Script string   `json:"script,omitempty"`
	After  string   `json:"after,omitempty"` // a script; "hang" ignores its end
	Limit  Duration `json:"limit,omitempty"` // of After
}

func testWork(ctx context.Context, s testSettings, t *Task) error {
	if s.After != "" {
		t.Cleanup(s.Limit.Duration(), func(ctx context.Context, t *Task) error {
			if s.After == "hang" {
				select {}
			}
			return t.Command(ctx, "sh", "-c", s.After).Run()
		})
	}
	switch s.Mode {
	case "script":
		return t.Command(ctx, "sh", "-c", s.Script).Run()
	case "wrap":
		return fmt.Errorf("dump: %w", t.Command(ctx, "sh", "-c", s.Script).Run())
	case "wait":
		fmt.Fprintln(t, "waiting")
		<-ctx.Done()
		return ctx.Err()
	case "hang":
		select {}
	case "panic":
		panic("a planted panic")
	case "goexit":
		runtime.Goexit()
	case "fail":
		return Failf("the answer is %d", 42)
	case "error":
		return errors.New("the machinery broke")
	case "print":
		for range 1000 {
			fmt.Println(strings.Repeat("x", 1000))
			fmt.Fprintln(os.Stderr, strings.Repeat("y", 1000))
		}
	case "output":
		return errors.Join(t.SetOutput("one", "1"), t.SetOutput("two", "first\nsecond\nEND\n"))
	}
	return nil
}

const pluginVariable = "STEP_TEST_CAPACITY"

func TestMain(m *testing.M) {
	if capacity := os.Getenv(pluginVariable); capacity != "" {
		Serve(About{Type: "test", Version: "1", Summary: "Test", Capacity: len(capacity)}, testWork)
	}
	os.Exit(m.Run())
}

// process is the test binary at work as a plugin.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	conn   *grpc.ClientConn
	client steppb.StepClient
	addr   string
	stdout io.Closer
	stderr string
	exited chan struct{}
}

// launch starts a plugin that serves as many attempts as capacity has letters.
func launch(t testing.TB, capacity string) *process {
	t.Helper()
	dir, err := os.MkdirTemp("", "ps") // t.TempDir is too long for a socket
	fatal(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	fatal(t, err)
	defer stderr.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{
		pluginVariable + "=" + capacity, "PATH=/nowhere", "SECRET=plugin",
		protocol.Handshake.MagicCookieKey + "=" + protocol.Handshake.MagicCookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=1", "PLUGIN_UNIX_SOCKET_DIR=" + dir,
		protocol.EnvProcess + "=p1",
	}
	cmd.Stderr = stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdout, err := cmd.StdoutPipe()
	fatal(t, err)
	fatal(t, cmd.Start())
	p := &process{t: t, cmd: cmd, stdout: stdout, stderr: stderr.Name(), exited: make(chan struct{})}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	fatal(t, err)
	p.addr = strings.Split(line, "|")[3]
	go func() { defer close(p.exited); cmd.Process.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.exited
		if text := p.errors(); strings.Contains(text, "DATA RACE") {
			t.Errorf("in the plugin:\n%s", text)
		}
	})
	p.connect()
	return p
}

func (p *process) connect() {
	conn, err := grpc.NewClient("unix:"+p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	fatal(p.t, err)
	p.t.Cleanup(func() { conn.Close() })
	p.conn, p.client = conn, steppb.NewStepClient(conn)
}

func (p *process) awaitExit() {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatal("the plugin did not exit")
	}
}

// errors returns what the plugin wrote to stderr.
func (p *process) errors() string {
	text, err := os.ReadFile(p.stderr)
	fatal(p.t, err)
	return string(text)
}

// start sends Start and returns its stream.
func (p *process) start(a *trial) grpc.ServerStreamingClient[steppb.Progress] {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	p.t.Cleanup(cancel)
	stream, err := p.client.Start(ctx, &steppb.StartRequest{Attempt: a.name, Directory: a.dir})
	fatal(p.t, err)
	return stream
}

// begin starts an attempt and returns once its work has begun.
func (p *process) begin(a *trial) grpc.ServerStreamingClient[steppb.Progress] {
	p.t.Helper()
	stream := p.start(a)
	if got := next(p.t, stream); got != steppb.Progress_BEGUN {
		p.t.Fatalf("the attempt is %v, want BEGUN", got)
	}
	return stream
}

// perform starts an attempt and returns its result.
func (p *process) perform(a *trial) protocol.Result {
	p.t.Helper()
	awaitState(p.t, p.start(a), steppb.Progress_ENDED)
	return a.result()
}

func (p *process) cancel(a *trial, force bool) {
	p.t.Helper()
	_, err := p.client.Cancel(context.Background(), &steppb.CancelRequest{Attempt: a.name, Force: force})
	fatal(p.t, err)
}

func next(t testing.TB, stream grpc.ServerStreamingClient[steppb.Progress]) steppb.Progress_State {
	t.Helper()
	progress, err := stream.Recv()
	fatal(t, err)
	return progress.GetState()
}

func awaitState(t testing.TB, stream grpc.ServerStreamingClient[steppb.Progress], want steppb.Progress_State) {
	t.Helper()
	for {
		progress, err := stream.Recv()
		if err != nil {
			t.Fatalf("the stream ended before %v: %v", want, err)
		}
		if progress.GetState() == want {
			return
		}
	}
}

// trial is an attempt directory of a test.
type trial struct {
	t    testing.TB
	name string
	dir  string
}

// newTrial makes the directory of an attempt; change may alter the request.
func newTrial(t testing.TB, settings map[string]any, change func(*protocol.Request)) *trial {
	t.Helper()
	dir := t.TempDir()
	a := &trial{t: t, name: "test/1/stage/" + filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir), dir: dir}
	request := protocol.Request{
		Attempt: a.name, Pipeline: "test", Run: 1, RunID: 7, Stage: "stage", Step: "step", Number: 1,
		Settings: settings, Workspace: t.TempDir(), Grace: 10 * time.Second,
	}
	if change != nil {
		change(&request)
	}
	text, err := json.Marshal(request)
	fatal(t, err)
	fatal(t, os.WriteFile(filepath.Join(dir, protocol.RequestFile), text, 0o600))
	return a
}

func script(t testing.TB, text string, change func(*protocol.Request)) *trial {
	t.Helper()
	return newTrial(t, map[string]any{"mode": "script", "script": text}, change)
}

func mode(t testing.TB, name string) *trial {
	t.Helper()
	return newTrial(t, map[string]any{"mode": name}, nil)
}

func (a *trial) result() protocol.Result {
	a.t.Helper()
	var r protocol.Result
	text, err := os.ReadFile(filepath.Join(a.dir, protocol.ResultFile))
	fatal(a.t, err)
	fatal(a.t, json.Unmarshal(text, &r))
	return r
}

func (a *trial) has(file string) bool {
	_, err := os.Lstat(filepath.Join(a.dir, file))
	return err == nil
}

// output returns the bytes of one stream of the log.
func (a *trial) output(stream string) string {
	a.t.Helper()
	segments, err := steplog.Segments(a.dir)
	fatal(a.t, err)
	var out []byte
	for _, s := range segments {
		text, err := os.ReadFile(filepath.Join(a.dir, s.Name))
		fatal(a.t, err)
		for f, err := range steplog.All(text) {
			fatal(a.t, err)
			if f.Stream == stream {
				out = f.AppendText(out)
			}
		}
	}
	return string(out)
}

// alive lists the living processes of the attempt by its mark.
func (a *trial) alive() []string {
	a.t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	fatal(a.t, err)
	var found []string
	for _, path := range paths {
		environ, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(environ), protocol.EnvOutput+"="+filepath.Join(a.dir, protocol.OutputsFile)+"\x00") {
			found = append(found, path)
		}
	}
	return found
}

// fifo makes a named pipe; the returned function waits for a line in it, which
// the step writes when it is where the test wants it.
func fifo(t *testing.T) (path string, wait func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	fatal(t, syscall.Mkfifo(path, 0o600))
	return path, func() string {
		t.Helper()
		lines := make(chan string, 1)
		go func() {
			text, err := os.ReadFile(path)
			if err != nil {
				text = []byte(err.Error())
			}
			lines <- strings.TrimSpace(string(text))
		}()
		select {
		case line := <-lines:
			return line
		case <-time.After(patience):
			t.Fatal("the step did not say that it is ready")
			return ""
		}
	}
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
