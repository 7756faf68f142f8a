package host

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step/tree"
)

// maxTries is how often an attempt is started that never begins, and how often
// one is joined again whose process hangs up on us.
const maxTries = 3

// attend brings an attempt from whatever its directory says to its end. It
// returns false when the host is closed first.
func (h *Host) attend(e *entry) (Outcome, bool) {
	fresh, err := h.prepare(e.attempt)
	if err != nil {
		return h.failed(e, protocol.PluginFailure, fmt.Errorf("make the attempt directory: %w", err)), true
	}
	found := finding{state: unbegun}
	for first := true; h.ctx.Err() == nil; first = false {
		if !first || !fresh {
			if found, err = examine(e.attempt.Directory, e.name); err != nil {
				return h.failed(e, protocol.PluginFailure, err), true
			}
		}
		if outcome, done := h.step(e, found); done {
			return outcome, h.ctx.Err() == nil
		}
	}
	return Outcome{}, false
}

// step acts on what was found. It says whether that was the end.
func (h *Host) step(e *entry, found finding) (Outcome, bool) {
	switch found.state {
	case finished:
		return found.outcome, true
	case held:
		h.join(e, found)
		return Outcome{}, false
	case gone:
		return h.lose(e), true
	}
	// Directories are not synced: one that is new now may have been there, and
	// the step at work, before the machine went down.
	if e.tries == 0 && e.attempt.BootID != h.bootID {
		return h.failed(e, Lost, errors.New("the machine was restarted while the attempt was being started")), true
	}
	return h.begin(e)
}

// begin starts an attempt that has not begun, on a process that has room.
func (h *Host) begin(e *entry) (Outcome, bool) {
	h.vacate(e, unused)
	switch {
	case e.stopping || e.attempt.Canceled:
		return Outcome{Status: protocol.Canceled, EndedAt: time.Now()}, true
	case e.tries >= maxTries:
		return h.failed(e, protocol.PluginFailure, e.trouble), true
	case e.tries > 0 && !h.pause(e, backOff(e.tries)):
		return Outcome{}, false
	}
	if err := e.attempt.makeWorkspace(); err != nil {
		return h.failed(e, protocol.PluginFailure, fmt.Errorf("make the workspace: %w", err)), true
	}
	b, err := h.binaries.find(e.attempt.Type)
	if err != nil {
		return h.failed(e, reasonOf(err), err), true
	}
	if err := h.occupy(e, h.request(b)); err != nil {
		return h.failed(e, protocol.PluginFailure, err), true
	}
	if e.process != nil {
		e.tries++
		h.perform(e)
	}
	return Outcome{}, false
}

func reasonOf(err error) string {
	if errors.Is(err, ErrMissing) {
		return PluginMissing
	}
	return protocol.PluginFailure
}

// occupy waits for a place in a process. It comes back without one when the
// attempt is stopped or the host is closed.
func (h *Host) occupy(e *entry, w *waiter) error {
	for {
		select {
		case g := <-w.granted:
			e.process = g.process
			return g.err
		case force := <-e.orders:
			h.obey(e, force)
		case <-h.ctx.Done():
		}
		if e.stopping || h.ctx.Err() != nil {
			h.withdraw(w)
			return nil
		}
	}
}

// join goes to the process that holds the attempt's lock, or waits for the
// lock where that process cannot be asked. That the work has begun is told after
// the process is known to be ours to watch: how it ends from then on is seen.
func (h *Host) join(e *entry, found finding) {
	p := h.adopted(e, found.holder.Process)
	if found.begun {
		h.announce(e, begunAt(e.attempt.Directory))
	}
	if p == nil || e.joins > maxTries {
		h.await(e, p, found.holder)
		return
	}
	if e.joins++; e.joins > 1 && !h.pause(e, backOff(e.joins-1)) {
		return
	}
	h.perform(e)
}

// adopted gives e a place in the process of that name, if it lives and can be
// reached; there is always one, for the attempt is in it already.
func (h *Host) adopted(e *entry, name string) *process {
	h.mu.Lock()
	p := h.processes[name]
	usable := p != nil && p.alive() && p.client != nil
	if usable && p != e.process {
		h.takeLocked(p)
	}
	h.mu.Unlock()
	if usable && p != e.process {
		h.vacate(e, unused)
		e.process = p
	}
	if !usable {
		return nil
	}
	return p
}

// pause waits, and returns false when there is something else to do before.
func (h *Host) pause(e *entry, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case force := <-e.orders:
		h.obey(e, force)
	case <-h.ctx.Done():
	}
	return false
}

// lose is the end of an attempt that began and left no result: what is still
// there of it is killed before anybody is told. One of which only the cleanup was
// left ended as its work did.
func (h *Host) lose(e *entry) Outcome {
	watched := e.process != nil
	if watched {
		e.process.awaitEnd(h.ctx, time.Second) // its lock may be free before its end is seen
	}
	left, err := h.sweep(e)
	outcome, ended := h.cutShort(e, watched)
	if !ended {
		outcome = h.verdict(e, watched)
	}
	outcome.BegunAt, outcome.EndedAt = begunAt(e.attempt.Directory), time.Now()
	outcome.LogSize, outcome.Leftovers = logSize(e.attempt.Directory), append(outcome.Leftovers, left...)
	if err != nil {
		h.log.Error("processes of a dead attempt are still there", "attempt", e.name, "error", err)
		outcome.Message += "; not all that it left could be killed: " + err.Error()
	}
	outcome.Message = clipped(outcome.Message, protocol.MaxMessage)
	return outcome
}

// verdict says why there is no result.
func (h *Host) verdict(e *entry, watched bool) Outcome {
	switch {
	case e.sentence != nil && e.measures > 1:
		return *e.sentence
	case watched && !e.process.alive():
		return h.failed(e, protocol.PluginFailure, errors.New(e.process.fate()))
	case watched:
		return h.failed(e, protocol.PluginFailure, fmt.Errorf("plugin %s (%s) let go of the attempt without a result", e.process.Type, e.process.Path))
	case e.attempt.BootID != h.bootID:
		return h.failed(e, Lost, errors.New("the machine went down while the step was running; nobody knows how far it came"))
	}
	return h.failed(e, Lost, errors.New("the plugin process ended while no daemon was watching; nobody knows how far the step came"))
}

// sweep kills what the attempt left: what carries its name, and all of its
// process where that is dead. It returns what there was, for people.
func (h *Host) sweep(e *entry) ([]string, error) {
	if e.attempt.BootID != h.bootID {
		return nil, nil
	}
	target := tree.Target{Mark: e.mark()}
	if p := e.process; p != nil && !p.alive() {
		target.Cgroup = p.Cgroup
		if _, err := startTime(p.Pid); errors.Is(err, os.ErrNotExist) {
			target.Session = p.Pid // the number is nobody else's: its session outlives it, or there is none
		}
	}
	return tree.Kill(target, h.limits.death)
}

// failed is the outcome of an attempt that never began or that nobody knows.
func (h *Host) failed(e *entry, reason string, err error) Outcome {
	return Outcome{
		Status: protocol.Failed, FailureReason: reason,
		Message: clipped(err.Error(), protocol.MaxMessage),
		BegunAt: begunAt(e.attempt.Directory), EndedAt: time.Now(),
	}
}
