package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestGarbageIsAnsweredAndTheConnectionGoesOn(t *testing.T) {
	const call = `{"jsonrpc":"2.0","id":1,"method":"daemon.info"`
	for name, c := range map[string]struct {
		line string
		code Code
	}{
		"no JSON":         {"hello", CodeNotJSON},
		"half an object":  {call, CodeNotJSON},
		"NaN":             {call + `,"params":{"a":NaN}}`, CodeNotJSON},
		"two objects":     {call + "}" + call + "}", CodeNotJSON},
		"not UTF-8":       {call + ",\"params\":{\"a\":\"\xff\"}}", CodeNotJSON},
		"NUL":             {"\x00", CodeNotJSON},
		"a number":        {"5", CodeNotJSON},
		"an empty batch":  {"[]", CodeNotRequest},
		"no version":      {`{"id":1,"method":"daemon.info"}`, CodeNotRequest},
		"version 1.0":     {`{"jsonrpc":"1.0","id":1,"method":"daemon.info"}`, CodeNotRequest},
		"an extra member": {call + `,"trace":"x"}`, CodeNotRequest},
		"params a string": {call + `,"params":"x"}`, CodeNotRequest},
		"id an object":    {`{"jsonrpc":"2.0","id":{},"method":"daemon.info"}`, CodeNotRequest},
		"no method":       {`{"jsonrpc":"2.0","id":1}`, CodeNotRequest},
		"an answer":       {`{"jsonrpc":"2.0","id":1,"result":1}`, CodeNotRequest},
		"a long id":       {`{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 200) + `","method":"daemon.info"}`, CodeNotRequest},
		"65 deep":         {call + `,"params":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}", CodeNotRequest},
		"a million deep":  {strings.Repeat("[", 1_000_000), CodeNotRequest},
		"a batch of 65":   {"[" + strings.Repeat(call+"},", 64) + call + "}]", CodeNotRequest},
		"100000 in batch": {"[" + strings.Repeat("1,", 100_000) + "1]", CodeNotRequest},
		"a header":        {"Content-Length: 9000000000000000000\r", CodeNotJSON},
		"more header":     {"Content-Length: 900000000000", CodeNotJSON},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, echo(silent), nil).raw(t)
			r.send("%s", c.line)
			if a := r.receive(); a.Error.Code != c.code || a.Error.Message == "" {
				t.Errorf("%+v, want code %v", a.Error, c.code)
			}
			r.ok()
		})
	}
}

func TestBlankLinesAreSkipped(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	r.send("\n\r\n  \t\n")
	r.ok()
}

func TestNestingWithinTheCapIsFine(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	r.send(`{"jsonrpc":"2.0","id":1,"method":"daemon.info","params":{"a":"%s"}}`, strings.Repeat("[{", 1000))
	if a := r.receive(); a.Error.Code != CodeParams {
		t.Errorf("brackets in a string: %+v", a.Error)
	}
}

func TestTheTenthFaultEndsTheConnection(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	for range 9 {
		r.send("garbage")
		r.receive()
		r.ok()
	}
	r.send("garbage")
	if a := r.receive(); a.Error.Code != CodeNotJSON {
		t.Errorf("%+v", a)
	}
	r.closed()
}

func TestJSONThatIsNoRequestIsAFaultAsWell(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	for range 10 {
		r.send("{}")
	}
	r.closed()
}

func TestAnEndlessLineCostsNoMemory(t *testing.T) {
	d := start(t, echo(silent), nil)
	r := d.raw(t)
	r.ok()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	answered := make(chan answer, 1)
	go func() { answered <- r.receive() }()
	block := bytes.Repeat([]byte("x"), 64<<10)
	for range 2048 { // 128 MiB
		if _, err := r.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if a := <-answered; a.Error.Code != CodeNotRequest {
		t.Errorf("%+v", a.Error)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
	r.send("")
	r.ok()
}

func TestALineOfTheGreatestLengthIsRead(t *testing.T) {
	const head, tail = `{"jsonrpc":"2.0","id":1,"method":"pipeline.apply","params":{"text":"`, `"}}`
	var got atomic.Int64
	d := start(t, echo(func(_ context.Context, _ string, q any) (any, error) {
		if apply, ok := q.(*PipelineApplyRequest); ok {
			got.Store(int64(len(apply.Text)))
		}
		return nil, nil
	}), nil)
	r := d.raw(t)
	room := 1<<20 - len(head) - len(tail)
	r.send("%s%s%s", head, strings.Repeat("x", room), tail)
	if a := r.receive(); a.Error.Code != 0 || got.Load() != int64(room) {
		t.Errorf("%+v, %d bytes", a.Error, got.Load())
	}
	r.send("%s%s%s", head, strings.Repeat("x", room+1), tail)
	if a := r.receive(); a.Error.Code != CodeNotRequest {
		t.Errorf("a byte more: %+v", a.Error)
	}
	r.ok()
}

func TestAWaitingCallHoldsNoPadding(t *testing.T) {
	text := `{"jsonrpc":"2.0","id":1,"method":"run.watch","params":{` + strings.Repeat(" ", 1<<19) + `"run":"a/1"}}`
	kept, requests, refused := parse([]byte(text), serverLimits())
	if refused != nil || len(requests) != 1 || len(kept) > 100 {
		t.Errorf("%d bytes, %v", len(kept), refused)
	}
}

// pair is a session and the other end of its connection.
func pair(t *testing.T, lim limits) (*session, *raw) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(connOf(t, fds[0]), lim)
	return s, rawOf(t, connOf(t, fds[1]))
}

func connOf(t *testing.T, fd int) net.Conn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

const watch = `{"jsonrpc":"2.0","id":1,"method":"run.watch","params":{"run":"a/1"}}`

func TestAHalfClosedConnectionGetsItsAnswers(t *testing.T) {
	s, r := pair(t, serverLimits())
	r.send("%s", watch)
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := r.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := s.Recv(); ended <- err }()
	untilDraining(t, s)
	if len(ended) > 0 {
		t.Fatal("Recv ended before the answer")
	}
	if err := s.Send([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`)); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != io.EOF {
		t.Error(err)
	}
	if a := r.receive(); string(a.Result) != "{}" {
		t.Errorf("%+v", a)
	}
}

// untilDraining returns when the session has seen the end of its input.
func untilDraining(t *testing.T, s *session) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		s.mu.Lock()
		draining := s.draining
		s.mu.Unlock()
		if draining {
			return
		}
	}
	t.Fatal("the end of input was not seen")
}

