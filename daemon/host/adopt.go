package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// adoptions is how many processes are taken over at a time: those that do not
// answer must not hold up the others.
const adoptions = 64

// adoptAll takes over what a former daemon left below the runtime directory.
// What cannot be taken over is no error: its directory is removed when it is
// dead and left when it lives.
func (h *Host) adoptAll(ctx context.Context) error {
	entries, err := os.ReadDir(h.runtime)
	if err != nil {
		return fmt.Errorf("runtime directory: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(adoptions)
	for _, entry := range entries {
		if len(entry.Name()) != nameLength || !entry.IsDir() {
			continue // not ours
		}
		group.Go(func() error {
			h.warn("take over plugin process", h.adopt(ctx, filepath.Join(h.runtime, entry.Name())))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// adopt takes over the process whose directory it is, within its time.
func (h *Host) adopt(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, h.limits.adopt)
	defer cancel()
	p := &process{dir: dir, done: make(chan struct{}), away: h.ctx.Done()}
	var err error
	if p.record, err = readRecord(dir); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return os.RemoveAll(dir) // a daemon died between two system calls
		}
		return err
	}
	if p.Name != filepath.Base(dir) {
		return fmt.Errorf("%s names process %q", filepath.Join(dir, recordFile), p.Name)
	}
	return h.resume(ctx, p)
}

// resume identifies the process of a record and takes it up.
func (h *Host) resume(ctx context.Context, p *process) error {
	complete := p.Pid != 0
	reachable, err := h.identify(ctx, p)
	if err != nil {
		return fmt.Errorf("process %s of plugin %s is left alone: %w", p.Name, p.Type, err)
	}
	if p.handle == nil {
		return h.bury(p)
	}
	h.group.Go(func() { h.watch(p) })
	if reachable == nil {
		reachable = h.reconnect(ctx, p)
	}
	if reachable == nil && !complete {
		reachable = h.introduce(ctx, p)
	}
	if reachable != nil {
		h.warn("plugin process lives and cannot be reached", fmt.Errorf("process %s of plugin %s: %w", p.Name, p.Type, reachable))
		h.warn("close connection to plugin", h.disconnect(p))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.admitLocked(p, h.poolLocked(binary{kind: p.Type, path: p.Path, sha256: p.SHA256}), max(h.idle, h.limits.first))
	return nil
}

// disconnect makes p one that cannot be asked.
func (h *Host) disconnect(p *process) error {
	p.client = nil
	if p.conn == nil {
		return nil
	}
	conn := p.conn
	p.conn = nil
	return conn.Close()
}

func (h *Host) reconnect(ctx context.Context, p *process) error {
	client, err := h.reattach(p)
	if err != nil {
		return err
	}
	return h.connect(ctx, p, client)
}

// identify pins the process that a record speaks of, if it lives: p.handle is
// nil where it does not. It returns why a living one cannot be reached.
func (h *Host) identify(ctx context.Context, p *process) (unreachable, err error) {
	if p.BootID != h.bootID {
		return nil, nil
	}
	if p.Pid == 0 {
		return nil, h.trace(ctx, p)
	}
	if err := h.pin(p); err != nil || p.handle == nil {
		return nil, err
	}
	conn, err := dialAs(ctx, p.Address, p.Pid)
	if err != nil {
		return err, nil
	}
	return conn.Close(), nil
}

// pin opens the handle of a recorded process, and closes it again when another
// process has the pid by now.
func (h *Host) pin(p *process) error {
	handle, err := openHandle(p.Pid)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	start, err := startTime(p.Pid)
	if err != nil || start != p.StartTime || handle.ended() {
		return handle.close()
	}
	p.handle = handle
	return nil
}

// trace finds a process that was started and not yet recorded: the handshake in
// its stdout names the socket, and the socket its listener. One that has not
// come so far never had an attempt, and ends by itself without a host.
func (h *Host) trace(ctx context.Context, p *process) error {
	line, err := awaitHandshake(filepath.Join(p.dir, stdoutFile), h.unless(ctx, p))
	if err != nil || line == "" {
		return h.exterminate(p)
	}
	network, address := socketOf(line)
	if err := checkSocket(network, address, p.dir); err != nil {
		return errors.Join(err, h.exterminate(p))
	}
	conn, pid, err := dialPeer(ctx, address)
	if err != nil {
		return h.exterminate(p)
	}
	p.Address, p.Pid, p.Protocol = address, pid, protocolOf(line)
	if p.StartTime, err = startTime(pid); err == nil && isProcess(pid, p.Name) {
		err = h.pin(p)
	}
	return errors.Join(err, conn.Close())
}

// unless is done when ctx is, and at once where nothing runs in p's name.
func (h *Host) unless(ctx context.Context, p *process) <-chan struct{} {
	if len(processesNamed(p.Name)) > 0 {
		return ctx.Done()
	}
	done := make(chan struct{})
	close(done)
	return done
}

// exterminate kills what was started in p's name and could not be identified.
func (h *Host) exterminate(p *process) error {
	var err error
	for _, pid := range processesNamed(p.Name) {
		handle, gone := openHandle(pid)
		if gone != nil {
			continue
		}
		if isProcess(pid, p.Name) {
			err = errors.Join(err, handle.signal(unix.SIGKILL), awaitHandle(handle, h.limits.death))
		}
		err = errors.Join(err, handle.close())
	}
	return err
}

// awaitHandle waits for the end of a process that nobody watches.
func awaitHandle(handle *handle, patience time.Duration) error {
	if err := handle.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return handle.wait()
}
