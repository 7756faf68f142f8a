package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/creachadair/jrpc2"
)

// ServerOptions is what a server needs beside its Service.
type ServerOptions struct {
	// Authorize is asked before each call of a method in Roles; an error
	// refuses the call, with CodePermission unless it is a *Error. nil refuses
	// every call.
	Authorize func(ctx context.Context, p Peer, method string) error
	// Log gets faults, and at debug level every call; nil drops it all.
	Log *slog.Logger
}

// Serve answers calls on l, which must listen on a Unix socket, until ctx ends
// or accepting fails, and closes l. The end of ctx cancels every call; what
// they answer within 2 seconds is still sent, a call that gives up with the
// context's error is answered with CodeUnavailable. Serve returns when every
// method of s has returned: nil after the end of ctx.
func Serve(ctx context.Context, l net.Listener, s Service, o ServerOptions) error {
	return serve(ctx, l, s, o, serverLimits())
}

func serve(ctx context.Context, l net.Listener, s Service, o ServerOptions, lim limits) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	v := &server{
		ctx:     ctx,
		log:     log,
		lim:     lim,
		handler: &handler{ctx: ctx, service: s, table: index(methods()), authorize: o.Authorize, log: log},
		open:    map[*session]uint32{},
		users:   map[uint32]int{},
	}
	failed := make(chan error, 1)
	v.work.Go(func() { failed <- v.accept(l) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		cancel()
	}
	return errors.Join(err, v.stop(l))
}

// server owns the connections of one listener.
type server struct {
	ctx     context.Context
	log     *slog.Logger
	lim     limits
	handler *handler
	work    sync.WaitGroup // the accept loop, and a goroutine for each connection

	mu       sync.Mutex          // guards the fields below
	open     map[*session]uint32 // the connections, with the uid of each
	users    map[uint32]int      // connections of each uid
	stopping bool
	crowd    crowd
}

// accept serves each connection until accepting fails for good: nil where the
// server is being stopped. A shortage of descriptors or memory passes; the
// clients wait in the backlog meanwhile.
func (v *server) accept(l net.Listener) error {
	const least, most = 5 * time.Millisecond, time.Second
	pause := least
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = least
			v.work.Go(func() { v.attend(conn) })
		case v.ctx.Err() != nil:
			return nil
		case isShortage(err):
			v.log.Warn("cannot accept a connection", "err", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-v.ctx.Done():
			}
			pause = min(2*pause, most)
		default:
			return fmt.Errorf("accept on %s: %w", l.Addr(), err)
		}
	}
}

func isShortage(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// attend serves one connection to its end.
func (v *server) attend(conn net.Conn) {
	s := newSession(conn, v.lim)
	peer, err := peerOf(conn)
	if err == nil {
		err = v.register(s, peer.UID)
	}
	if err != nil {
		v.noteRefusal(err)
		v.turnAway(s, err)
		return
	}
	defer v.forget(s)
	base := WithPeer(context.WithoutCancel(v.ctx), peer)
	status := jrpc2.NewServer(v.handler, &jrpc2.ServerOptions{
		DisableBuiltin: true,
		// More than may be in flight: a call never waits for a place, and so
		// never ends with an error of jrpc2's own.
		Concurrency: v.lim.calls + v.lim.batch,
		NewContext:  func() context.Context { return base },
	}).Start(s).WaitStatus()
	if status.Err != nil {
		v.log.Info("connection dropped", "err", status.Err, "uid", peer.UID, "pid", peer.PID)
	}
}

// turnAway tells a client why it is not served, as an answer to no request.
func (v *server) turnAway(s *session, why error) {
	var e *Error
	if errors.As(why, &e) {
		if err := s.write(refusal("", e)); err != nil {
			v.log.Debug("refusal not sent", "err", err)
		}
	}
	if err := s.Close(); err != nil {
		v.log.Debug("close", "err", err)
	}
}

// register counts a connection in, unless that makes too many.
func (v *server) register(s *session, uid uint32) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	administers, total := v.lim.administers(uid), v.lim.total
	if !administers {
		total -= v.lim.spare
	}
	switch {
	case v.stopping:
		return Errorf(CodeUnavailable, "the daemon is stopping; ask again")
	case !administers && v.users[uid] >= v.lim.perUser:
		return Errorf(CodeBusy, "uid %d has %d connections, as many as one user may; close some", uid, v.lim.perUser)
	case len(v.open) >= total:
		return Errorf(CodeBusy, "the daemon has %d connections, as many as it takes from uid %d; try again", len(v.open), uid)
	}
	v.open[s] = uid
	v.users[uid]++
	return nil
}

func (v *server) forget(s *session) {
	v.mu.Lock()
	defer v.mu.Unlock()
	uid := v.open[s]
	delete(v.open, s)
	if v.users[uid]--; v.users[uid] == 0 {
		delete(v.users, uid)
	}
}

// stop ends every connection: when what is due is answered, but for those that
// take too long. It closes those itself, for jrpc2's own Stop waits for a
// write to a client that does not read.
func (v *server) stop(l net.Listener) error {
	err := l.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	v.each(func(s *session) error { s.Stop(); return nil })
	ended := make(chan struct{})
	go func() { v.work.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(v.lim.stop):
		v.each((*session).Close)
		<-ended
	}
	return err
}

// each does something to every connection, once no further one is let in.
func (v *server) each(do func(*session) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stopping = true
	for s := range v.open {
		if err := do(s); err != nil {
			v.log.Debug("end a connection", "err", err)
		}
	}
}
