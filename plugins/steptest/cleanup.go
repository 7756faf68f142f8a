package steptest

import (
	"encoding/json"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// cleaning begins the work of Suite.Cleans, cancels it, and waits until only its
// cleanup is left.
func (p *process) cleaning(a *attempt) *watch {
	p.Helper()
	w := p.start(a).begun().settled()
	p.cancel(a.request.Attempt, false)
	p.await(protocol.CleanupFile, func() bool { return a.has(protocol.CleanupFile) || a.has(protocol.ResultFile) })
	a.onRecord()
	w.goesOn()
	return w
}

// onRecord checks cleanup.json.
func (a *attempt) onRecord() {
	a.Helper()
	var c protocol.Cleanup
	if err := json.Unmarshal(a.read(protocol.CleanupFile), &c); err != nil {
		a.Fatalf("%s: %v", protocol.CleanupFile, err)
	}
	if c.Limit <= 0 || c.Limit > protocol.MaxCleanup {
		a.Errorf("the limit of the cleanup is %s, not above 0 and at most %s", c.Limit, protocol.MaxCleanup)
	}
	a.check(c.Result)
	if c.Result.Status != protocol.Canceled {
		a.Errorf("the result of the work on record is %q, want %q", c.Result.Status, protocol.Canceled)
	}
}

// cleansUp: a cancel alone, one more of it, and the end of the connection let it
// go on.
func cleansUp(b *bench) {
	p, a := b.process(), b.attempt(b.need("Cleans", b.suite.Cleans))
	a.request.Grace = time.Second
	p.cleaning(a)
	p.cancel(a.request.Attempt, false)
	p.hangUp()
	p.connect()
	w := p.start(a).begun().settled()
	w.goesOn()
	p.cancel(a.request.Attempt, true)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}

func forcesCleanup(b *bench) {
	p, a := b.process(), b.attempt(b.need("Cleans", b.suite.Cleans))
	w := p.cleaning(a)
	p.cancel(a.request.Attempt, true)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}

// losesCleanup: the record survives the process, and nobody cleans up again.
func losesCleanup(b *bench) {
	p, a := b.process(), b.attempt(b.need("Cleans", b.suite.Cleans))
	p.cleaning(a)
	p.kill()
	a.awaitFree()
	a.onRecord()
	if last := b.process().start(a).end(); last != elsewhere {
		b.Errorf("another process tells %v of the lost cleanup, want ELSEWHERE", last)
	}
	if a.has(protocol.ResultFile) {
		b.Error("there is a result of a cleanup that was killed")
	}
}
