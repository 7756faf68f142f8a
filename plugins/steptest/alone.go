package steptest

import (
	"strings"
	"syscall"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// crashes: what a killed process leaves tells that the attempt is lost.
func crashes(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	p.start(a).begun().settled()
	p.kill()
	a.awaitFree()
	if !a.has(protocol.GoFile) || a.has(protocol.ResultFile) {
		b.Errorf("after kill -9: go %v, result %v; want go without result", a.has(protocol.GoFile), a.has(protocol.ResultFile))
	}
	if last := b.process().start(a).end(); last != elsewhere {
		b.Errorf("another process tells %v of the lost attempt, want ELSEWHERE", last)
	}
}

func survivesDisconnect(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	p.start(a).begun()
	p.hangUp()
	p.connect()
	w := p.start(a).begun().settled()
	w.goesOn()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}

func finishesAlone(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Good)
	w := p.start(a)
	w.next() // accepted, at least
	p.hangUp()
	b.await("the result", func() bool { return a.has(protocol.ResultFile) })
	a.ended(protocol.Success, "")
}

// floods: much output is no reason to wait for anybody, and what is kept of it
// keeps to the limit.
func floods(b *bench) {
	p, a := b.process(), b.attempt(b.need("Flood", b.suite.Flood))
	a.request.LogLimit = FloodSize / 4
	p.start(a).begun()
	p.hangUp()
	b.await("the result", func() bool { return a.has(protocol.ResultFile) })
	r := a.ended(protocol.Success, "")
	l := a.log()
	if l.kept > a.request.LogLimit {
		b.Errorf("%d bytes of the log are kept, the limit is %d", l.kept, a.request.LogLimit)
	}
	if r.LogSize < FloodSize || l.end > r.LogSize {
		b.Errorf("the result says that the log had %d bytes; it ends at %d and the flood has %d", r.LogSize, l.end, FloodSize)
	}
	if l.files < 2 || strings.TrimSpace(l.text) == "" {
		b.Errorf("%d files of the log are kept, want head and tail", l.files)
	}
}

// ignoresSignals: the terminal of whoever started the daemon is none of the
// plugin's business.
func ignoresSignals(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	w := p.start(a).begun()
	p.signal(syscall.SIGINT)
	p.signal(syscall.SIGHUP)
	w.settled().goesOn()
	p.alive()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}

func termEndsIdle(b *bench) {
	p := b.process()
	p.start(b.attempt(b.suite.Good)).toEnd()
	p.signal(syscall.SIGTERM)
	if state := p.awaitEnd(p.suite.Patience); !state.Success() {
		b.Errorf("the process ends with %s", state)
	}
}

func termWaits(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	w := p.start(a).begun()
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGTERM)
	w.settled().goesOn()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
	if state := p.awaitEnd(p.suite.Patience); !state.Success() {
		b.Errorf("the process ends with %s", state)
	}
}

// endsAlone: nobody would ever end a process that a dead daemon left.
func endsAlone(b *bench) {
	b.takesAlone()
	p := b.process()
	p.start(b.attempt(b.suite.Good)).toEnd()
	p.hangUp()
	if state := p.awaitEnd(b.suite.Alone); !state.Success() {
		b.Errorf("the process ends with %s", state)
	}
}

// worksAlone: the daemon may be away for as long as it likes.
func worksAlone(b *bench) {
	b.takesAlone()
	p, a := b.process(), b.attempt(b.suite.Long)
	p.start(a).begun()
	p.hangUp()
	limit := time.NewTimer(b.suite.Alone)
	defer limit.Stop()
	select {
	case <-p.exited:
		b.Fatal("the process has ended and its work with it")
	case <-limit.C:
	}
	p.connect()
	w := p.start(a).begun()
	w.goesOn()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}
