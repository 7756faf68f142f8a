package steptest

import (
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

func cancels(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	w := p.start(a).begun().settled()
	w.goesOn()
	p.cancel(a.request.Attempt, false)
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
	p.cancel(a.request.Attempt, false)
	p.alive()
}

func cancelsUnknown(b *bench) {
	p := b.process()
	p.cancel("steptest/0/nobody/nothing/1", false)
	p.cancel("", true)
	p.alive()
}

func cancelsOne(b *bench) {
	p := b.process()
	if p.alive().Capacity < 2 {
		b.Skip("the process serves one attempt at a time")
	}
	stays, goes := b.attempt(b.suite.Long), b.attempt(b.suite.Long)
	staying, going := p.start(stays).begun(), p.start(goes).begun()
	p.cancel(goes.request.Attempt, true)
	going.toEnd()
	goes.ended(protocol.Canceled, "")
	staying.settled().goesOn()
	p.cancel(stays.request.Attempt, false)
	staying.toEnd()
}

// forces: with an hour's grace, the end comes at once.
func forces(b *bench) {
	settings := b.suite.Stubborn
	if settings == nil {
		settings = b.suite.Long
	}
	p, a := b.process(), b.attempt(settings)
	a.request.Grace = time.Hour
	w := p.start(a).begun().settled()
	p.cancel(a.request.Attempt, false)
	p.cancel(a.request.Attempt, true)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}

func killsStubborn(b *bench) {
	p, a := b.process(), b.attempt(b.need("Stubborn", b.suite.Stubborn))
	a.request.Grace = 300 * time.Millisecond
	w := p.start(a).begun().settled()
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.ended(protocol.Canceled, "")
}
