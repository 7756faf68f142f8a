package step

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// lonely is how long a process without an attempt and without a daemon lives.
const lonely = 10 * time.Second

// life decides when the process ends. It is the stats.Handler that counts the
// daemons that are connected.
type life struct {
	end      func() // the process is not needed any more; may be called again
	capacity int

	mu       sync.Mutex
	attempts int // at work
	hung     int // ignored their cancel; only the end of the process ends them
	hosts    int // connections
	draining bool
	timer    *time.Timer // calls end; runs while the process is alone
}

func newLife(capacity int, end func()) *life {
	l := &life{end: end, capacity: capacity}
	l.timer = time.AfterFunc(lonely, l.expire)
	return l
}

// enter counts an attempt in. Its error has a gRPC code: ResourceExhausted
// where the process is full, Unavailable where it is about to end.
func (l *life) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.draining:
		return status.Error(codes.Unavailable, "this process of the plugin is about to end and takes no new attempts")
	case l.attempts+l.hung >= l.capacity:
		return status.Errorf(codes.ResourceExhausted, "this process of the plugin is full: it serves %d attempts at a time", l.capacity)
	}
	l.attempts++
	l.look()
	return nil
}

// leave counts an attempt out.
func (l *life) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts--
	l.look()
}

// hang counts an attempt as one that ends with the process.
func (l *life) hang() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts--
	l.hung++
	l.draining = true
	l.look()
}

// returned undoes hang for an attempt whose work ended after all. The process
// ends all the same.
func (l *life) returned() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hung--
}

// drain lets the running attempts be the last.
func (l *life) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	l.look()
}

// connected says whether a daemon is there to commit a result.
func (l *life) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hosts > 0
}

func (l *life) isHung() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hung > 0
}

// look draws the consequence of a change; l.mu is held.
func (l *life) look() {
	l.timer.Stop()
	switch {
	case l.attempts > 0:
	case l.draining:
		l.end()
	case l.hosts == 0:
		l.timer.Reset(lonely)
	}
}

// expire ends a process that is still alone.
func (l *life) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.attempts == 0 && l.hosts == 0 {
		l.draining = true
		l.end()
	}
}

// TagConn, HandleConn, TagRPC and HandleRPC are stats.Handler's.
func (l *life) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (l *life) HandleConn(_ context.Context, event stats.ConnStats) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch event.(type) {
	case *stats.ConnBegin:
		l.hosts++
	case *stats.ConnEnd:
		l.hosts--
	}
	l.look()
}

func (l *life) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (l *life) HandleRPC(context.Context, stats.RPCStats) {}
