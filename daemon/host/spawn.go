package host

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-plugin"

	"github.com/penstock/penstock/plugins/protocol"
)

// maxSocket is the longest path of a Unix socket, see unix(7): 108 bytes with
// the zero at the end.
const maxSocket = 107

// longestSocket is what go-plugin's server makes of PLUGIN_UNIX_SOCKET_DIR:
// "plugin" and a random number of up to ten digits.
const longestSocket = "plugin4294967295"

// nameLength is that of a process's name.
const nameLength = 8

func newName() string {
	b := make([]byte, nameLength*5/8)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}

// spawn starts a process of the binary and returns it recorded and ready. It
// fails within the limit for a start, and leaves nothing behind then.
func (h *Host) spawn(ctx context.Context, b binary) (*process, error) {
	p, err := h.conceive(b)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: prepare a process: %w", b.kind, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.limits.start)
	defer cancel()
	if err := h.bear(ctx, cancel, p, b); err != nil {
		return nil, errors.Join(h.explain(ctx, p, err), h.abort(p))
	}
	return p, nil
}

// conceive makes the directory and the cgroup of a new process and records
// what is known of it.
func (h *Host) conceive(b binary) (*process, error) {
	p := &process{
		record: record{Name: newName(), Type: b.kind, Path: b.path, SHA256: b.sha256, BootID: h.bootID},
		done:   make(chan struct{}),
		away:   h.ctx.Done(),
	}
	p.dir = filepath.Join(h.runtime, p.Name)
	if h.cgroup != "" {
		p.Cgroup = filepath.Join(h.cgroup, p.Name)
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, err
	}
	if err := p.write(p.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	return p, nil
}

// bear starts p, hears its handshake, connects, asks what it is and records it.
func (h *Host) bear(ctx context.Context, cancel func(), p *process, b binary) error {
	line := &handshake{path: filepath.Join(p.dir, stdoutFile), stop: ctx.Done()}
	client, err := h.start(p, &birth{
		attached: attached{p}, binary: b, line: line, adjustment: h.protected,
		begun: func() { h.group.Go(func() { h.watch(p); cancel() }) },
	})
	if err != nil {
		return err
	}
	if p.StartTime, err = startTime(p.Pid); err != nil {
		return err
	}
	conn, err := dialAs(ctx, p.Address, p.Pid)
	if err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	p.Protocol = client.NegotiatedVersion()
	if err := h.connect(ctx, p, client); err != nil {
		return err
	}
	return h.introduce(ctx, p)
}

// introduce asks a connected process what it is, and completes its record.
func (h *Host) introduce(ctx context.Context, p *process) error {
	description, err := h.described(ctx, p)
	if err != nil {
		return err
	}
	p.Version, p.Capacity = description.Version, description.Capacity
	return p.write(p.dir)
}

// start has go-plugin start the process and sets p.Address. go-plugin makes a
// directory for sockets; the process's own is a better one.
func (h *Host) start(p *process, b *birth) (*plugin.Client, error) {
	if p.Cgroup != "" {
		leaf, err := makeCgroup(p.Cgroup)
		if err != nil {
			return nil, err
		}
		defer leaf.Close()
		b.leaf = leaf
	}
	config := h.clientConfig(p)
	config.VersionedPlugins = protocol.Plugins(nil)
	config.UnixSocketConfig = &plugin.UnixSocketConfig{TempDir: p.dir}
	config.RunnerFunc = b.runner
	client := plugin.NewClient(config)
	address, err := client.Start()
	if err != nil {
		return nil, err
	}
	p.Address = address.String()
	return client, checkSocket(address.Network(), p.Address, p.dir)
}

// explain says for people why a process could not be started.
func (h *Host) explain(ctx context.Context, p *process, err error) error {
	if p.handle != nil && p.Address == "" {
		err = h.unheard(ctx, p, err)
	}
	why := headlined(fmt.Errorf("plugin %s did not start: %w", p.Type, err))
	headline, rest, _ := strings.Cut(why.Error(), "\n")
	detail := [][2]string{{"file", p.Path}}
	if p.handle != nil {
		detail = append(detail, [2]string{"on stdout", firstWords(p.dir)},
			[2]string{"on stderr", orElse(stderrTail(p.dir), "nothing")})
	}
	return told{headline, strings.TrimPrefix(rest+"\n"+details(detail...), "\n"), err}
}

// unheard says why there was no handshake that go-plugin could use; err is
// what go-plugin says. It kills a process whose time is over, so that a dead
// one may have been late.
func (h *Host) unheard(ctx context.Context, p *process, err error) error {
	line, unread := readHandshake(filepath.Join(p.dir, stdoutFile))
	switch {
	case unread != nil:
		return unread
	case line != "":
		return err
	case !p.alive() && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it ended with %s before its go-plugin handshake", orElse(p.status, "an unknown status"))
	}
	return fmt.Errorf("it printed no go-plugin handshake within %v", h.limits.start)
}

// abort ends a process that could not be started, with all that it left.
func (h *Host) abort(p *process) error {
	if p.handle != nil {
		if err := p.kill(); err != nil {
			return err
		}
		p.awaitEnd(context.Background(), h.limits.death)
	}
	return h.bury(p)
}

// unixAddr is address as go-plugin wants it.
func unixAddr(address string) net.Addr { return &net.UnixAddr{Net: "unix", Name: address} }
