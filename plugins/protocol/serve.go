package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// MessageSize is the largest gRPC message in bytes that either side takes.
const MessageSize = 4 << 20

// stopGrace is how long calls may take to end once the server stops.
const stopGrace = 2 * time.Second

// Server is a plugin's side of the contract.
type Server struct {
	Service  steppb.StepServer
	Options  []grpc.ServerOption // beside those of this package
	Shutdown func()              // the host asks the process to end; it returns at once
}

// Serve listens on a socket in PLUGIN_UNIX_SOCKET_DIR, writes the handshake
// line to handshake, and serves until ctx ends; then it lets calls end for two
// seconds. It has none of plugin.Serve's side effects: standard output and
// error stay what they are, no signal is caught, the process goes on. What
// go-plugin offers beside the service is refused: stdio and broker, which do not
// survive a host, and the controller's Shutdown, which would cut running
// attempts off, but is told to s.Shutdown.
func Serve(ctx context.Context, s Server, handshake io.Writer) error {
	serving, stop := context.WithCancel(context.Background())
	defer stop()
	var server *grpc.Server
	config := make(chan *plugin.ReattachConfig, 1)
	done := make(chan struct{})
	go plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  Handshake,
		VersionedPlugins: Plugins(s.Service),
		GRPCServer:       func([]grpc.ServerOption) *grpc.Server { server = s.grpc(); return server },
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: hclog.Error, Output: os.Stderr}),
		Test:             &plugin.ServeTestConfig{Context: serving, ReattachConfigCh: config, CloseCh: done},
	})
	select {
	case c := <-config:
		line := fmt.Sprintf("1|%d|%s|%s|%s\n", c.ProtocolVersion, c.Addr.Network(), c.Addr, c.Protocol)
		if _, err := io.WriteString(handshake, line); err != nil {
			stop()
			<-done
			return fmt.Errorf("write the handshake: %w", err)
		}
	case <-done:
		return errors.New("listen on a socket in PLUGIN_UNIX_SOCKET_DIR: refused (the reason is on stderr); is the directory there, writable, and its path shorter than 90 bytes?")
	}
	select {
	case <-ctx.Done():
		timer := time.AfterFunc(stopGrace, server.Stop)
		server.GracefulStop()
		timer.Stop()
		<-done
		return nil
	case <-done:
		return errors.New("the socket of the plugin broke")
	}
}

func (s Server) grpc() *grpc.Server {
	return grpc.NewServer(append([]grpc.ServerOption{
		grpc.MaxRecvMsgSize(MessageSize),
		grpc.MaxSendMsgSize(MessageSize),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(refuseStreams),
	}, s.Options...)...)
}

// unary keeps a panic of the service from ending the attempts of the process.
func (s Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	if info.FullMethod == "/plugin.GRPCController/Shutdown" {
		s.Shutdown()
		return &emptypb.Empty{}, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = status.Errorf(codes.Internal, "the plugin panicked: %v", p)
		}
	}()
	return handle(ctx, request)
}

func refuseStreams(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	switch info.FullMethod {
	case "/plugin.GRPCStdio/StreamStdio", "/plugin.GRPCBroker/StartStream":
		return status.Error(codes.Unimplemented, "a step plugin has files for its output and no broker")
	}
	return handle(service, stream)
}
