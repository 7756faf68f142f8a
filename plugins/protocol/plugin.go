package protocol

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// Plugin joins the service of step.proto to go-plugin. The host dispenses Name
// and is given a steppb.StepClient; a plugin's process sets Service.
type Plugin struct {
	plugin.NetRPCUnsupportedPlugin

	Service steppb.StepServer // nil on the host's side
}

var _ plugin.GRPCPlugin = Plugin{}

// GRPCServer registers p.Service with s.
func (p Plugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	steppb.RegisterStepServer(s, p.Service)
	return nil
}

// GRPCClient returns a steppb.StepClient that speaks over conn.
func (p Plugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return steppb.NewStepClient(conn), nil
}

// Plugins returns go-plugin's versioned sets: what this build speaks, with
// service behind it on a plugin's side and nil on the host's.
func Plugins(service steppb.StepServer) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{Version: {Name: Plugin{Service: service}}}
}
