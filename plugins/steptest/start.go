package steptest

import (
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// A watch is one Start and the states that it has told.
type watch struct {
	*process
	attempt *attempt
	stream  grpc.ServerStreamingClient[steppb.Progress]
	err     error // of sending
	states  []steppb.Progress_State
}

const (
	begun     = steppb.Progress_BEGUN
	ended     = steppb.Progress_ENDED
	elsewhere = steppb.Progress_ELSEWHERE
)

// start writes the request, where that was not done, and sends Start.
func (p *process) start(a *attempt) *watch {
	p.Helper()
	if !a.has("request.json") {
		a.write()
	}
	w := &watch{process: p, attempt: a}
	w.send()
	return w
}

// send sends Start; what goes wrong is told by next.
func (w *watch) send() {
	request := &steppb.StartRequest{Attempt: w.attempt.request.Attempt, Directory: w.attempt.directory}
	w.stream, w.err = w.client.Start(w.context(), request)
}

// next receives a state; false at the end of the stream.
func (w *watch) next() (steppb.Progress_State, bool) {
	w.Helper()
	if w.err != nil {
		w.Fatalf("start: %v", w.err)
	}
	progress, err := w.stream.Recv()
	if errors.Is(err, io.EOF) {
		return 0, false
	}
	if err != nil {
		w.Fatalf("start, after %v: %v", w.states, err)
	}
	if n := len(w.states); n > 0 && progress.State <= w.states[n-1] {
		w.Errorf("start tells %v after %v", progress.State, w.states)
	}
	w.states = append(w.states, progress.State)
	return progress.State, true
}

// begun waits until the work has begun.
func (w *watch) begun() *watch {
	w.Helper()
	for {
		switch state, more := w.next(); {
		case !more || state > begun:
			w.Fatalf("start tells %v: the work should have begun and go on", w.states)
		case state == begun:
			return w
		}
	}
}

// end waits for the end of the stream and answers the last state.
func (w *watch) end() steppb.Progress_State {
	w.Helper()
	for {
		if _, more := w.next(); !more {
			break
		}
	}
	if len(w.states) == 0 {
		w.Fatal("start tells nothing")
	}
	last := w.states[len(w.states)-1]
	if last != ended && last != elsewhere {
		w.Fatalf("start ends after %v: the last state is ENDED or ELSEWHERE", w.states)
	}
	return last
}

// toEnd waits until the attempt has ended here.
func (w *watch) toEnd() {
	w.Helper()
	if last := w.end(); last != ended {
		w.Fatalf("start tells %v, want ENDED", w.states)
	}
	if !w.attempt.has("result.json") {
		w.Fatal("start tells ENDED, and there is no result.json")
	}
}

// settled waits until the begun work shows a process, or has had the time to:
// BEGUN comes before the first of them.
func (w *watch) settled() *watch {
	w.Helper()
	const least = 300 * time.Millisecond
	limit := time.NewTimer(least)
	defer limit.Stop()
	again := time.NewTicker(least / 6)
	defer again.Stop()
	for len(w.attempt.processes()) == 0 {
		select {
		case <-again.C:
		case <-limit.C:
			return w
		}
	}
	return w
}

// goesOn checks that the work goes on.
func (w *watch) goesOn() {
	w.Helper()
	if w.attempt.has("result.json") || !w.attempt.held() {
		w.Error("the work does not go on: there is a result, or nobody holds the lock")
	}
}
