package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// clientConfig is what both ways to a plugin.Client share. Of the client only
// Start, Client and Dispense are ever called: its Kill waits without end.
func (h *Host) clientConfig(p *process) *plugin.ClientConfig {
	return &plugin.ClientConfig{
		HandshakeConfig:  protocol.Handshake,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		GRPCDialOptions:  p.dialOptions(),
		Logger:           quiet(h.log),
		SkipHostEnv:      true,
		StartTimeout:     2 * h.limits.start, // ours, in spawn, comes first
	}
}

// runner is called by go-plugin with the environment that it wants the process
// to have.
func (b *birth) runner(_ hclog.Logger, spec *exec.Cmd, socketDir string) (runner.Runner, error) {
	if err := os.Remove(socketDir); err != nil {
		return nil, err
	}
	b.env = environment(spec.Env, b.process)
	return b, nil
}

// reattach returns a client of a process that is known to be p.
func (h *Host) reattach(p *process) (*plugin.Client, error) {
	set, ok := protocol.Plugins(nil)[p.Protocol]
	if !ok {
		return nil, fmt.Errorf("plugin %s: process %s speaks version %d of the protocol, which this daemon does not", p.Type, p.Name, p.Protocol)
	}
	config := h.clientConfig(p)
	config.Plugins = set
	config.Reattach = &plugin.ReattachConfig{
		Protocol:     plugin.ProtocolGRPC,
		Addr:         unixAddr(p.Address),
		ReattachFunc: func() (runner.AttachedRunner, error) { return attached{p}, nil },
	}
	return plugin.NewClient(config), nil
}

// connect dispenses the service. go-plugin has no deadline for it, so that a
// process which accepts and never answers keeps the call until gRPC gives up.
func (h *Host) connect(ctx context.Context, p *process, client *plugin.Client) error {
	answer := make(chan dispensed)
	h.group.Go(func() {
		d := dispense(client)
		if d.err != nil {
			h.drop(p)
		}
		select {
		case answer <- d:
		case <-ctx.Done():
			h.drop(p)
		}
	})
	select {
	case d := <-answer:
		if d.err != nil {
			return d.err
		}
		p.conn, p.client = d.conn.Conn, d.service.(steppb.StepClient)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("connect to %s: %w", p.Address, ctx.Err())
	}
}

// drop closes a connection that came too late, or on which go-plugin failed: it
// forgets those, and they would dial the dead process again and again.
func (h *Host) drop(p *process) {
	if conn := p.dialed.Swap(nil); conn != nil {
		h.warn("close connection to plugin", conn.Close())
	}
}

type dispensed struct {
	conn    *plugin.GRPCClient
	service any
	err     error
}

func dispense(client *plugin.Client) (d dispensed) {
	protocolClient, err := client.Client()
	if err != nil {
		return dispensed{err: err}
	}
	conn, ok := protocolClient.(*plugin.GRPCClient)
	if !ok {
		return dispensed{err: errors.New("it does not speak gRPC")}
	}
	service, err := conn.Dispense(protocol.Name)
	return dispensed{conn, service, err}
}

// quiet lets go-plugin's own log through where the daemon's is at debug, line
// by line. Whatever it has to say, the host says as well.
func quiet(log *slog.Logger) hclog.Logger {
	if !log.Enabled(context.Background(), slog.LevelDebug) {
		return hclog.NewNullLogger()
	}
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: lines{log}, DisableTime: true})
}

type lines struct{ log *slog.Logger }

func (l lines) Write(line []byte) (int, error) {
	l.log.Debug("go-plugin", "line", strings.TrimSpace(string(line)))
	return len(line), nil
}
