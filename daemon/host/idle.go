package host

import (
	"fmt"
	"slices"
	"time"
)

// trimEvery is how often the files of the processes' own output are looked at.
const trimEvery = 2 * time.Second

// watch sees p to its end. A process that is not in a pool yet is left to who
// is starting it, one that has attempts to the last of those who attend them.
func (h *Host) watch(p *process) {
	if p.watch() && h.remove(p) {
		h.warn("bury plugin process", h.bury(p))
	}
}

func (h *Host) remove(p *process) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return p.pool != nil && h.removeLocked(p)
}

// removeLocked takes a dead process out of its pool, and out of everything
// once no attempt has a place in it: then the caller buries it.
func (h *Host) removeLocked(p *process) bool {
	p.pool.processes = slices.DeleteFunc(p.pool.processes, func(o *process) bool { return o == p })
	if p.used > 0 || h.processes[p.Name] != p {
		return false
	}
	delete(h.processes, p.Name)
	p.idle.Stop()
	if p.served == 0 && !p.retiring && p.command != nil {
		h.delayLocked(p.pool)
	}
	h.serveLocked(p.pool)
	return true
}

// buryLaterLocked buries a process on a goroutine of its own. A closed host
// leaves that to the next one and lets go of it: nobody else knows it any more.
func (h *Host) buryLaterLocked(p *process) {
	if h.closed {
		h.warn("let go of plugin process", p.close())
		return
	}
	h.group.Go(func() { h.warn("bury plugin process", h.bury(p)) })
}

// expire ends a process that has been idle for long enough.
func (h *Host) expire(p *process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.used == 0 && !h.closed {
		h.endLocked(p)
	}
}

// endLocked ends a process that has nothing to do.
func (h *Host) endLocked(p *process) {
	if p.retiring || h.closed {
		return
	}
	p.retiring = true
	p.pool.processes = slices.DeleteFunc(p.pool.processes, func(o *process) bool { return o == p })
	if p.mute && p.command != nil {
		h.group.Go(func() { h.warn("kill plugin process", p.kill()) })
		return
	}
	h.group.Go(func() { h.warn("end plugin process", p.end(h.ctx, h.limits.death)) })
}

// discard takes a process that does not answer out of its pool. It keeps the
// attempts that it has; whoever gives back the last place in it ends it.
func (h *Host) discard(p *process, reason error) {
	h.log.Warn("plugin process is not used any more", "type", p.Type, "pid", p.Pid, "reason", reason)
	h.mu.Lock()
	defer h.mu.Unlock()
	p.mute = true
	p.pool.processes = slices.DeleteFunc(p.pool.processes, func(o *process) bool { return o == p })
}

// bury removes what a dead process left: whatever lives in its cgroup, its
// directory, our hold on it.
func (h *Host) bury(p *process) error {
	var err error
	p.buried.Do(func() { err = h.clear(p) })
	if err != nil {
		return fmt.Errorf("process %s of plugin %s: %w", p.Name, p.Type, err)
	}
	return nil
}

// trimLaterLocked arms the trimmer while there are processes.
func (h *Host) trimLaterLocked() {
	if h.trimmer == nil && !h.closed && len(h.processes) > 0 {
		h.trimmer = time.AfterFunc(trimEvery, h.trim)
	}
}

// trim keeps what processes print outside of any step from filling the disk.
func (h *Host) trim() {
	for _, p := range h.left() {
		h.warn("trim output of plugin process", p.trim())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trimmer = nil
	h.trimLaterLocked()
}
