package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// journal is a log that a test reads.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func TestAPanicEndsTheCallOnly(t *testing.T) {
	var log journal
	d := startWith(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method == RunGet {
			panic("secret detail")
		}
		return nil, nil
	}), ServerOptions{Authorize: allowAll, Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	r := d.raw(t)
	r.send(`{"jsonrpc":"2.0","id":1,"method":"run.get","params":{"run":"a/1"}}`)
	if a := r.receive(); a.Error.Code != CodeInternal || strings.Contains(a.Error.Message, "secret") {
		t.Errorf("%+v", a.Error)
	}
	if !strings.Contains(log.String(), "secret detail") || !strings.Contains(log.String(), "server_test.go") {
		t.Errorf("the log has neither the panic nor its place: %s", log.String())
	}
	r.ok()
}

func TestErrorsArriveAsTheyWereMeant(t *testing.T) {
	invalid := &Error{Code: CodeInvalid, Message: "a.toml is refused",
		Data: InvalidData{Problems: []Problem{{File: "a.toml", Line: 3, Column: 4, Message: "unknown key"}}}}
	disk := &Error{Code: CodeDiskLow, Message: "full", Data: DiskLowData{FreeBytes: 1, MinFreeBytes: 1 << 63}}
	for name, c := range map[string]struct {
		given error
		want  Error
	}{
		"as it is":     {invalid, *invalid},
		"wrapped":      {fmt.Errorf("apply: %w", invalid), Error{CodeInvalid, "apply: a.toml is refused", invalid.Data}},
		"big numbers":  {disk, *disk},
		"no data":      {Errorf(CodeConflict, "later"), Error{CodeConflict, "later", nil}},
		"another data": {&Error{CodeNotFound, "none", "x"}, Error{CodeNotFound, "none", "x"}},
		"a plain one":  {errors.New("disk on fire"), Error{CodeInternal, "run.get failed within the daemon; its log has the reason", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			client := start(t, echo(func(context.Context, string, any) (any, error) { return nil, c.given }), nil).dial(t)
			_, err := client.RunGet(t.Context(), &RunGetRequest{Run: "a/1"})
			got, ok := errors.AsType[*Error](err)
			if !ok || fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", c.want) || fmt.Sprintf("%T", got.Data) != fmt.Sprintf("%T", c.want.Data) {
				t.Errorf("got %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestTheEndOfTheServerEndsLongPolls(t *testing.T) {
	begun := make(chan bool, 2)
	d := start(t, echo(func(ctx context.Context, method string, _ any) (any, error) {
		begun <- true
		<-ctx.Done()
		if method == LogRead {
			return &LogReadResponse{Data: []byte("what there is")}, nil
		}
		return nil, fmt.Errorf("watch: %w", ctx.Err())
	}), nil)
	watcher, reader := d.raw(t), d.raw(t)
	watcher.send("%s", watch)
	reader.send(`{"jsonrpc":"2.0","id":1,"method":"log.read","params":{"run":"a/1","step":"b"}}`)
	<-begun
	<-begun
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if a := watcher.receive(); a.Error.Code != CodeUnavailable {
		t.Errorf("%+v", a)
	}
	if a := reader.receive(); a.Error.Code != 0 || len(a.Result) == 0 {
		t.Errorf("%+v", a)
	}
	watcher.closed()
	if _, err := Dial(t.Context(), d.socket); !IsUnreachable(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestTheEndOfTheServerEndsIdleConnections(t *testing.T) {
	d := start(t, echo(silent), nil)
	r := d.raw(t)
	r.ok()
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	r.closed()
}

func TestNoConnectionIsLetInAfterTheEnd(t *testing.T) {
	v := &server{lim: serverLimits(), open: map[*session]uint32{}, users: map[uint32]int{}}
	v.each((*session).Close)
	err := v.register(&session{}, 0)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeUnavailable || len(v.open) != 0 {
		t.Errorf("%v, %d open", err, len(v.open))
	}
}

func TestAUserHasSoManyConnections(t *testing.T) {
	d := start(t, echo(silent), func(l *limits) {
		l.perUser, l.administers = 3, func(uint32) bool { return false }
	})
	var all []*raw
	for range 3 {
		r := d.raw(t)
		r.ok()
		all = append(all, r)
	}
	for range 50 {
		c, err := Dial(t.Context(), d.socket)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DaemonInfo(t.Context(), new(Empty))
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeBusy {
			t.Errorf("the fourth connection: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	all[0].CloseWrite()
	all[0].closed()
	// The place is free once the daemon has seen the end.
	all[1].ok()
	for {
		r := d.raw(t)
		r.send(`{"jsonrpc":"2.0","id":1,"method":"daemon.info"}`)
		if a := r.receive(); a.Error.Code == 0 {
			break
		} else if a.Error.Code != CodeBusy {
			t.Fatalf("%+v", a)
		}
	}
}

func TestTheDaemonHasSoManyConnections(t *testing.T) {
	d := start(t, echo(silent), func(l *limits) { l.total = 1 })
	d.raw(t).ok()
	if a := d.raw(t).receive(); string(a.ID) != "null" || a.Error.Code != CodeBusy {
		t.Errorf("%+v", a)
	}
}

func TestOthersCannotLockOutWhoAdministers(t *testing.T) {
	lim := serverLimits()
	lim.perUser, lim.total, lim.spare = 4, 10, 2
	lim.administers = func(uid uint32) bool { return uid == 7 }
	v := &server{lim: lim, open: map[*session]uint32{}, users: map[uint32]int{}}
	for _, c := range []struct {
		uid          uint32
		asked, taken int
	}{
		{1, 5, 4}, // one user's share
		{2, 5, 4},
		{3, 1, 0}, // what is left is not for the many
		{7, 3, 2}, // but for who administers
	} {
		taken := 0
		for range c.asked {
			err := v.register(&session{}, c.uid)
			if e, ok := errors.AsType[*Error](err); ok && e.Code != CodeBusy || !ok && err != nil {
				t.Errorf("uid %d: %v", c.uid, err)
			}
			if err == nil {
				taken++
			}
		}
		if taken != c.taken {
			t.Errorf("uid %d got %d connections of %d, want %d", c.uid, taken, c.asked, c.taken)
		}
	}
}

func TestWhoAdministersHasMoreConnectionsThanAUser(t *testing.T) {
	d := start(t, echo(silent), func(l *limits) { l.perUser = 2 })
	for range 6 { // this process runs as the daemon's user
		d.raw(t).ok()
	}
	if !administers(0) || administers(uint32(os.Geteuid())+1) {
		t.Error("root administers, and no other user does but the daemon's own")
	}
}

func TestRefusalsDoNotFillTheLog(t *testing.T) {
	var log journal
	v := &server{lim: serverLimits(), log: slog.New(slog.NewTextHandler(&log, nil))}
	v.lim.refusal = time.Hour
	for range 100 {
		v.noteRefusal(errors.New("too many"))
	}
	if n := strings.Count(log.String(), "connection refused"); n != 1 {
		t.Errorf("%d words on 100 refusals at once: %s", n, log.String())
	}
	v.lim.refusal = 0
	v.noteRefusal(errors.New("too many"))
	if !strings.Contains(log.String(), "others_before=99") {
		t.Errorf("the later word leaves some out: %s", log.String())
	}
}

// poor is a listener that is short of descriptors at first, or breaks.
type poor struct {
	net.Listener
	errs chan error
}

func (p poor) Accept() (net.Conn, error) {
	if err, ok := <-p.errs; ok {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", err)}
	}
	return p.Listener.Accept()
}

func servePoor(t *testing.T, errs ...error) *daemon {
	socket := filepath.Join(shortDir(t), "s")
	l, err := Listen(socket, false)
	if err != nil {
		t.Fatal(err)
	}
	p := poor{l, make(chan error, len(errs))}
	for _, err := range errs {
		p.errs <- err
	}
	close(p.errs)
	return serveOn(t, p, socket, echo(silent), ServerOptions{Authorize: allowAll}, nil)
}

func TestAShortageOfDescriptorsPasses(t *testing.T) {
	d := servePoor(t, syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED)
	d.raw(t).ok()
}

func TestABrokenListenerEndsServe(t *testing.T) {
	socket := filepath.Join(shortDir(t), "s")
	l, err := Listen(socket, false)
	if err != nil {
		t.Fatal(err)
	}
	p := poor{l, make(chan error, 1)}
	p.errs <- syscall.EINVAL
	err = Serve(t.Context(), p, echo(silent), ServerOptions{})
	if !errors.Is(err, syscall.EINVAL) {
		t.Errorf("%v", err)
	}
}
