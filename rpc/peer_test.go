package rpc

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// witness is a Service that tells who called.
func witness(t *testing.T) (*daemon, <-chan Peer) {
	t.Helper()
	callers := make(chan Peer, 1)
	d := start(t, echo(func(ctx context.Context, _ string, _ any) (any, error) {
		p, ok := PeerFrom(ctx)
		if !ok {
			t.Error("a call without a caller")
		}
		callers <- p
		return nil, nil
	}), nil)
	return d, callers
}

func TestTheCallerIsWhomTheKernelSays(t *testing.T) {
	d, callers := witness(t)
	// The address of the caller's socket is text of the caller's choice.
	local := filepath.Join(filepath.Dir(d.socket), "x;uid=0;gid=0;")
	conn, err := net.DialUnix("unix", &net.UnixAddr{Name: local, Net: "unix"}, &net.UnixAddr{Name: d.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	rawOf(t, conn).ok()
	p := <-callers
	if int(p.UID) != os.Getuid() || int(p.GID) != os.Getgid() || int(p.PID) != os.Getpid() {
		t.Errorf("%+v, want uid %d gid %d pid %d", p, os.Getuid(), os.Getgid(), os.Getpid())
	}
}

// TestCallAsAnother is the process of the test below.
func TestCallAsAnother(t *testing.T) {
	socket := os.Getenv("RPC_TEST_SOCKET")
	if socket == "" {
		t.Skip("only as the process of TestAllGroupsOfTheCallerAreKnown")
	}
	(&daemon{socket: socket}).raw(t).ok()
}

func TestAllGroupsOfTheCallerAreKnown(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can choose a process's groups")
	}
	d, callers := witness(t)
	// More than one try of SO_PEERGROUPS has room for.
	var groups []uint32
	for g := range uint32(100) {
		groups = append(groups, 70_000+g)
	}
	program := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestCallAsAnother$")
	program.Env = append(os.Environ(), "RPC_TEST_SOCKET="+d.socket)
	program.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Gid: 70_500, Groups: groups}}
	if out, err := program.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := <-callers
	slices.Sort(p.Groups)
	if p.UID != 0 || p.GID != 70_500 || !slices.Equal(p.Groups, groups) {
		t.Errorf("%+v", p)
	}
	for gid, want := range map[uint32]bool{70_500: true, 70_000: true, 70_099: true, 70_100: false, 0: false} {
		if p.In(gid) != want {
			t.Errorf("In(%d) is %v", gid, !want)
		}
	}
}

func TestNoCallerIsNotRoot(t *testing.T) {
	if p, ok := PeerFrom(context.Background()); ok {
		t.Errorf("%+v", p)
	}
	if p, ok := PeerFrom(WithPeer(context.Background(), Peer{UID: 5})); !ok || p.UID != 5 {
		t.Errorf("%+v", p)
	}
}
