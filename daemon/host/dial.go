package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// maxMessage bounds what one message of a plugin may cost the daemon.
const maxMessage = 4 << 20

// dialPeer connects to the socket at address and says which process listens
// there: SO_PEERCRED on the dialling side names the caller of listen(2), see
// unix(7). A listener that is not of our uid is refused.
func dialPeer(ctx context.Context, address string) (net.Conn, int, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", address)
	if err != nil {
		return nil, 0, err
	}
	pid, err := peer(conn.(*net.UnixConn))
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("%s: %w", address, err), conn.Close())
	}
	return conn, pid, nil
}

func peer(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var got error
	if err := raw.Control(func(fd uintptr) {
		cred, got = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if got != nil {
		return 0, fmt.Errorf("credentials of the listener: %w", got)
	}
	if int(cred.Uid) != os.Geteuid() {
		return 0, fmt.Errorf("uid %d listens there, not ours", cred.Uid)
	}
	return int(cred.Pid), nil
}

// dialAs is dialPeer for a listener that must be process pid.
func dialAs(ctx context.Context, address string, pid int) (net.Conn, error) {
	conn, listener, err := dialPeer(ctx, address)
	if err != nil {
		return nil, err
	}
	if listener != pid {
		return nil, errors.Join(fmt.Errorf("process %d listens on %s, not process %d", listener, address, pid), conn.Close())
	}
	return conn, nil
}

// dialOptions are appended to go-plugin's own and win over them. There is no
// keepalive: a pidfd tells of a death sooner, each call has its own deadline,
// and servers that do not expect pings answer them by hanging up.
func (p *process) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return dialAs(ctx, p.Address, p.Pid)
		}),
		grpc.WithStreamInterceptor(p.intercept), // go-plugin opens two streams as soon as it has dialed
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithIdleTimeout(0),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 2, MaxDelay: time.Second},
			MinConnectTimeout: 2 * time.Second,
		}),
		grpc.WithReadBufferSize(8 << 10),
		grpc.WithWriteBufferSize(8 << 10),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
	}
}

// intercept remembers the connection.
func (p *process) intercept(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	p.dialed.Store(conn)
	return open(ctx, desc, conn, method, opts...)
}