func TestPrintfIntoSocatGetsItsAnswers(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	// The last line has no end.
	fmt.Fprint(r.UnixConn, "\n"+`{"jsonrpc":"2.0","id":1,"method":"daemon.info"}`+"\ngarbage\n"+
		`[{"jsonrpc":"2.0","id":2,"method":"daemon.info"},{"jsonrpc":"2.0","method":"daemon.info"}]`+"\n"+
		`{"jsonrpc":"2.0","id":3,"method":"daemon.info"}`)
	if err := r.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r.in)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{`"id":1,`, `"id":2,`, `"id":3,`, `"id":null,`} {
		if strings.Count(string(all), id) != 1 {
			t.Errorf("%s is not there once:\n%s", id, all)
		}
	}
}

func TestAClientThatGoesEndsItsCalls(t *testing.T) {
	begun, ended := make(chan bool), make(chan error, 1)
	d := start(t, echo(func(ctx context.Context, _ string, _ any) (any, error) {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}), nil)
	r := d.raw(t)
	r.send("%s", watch)
	<-begun
	if err := r.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if len(ended) != 0 {
		t.Error("the call ended when the client closed its sending side")
	}
	r.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAClientThatNeverReadsIsDropped(t *testing.T) {
	big := &PipelineRevision{Text: strings.Repeat("x", 1<<20)}
	d := start(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method == PipelineGet {
			return big, nil
		}
		return nil, nil
	}), func(l *limits) { l.write = 2 * time.Second })
	rude := d.raw(t)
	for {
		if _, err := fmt.Fprintln(rude.UnixConn, `{"jsonrpc":"2.0","id":1,"method":"pipeline.get","params":{"name":"a"}}`); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the client was not dropped")
			}
			break
		}
	}
	d.raw(t).ok()
}

func TestStopDoesNotWaitForAClientThatNeverReads(t *testing.T) {
	begun := make(chan bool, 1)
	big := &PipelineRevision{Text: strings.Repeat("x", 4<<20)}
	d := start(t, echo(func(context.Context, string, any) (any, error) {
		begun <- true
		return big, nil
	}), func(l *limits) { l.write, l.stop = time.Hour, 10*time.Millisecond })
	r := d.raw(t)
	r.send(`{"jsonrpc":"2.0","id":1,"method":"pipeline.get","params":{"name":"a"}}`)
	<-begun
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

func TestANotificationIsNotPerformed(t *testing.T) {
	d := start(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method != DaemonInfo {
			t.Errorf("%s was performed", method)
		}
		return nil, nil
	}), nil)
	r := d.raw(t)
	note := `{"jsonrpc":"2.0","method":"run.start","params":{"pipeline":"a"}}`
	r.send("%s", note)
	r.send("[%s,%s]", note, note)
	r.ok()
	r.send(`[%s,{"jsonrpc":"2.0","id":1,"method":"daemon.info"}]`, note)
	if text, err := r.in.ReadString('\n'); err != nil || strings.Count(text, "jsonrpc") != 1 {
		t.Errorf("%s %v", text, err)
	}
}

func TestJRPC2GetsNoLineOfNotifications(t *testing.T) {
	// It would queue them without a bound.
	s, r := pair(t, serverLimits())
	note := `{"jsonrpc":"2.0","method":"run.start","params":{"pipeline":"a"}}`
	r.send("%s\n[%s,%s]\n%s", note, note, note, watch)
	if text, err := s.Recv(); string(text) != watch || err != nil {
		t.Errorf("%s %v", text, err)
	}
}

