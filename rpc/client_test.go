package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoDaemonIsUnreachable(t *testing.T) {
	dir := shortDir(t)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, socket := range []string{filepath.Join(dir, "none"), file, stale(t, dir)} {
		_, err := Dial(t.Context(), socket)
		if !IsUnreachable(err) || !strings.Contains(err.Error(), socket) {
			t.Errorf("%s: %v", socket, err)
		}
	}
}

func TestASocketThatIsClosedToTheCallerIsNotUnreachable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("no socket is closed to root")
	}
	d := start(t, echo(silent), nil)
	if err := os.Chmod(d.socket, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Dial(t.Context(), d.socket)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodePermission || IsUnreachable(err) {
		t.Errorf("%v", err)
	}
}

// once listens and gives the first connection to serve.
func once(t *testing.T, serve func(*raw)) *daemon {
	t.Helper()
	d := &daemon{socket: filepath.Join(shortDir(t), "s")}
	l, err := Listen(d.socket, false)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan bool)
	go func() {
		defer close(served)
		conn, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		serve(rawOf(t, conn))
	}()
	t.Cleanup(func() { <-served; l.Close() })
	return d
}

func TestAConnectionThatEndsInACallIsLost(t *testing.T) {
	for name, last := range map[string]string{
		"nothing":        "",
		"half an answer": `{"jsonrpc":"2.0","id":1,"result":{"version":"1`,
		// It would be an answer, were it known to be whole.
		"an answer without its end": `{"jsonrpc":"2.0","id":1,"result":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := once(t, func(r *raw) {
				if _, err := r.in.ReadString('\n'); err != nil {
					t.Error(err)
				}
				fmt.Fprint(r.UnixConn, last)
			}).dial(t)
			for range 2 {
				if _, err := c.DaemonInfo(t.Context(), new(Empty)); !errors.Is(err, ErrLost) || IsUnreachable(err) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestACallOnAClosedClientIsLost(t *testing.T) {
	c := start(t, echo(silent), nil).dial(t)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.DaemonInfo(t.Context(), new(Empty)); !errors.Is(err, ErrLost) {
		t.Errorf("%v", err)
	}
}

func TestACanceledCallLeavesTheClientUsable(t *testing.T) {
	begun, release := make(chan bool), make(chan bool)
	d := start(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method == RunWatch {
			close(begun)
			<-release
		}
		return nil, nil
	}), nil)
	c := d.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { _, err := c.RunWatch(ctx, &RunWatchRequest{Run: "a/1"}); watched <- err }()
	<-begun
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) || errors.Is(err, ErrLost) {
		t.Errorf("%v", err)
	}
	if _, err := c.DaemonInfo(t.Context(), new(Empty)); err != nil {
		t.Error(err)
	}
	close(release)
	c.exchange.mu.Lock()
	defer c.exchange.mu.Unlock()
	if n := len(c.exchange.waiting); n != 0 {
		t.Errorf("%d calls are remembered", n)
	}
}

func TestCloseEndsTheCallsInTheDaemon(t *testing.T) {
	begun, ended := make(chan bool), make(chan bool)
	c := start(t, echo(func(ctx context.Context, _ string, _ any) (any, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}), nil).dial(t)
	watched := make(chan error, 1)
	go func() { _, err := c.RunWatch(t.Context(), &RunWatchRequest{Run: "a/1"}); watched <- err }()
	<-begun
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	if err := <-watched; !errors.Is(err, ErrLost) {
		t.Errorf("%v", err)
	}
}

func TestAClientTakesABigAnswer(t *testing.T) {
	text := strings.Repeat("äöü<>", 1<<19)
	c := start(t, echo(func(context.Context, string, any) (any, error) {
		return &PipelineRevision{Text: text}, nil
	}), nil).dial(t)
	got, err := c.PipelineGet(t.Context(), &PipelineGetRequest{Name: "a"})
	if err != nil || got.Text != text {
		t.Errorf("%v", err)
	}
}

func TestARequestThatIsTooLongIsRefusedByName(t *testing.T) {
	c := start(t, echo(silent), nil).dial(t)
	_, err := c.PipelineApply(t.Context(), &PipelineApplyRequest{Text: strings.Repeat("x", 3<<20)})
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeNotRequest || !strings.Contains(e.Message, "1048576") {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerMaySayMoreThanTheClientKnows(t *testing.T) {
	c := once(t, func(r *raw) {
		if _, err := r.in.ReadString('\n'); err != nil {
			t.Error(err)
		}
		r.send(`{"jsonrpc":"2.0","id":1,"result":{"protocol":2,"moon":"full"}}`)
	}).dial(t)
	if info, err := c.DaemonInfo(t.Context(), new(Empty)); err != nil || info.Protocol != 2 {
		t.Errorf("%+v %v", info, err)
	}
}

// stale leaves a socket that nobody answers on.
func stale(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "stale")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
