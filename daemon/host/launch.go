package host

import (
	"path/filepath"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// entry is an attempt that the host attends. Its goroutine owns it, but for
// the channels.
type entry struct {
	attempt Attempt
	name    string
	report  func(Report)
	orders  chan bool     // from Stop: force
	begun   chan struct{} // closed after Begun; news is set before
	ended   chan struct{} // closed before Ended is reported; outcome is set before
	news    Outcome
	outcome Outcome

	process *process // where it has a place; nil: none
	heard   bool     // process has said that it has the attempt
	tries   int      // starts that came to nothing
	joins   int      // times it was joined again
	silent  int      // processes that did not say a word
	trouble error    // of the last try

	stopping bool
	forced   bool
	sentence *Outcome    // why we kill it; nil: we do not
	alarm    *time.Timer // to take the next measure
	measures int         // taken
	cleaned  time.Time   // when its cleanup ought to be over; zero: none was seen
}

// Launch sees to it that the attempt is in work or its end reported, whatever
// has become of it so far. It returns at once. Report is called from one
// goroutine: at most once with Begun, then once with Ended; not after Close
// has returned. To launch an attempt again while it is in work only adds who is
// told; its other fields are not looked at then.
func (h *Host) Launch(a Attempt, report func(Report)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	name := a.Request.Attempt
	if e := h.entries[name]; e != nil {
		h.group.Go(func() { h.listen(e, report) })
		return
	}
	e := &entry{
		attempt: a, name: name, report: report,
		orders: make(chan bool, 2), begun: make(chan struct{}), ended: make(chan struct{}),
		alarm: time.NewTimer(time.Hour),
	}
	e.alarm.Stop()
	h.entries[name] = e
	h.group.Go(func() { h.see(e) })
}

// listen tells a further listener what e's first one is told.
func (h *Host) listen(e *entry, report func(Report)) {
	select {
	case <-e.begun:
		report(Report{e.name, Begun, e.news})
	case <-e.ended:
	case <-h.ctx.Done():
		return
	}
	select {
	case <-e.ended:
		report(Report{e.name, Ended, e.outcome})
	case <-h.ctx.Done():
	}
}

// see attends e to its end and reports it.
func (h *Host) see(e *entry) {
	outcome, ok := h.attend(e)
	e.alarm.Stop()
	e.outcome = outcome
	plugin := e.plugin()
	how := unused
	if ok {
		how = worked
		if plugin != (Plugin{}) {
			e.outcome.Plugin = plugin // what it says of itself counts where we were away
		}
	}
	h.vacate(e, how)
	h.mu.Lock()
	delete(h.entries, e.name)
	h.mu.Unlock()
	if ok {
		close(e.ended)
		e.report(Report{e.name, Ended, e.outcome})
	}
}

// vacate gives back e's place in a process, where it has one.
func (h *Host) vacate(e *entry, how ending) {
	if e.process != nil {
		h.release(e.process, how)
	}
	e.process, e.heard = nil, false
}

// mark is what the processes of the step carry in their environment.
func (e *entry) mark() string { return filepath.Join(e.attempt.Directory, protocol.OutputsFile) }

func (e *entry) plugin() Plugin {
	if e.process == nil {
		return Plugin{}
	}
	return Plugin{Version: e.process.Version, SHA256: e.process.SHA256}
}

// announce reports Begun, once.
func (h *Host) announce(e *entry, at time.Time) {
	select {
	case <-e.begun:
		return
	default:
	}
	e.news = Outcome{BegunAt: at, Plugin: e.plugin()}
	close(e.begun)
	if timeout := e.attempt.Request.Timeout; timeout > 0 && e.sentence == nil {
		h.condemn(e, time.Until(at.Add(timeout+e.attempt.Request.Grace)), Outcome{
			Status: protocol.Failed, FailureReason: protocol.StepTimeout,
			Message: "the step ran for longer than its timeout of " + timeout.String() + ", its plugin did not end it, and it was killed",
		})
	}
	e.report(Report{e.name, Begun, e.news})
}

// Stop asks for the end of an attempt: TERM, and KILL after its grace, or KILL
// at once with force. What is to be cleaned up after the work is not kept from
// that but with force, which may follow a Stop without. What the plugin does not
// do the host does, somewhat later. It returns at once; the end is reported to Launch. Stop of an attempt
// that was not launched does nothing.
func (h *Host) Stop(name string, force bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.entries[name]
	if e == nil {
		return
	}
	select {
	case e.orders <- force:
	default: // two orders wait already
		if force {
			select {
			case <-e.orders:
			default:
			}
			e.orders <- true
		}
	}
}

// obey takes an order of Stop. It says whether that is news to the process.
func (h *Host) obey(e *entry, force bool) bool {
	if e.stopping && (e.forced || !force) {
		return false
	}
	e.stopping, e.forced = true, force
	grace := e.attempt.Request.Grace
	if force {
		grace = 0
	}
	h.condemn(e, grace, Outcome{
		Status:  protocol.Canceled,
		Message: "the plugin did not end the step in time, and it was killed",
	})
	return true
}

// condemn arms the alarm: after the delay and half of the slack the process is
// asked to kill, after the other half it is killed.
func (h *Host) condemn(e *entry, delay time.Duration, sentence Outcome) {
	e.sentence, e.measures = &sentence, 0
	if e.forced {
		e.measures = 1 // it is being asked already
	}
	e.alarm.Reset(max(0, delay) + h.limits.slack/2)
}
