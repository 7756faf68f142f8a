package steptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// A process is one of the plugin's, started as the daemon does.
type process struct {
	*bench
	directory string // holds the socket, stdout and stderr
	command   *exec.Cmd
	exited    chan struct{} // closed when it has ended and was reaped
	address   string
	client    steppb.StepClient
	hangUp    func() // closes the connection, as a daemon that dies does
}

// prepare makes a process that is not started: no stdio, no handshake.
func (b *bench) prepare() *process {
	b.Helper()
	binary, err := filepath.Abs(b.suite.Binary)
	if err != nil {
		b.Fatal(err)
	}
	p := &process{bench: b, directory: b.directory("p"), exited: make(chan struct{})}
	p.command = exec.Command(binary)
	p.command.Dir = p.directory
	p.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + p.directory,
		protocol.Handshake.MagicCookieKey + "=" + protocol.Handshake.MagicCookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=" + fmt.Sprint(protocol.Version),
		"PLUGIN_UNIX_SOCKET_DIR=" + p.directory,
		protocol.EnvProcess + "=" + filepath.Base(p.directory),
	}, b.suite.Environment...)
	return p
}

// process starts a process and connects to it.
func (b *bench) process() *process {
	b.Helper()
	p := b.prepare()
	stdout, stderr := p.open("stdout"), p.open("stderr")
	p.command.Stdout, p.command.Stderr = stdout, stderr
	p.launch()
	p.close(stdout)
	p.close(stderr)
	p.handshake(func() string { return p.text("stdout") })
	p.connect()
	return p
}

func (p *process) open(name string) *os.File {
	p.Helper()
	file, err := os.OpenFile(filepath.Join(p.directory, name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		p.Fatal(err)
	}
	return file
}

func (p *process) close(c io.Closer) {
	p.Helper()
	if err := c.Close(); err != nil {
		p.Fatal(err)
	}
}

func (p *process) text(name string) string {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.directory, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.Fatal(err)
	}
	return string(text)
}

// launch starts the process; the test's end kills and reaps it.
func (p *process) launch() {
	p.Helper()
	if err := p.command.Start(); err != nil {
		p.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		// How it ended is in ProcessState; what stands in the way is seen there.
		p.command.Wait()
	}()
	p.Cleanup(func() {
		p.kill()
		if p.Failed() {
			p.Logf("%s said: %s%s", filepath.Base(p.directory), p.text("stdout"), p.text("stderr"))
		}
	})
}

var handshake = regexp.MustCompile(`(?m)^1\|(\d+)\|unix\|([^|\n]+)\|grpc(\|[^\n]*)?\n`)

// handshake waits for the line among what the process says on stdout.
func (p *process) handshake(stdout func() string) {
	p.Helper()
	var said []string
	p.await("the handshake line", func() bool {
		said = handshake.FindStringSubmatch(stdout())
		if said == nil && p.ended() {
			p.Fatalf("the process ended before its handshake line: %s", p.command.ProcessState)
		}
		return said != nil
	})
	if said[1] != fmt.Sprint(protocol.Version) {
		p.Fatalf("the process chose version %s, not %d", said[1], protocol.Version)
	}
	if p.address = said[2]; !strings.HasPrefix(p.address, p.directory+"/") {
		p.Fatalf("the socket %s is not below $PLUGIN_UNIX_SOCKET_DIR", p.address)
	}
}

// connect connects to the socket and asks for the process's health.
func (p *process) connect() {
	p.Helper()
	conn, err := grpc.NewClient("unix:"+p.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		p.Fatal(err)
	}
	p.client = steppb.NewStepClient(conn)
	p.hangUp = sync.OnceFunc(func() { p.close(conn) })
	p.Cleanup(p.hangUp)
	health := grpc_health_v1.NewHealthClient(conn)
	answer, err := health.Check(p.context(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"}, grpc.WaitForReady(true))
	if err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		p.Fatalf(`health of the service "plugin": %v, %v`, answer, err)
	}
}

// ended says whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// awaitEnd waits until the process is gone.
func (p *process) awaitEnd(within time.Duration) *os.ProcessState {
	p.Helper()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-p.exited:
	case <-limit.C:
		p.Fatalf("the process has not ended within %s", within)
	}
	return p.command.ProcessState
}

// signal sends to the process alone.
func (p *process) signal(s syscall.Signal) {
	p.Helper()
	if err := p.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Fatal(err)
	}
}

func (p *process) kill() {
	p.Helper()
	p.signal(syscall.SIGKILL)
	p.awaitEnd(p.suite.Patience)
}

// alive checks that the process still answers.
func (p *process) alive() *steppb.Description {
	p.Helper()
	d, err := p.client.Describe(p.context(), &steppb.DescribeRequest{})
	if err != nil {
		p.Fatalf("describe: %v", err)
	}
	return d
}

func (p *process) cancel(name string, force bool) {
	p.Helper()
	if _, err := p.client.Cancel(p.context(), &steppb.CancelRequest{Attempt: name, Force: force}); err != nil {
		p.Fatalf("cancel: %v", err)
	}
}

// A tail keeps what was written to it: the far end of a pipe.
type tail struct {
	file *os.File
	said bytes.Buffer
}

// line answers all that was said so far; it waits until something is.
func (r *tail) line(ctx context.Context) string {
	if deadline, ok := ctx.Deadline(); ok {
		if err := r.file.SetReadDeadline(deadline); err != nil {
			return err.Error()
		}
	}
	chunk := make([]byte, 4096)
	n, err := r.file.Read(chunk)
	if n == 0 && err != nil {
		return r.said.String()
	}
	r.said.Write(chunk[:n])
	return r.said.String()
}