func TestAnIDIsFreeAgainAfterAnUnknownMethod(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	for range 3 {
		r.send(`{"jsonrpc":"2.0","id":1,"method":"no.such"}`)
		if a := r.receive(); a.Error.Code != CodeNoMethod {
			t.Fatalf("%+v", a.Error)
		}
	}
}

func TestOneCallTooManyIsBusy(t *testing.T) {
	release := make(chan bool)
	d := start(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method == RunWatch {
			<-release
		}
		return nil, nil
	}), nil)
	r := d.raw(t)
	for i := range 64 {
		r.send(`{"jsonrpc":"2.0","id":%d,"method":"run.watch","params":{"run":"a/1"}}`, i)
	}
	r.send(`{"jsonrpc":"2.0","id":"more","method":"daemon.info"}`)
	if a := r.receive(); string(a.ID) != `"more"` || a.Error.Code != CodeBusy {
		t.Errorf("%+v", a)
	}
	r.send(`[{"jsonrpc":"2.0","id":"a","method":"daemon.info"},{"jsonrpc":"2.0","id":"b","method":"daemon.info"}]`)
	if text, err := r.in.ReadString('\n'); err != nil || strings.Count(text, `"code":7`) != 2 || text[0] != '[' {
		t.Errorf("%s %v", text, err)
	}
	d.raw(t).ok()
	close(release)
	for range 64 {
		if a := r.receive(); a.Error.Code != 0 {
			t.Errorf("%+v", a)
		}
	}
	r.ok()
}

// inBubble runs a session on a net.Pipe, whose deadlines follow the bubble's
// clock, and returns how long it took until Recv gave up.
func inBubble(t *testing.T, client func(net.Conn)) (took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		s := newSession(ours, serverLimits())
		begun := time.Now()
		done := make(chan bool)
		go func() { client(theirs); close(done) }()
		for err == nil {
			_, err = s.Recv()
		}
		took = time.Since(begun)
		s.Close()
		<-done
		theirs.Close()
	})
	return took, err
}

func TestSilenceEndsAConnection(t *testing.T) {
	took, err := inBubble(t, func(net.Conn) {})
	if took != 10*time.Minute || !errors.Is(err, errIdle) {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestACallInFlightIsNoSilence(t *testing.T) {
	took, err := inBubble(t, func(conn net.Conn) {
		fmt.Fprintln(conn, watch)
		<-time.After(time.Hour) // of the bubble
		conn.Close()
	})
	if took != time.Hour || !errors.Is(err, io.EOF) {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestStopComesBeforeTheNextWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		s, begun := newSession(ours, serverLimits()), time.Now()
		s.Stop()
		if _, err := s.Recv(); err != io.EOF || time.Since(begun) != 0 {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		s.Close()
	})
}

func TestALineMustBeFinishedInTime(t *testing.T) {
	took, err := inBubble(t, func(conn net.Conn) { fmt.Fprint(conn, `{"jsonrpc`) })
	if took != 10*time.Second || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestALineTooLongMustEndInTime(t *testing.T) {
	took, err := inBubble(t, func(conn net.Conn) {
		go io.Copy(io.Discard, conn)
		fmt.Fprint(conn, strings.Repeat("x", 2<<20))
	})
	if took != 10*time.Second || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %v: %v", took, err)
	}
}

func FuzzFraming(f *testing.F) {
	for _, s := range []string{
		watch, "[" + watch + "," + watch + "]\n\n" + watch, "garbage\n{}\n[]\n[1]\n[{}]\n5\nnull\n" + `"x"`,
		`{"jsonrpc":"2.0","method":"run.start"}`, `{"jsonrpc":"2.0","id":null,"method":"x","result":1}`,
		`[{"jsonrpc":"2.0","id":1,"method":"daemon.info"},{"jsonrpc":"2.0","method":"daemon.info"},{"id":[]}]`,
		`{"jsonrpc":"2.0","id":1,"method":"log.read","params":{"run":"a","step":"b","step":"c"}}`,
		"\r\n \x00\xff\n", strings.Repeat("[", 70), `{"jsonrpc":"2.0","id":1,"id":null,"method":"daemon.info"}`,
		`{"jsonrpc":"2.0","id":1,"method":"daemon.info","error":null}`,
	} {
		f.Add([]byte(s))
	}
	socket := filepath.Join(shortDir(f), "s")
	l, err := Listen(socket, false)
	if err != nil {
		f.Fatal(err)
	}
	d := serveOn(f, l, socket, echo(silent), ServerOptions{Authorize: allowAll}, nil)
	f.Fuzz(func(t *testing.T, input []byte) {
		r := d.raw(t)
		written := make(chan bool)
		defer func() { <-written }()
		go func() {
			defer close(written)
			// The server may end the connection first: ten faults.
			r.Write(input)
			r.CloseWrite()
		}()
		for {
			text, err := r.in.ReadBytes('\n')
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the server neither answers nor ends")
			}
			if err != nil {
				if len(text) > 0 {
					t.Fatalf("half an answer: %s", text)
				}
				return
			}
			if !bytes.Contains(text, []byte(`{"jsonrpc":"2.0","id":`)) {
				t.Fatalf("no answer: %s", text)
			}
		}
	})
}
