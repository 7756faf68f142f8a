package step

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step/tree"
)

// Exit codes of a plugin's process.
const (
	exitFailed = 1 // it could not serve, or was started by hand
	exitHung   = 3 // the work of an attempt did not end
)

// Serve makes the process a plugin and does not return. It is all that main
// does. The argument --describe prints what the plugin is as JSON instead.
func Serve[S any](about About, work func(ctx context.Context, settings S, t *Task) error) {
	p, err := newPlugin(about, work)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	os.Exit(p.main(os.Args[1:]))
}

func (p *plugin) main(args []string) int {
	switch {
	case len(args) == 1 && args[0] == "--describe":
		return p.describe()
	case os.Getenv(protocol.Handshake.MagicCookieKey) != protocol.Handshake.MagicCookieValue:
		fmt.Fprintf(os.Stderr, byHand, p.about.Type, p.about.Version, p.about.Summary, protocol.BinaryPrefix+p.about.Type)
		return exitFailed
	}
	code, err := p.serve()
	if err != nil {
		fmt.Fprintf(os.Stderr, "penstock plugin %s: %v\n", p.about.Type, err)
	}
	return code
}

const byHand = `This is the Penstock step plugin %q, version %s: %s

It is no command to run: penstockd starts it for the steps of pipelines. Put it
into a directory that penstockd --plugin-dir names, and see it in
"penstockctl plugins". What it offers, with its settings:

    %s --describe
`

func (p *plugin) describe() int {
	page, err := p.page()
	if err == nil {
		_, err = fmt.Printf("%s\n", page)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	return 0
}

// stepUmask is umask(2) of the processes of a step, and so of this one: what
// they make is for others to read, as anywhere else. The daemon's own is 077;
// what the SDK makes for the daemon has its mode named.
const stepUmask = 0o022

func (p *plugin) serve() (int, error) {
	unix.Umask(stepUmask)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	holder, err := self()
	if err != nil {
		return exitFailed, err
	}
	keeper, err := tree.NewKeeper(os.Getenv(protocol.EnvCgroup))
	if err != nil {
		return exitFailed, err
	}
	l := newLife(p.about.Capacity, end)
	defer catch(l)()
	s := &server{plugin: p, keeper: keeper, holder: holder, life: l, attempts: map[string]*attempt{}}
	err = protocol.Serve(ctx, protocol.Server{
		Service:  s,
		Options:  []grpc.ServerOption{grpc.StatsHandler(l)},
		Shutdown: l.drain,
	}, os.Stdout)
	l.drain()
	s.work.Wait() // a socket that broke is no reason to leave work undone
	return p.code(s, err), err
}

// code is the exit code of a process whose service ended with err.
func (p *plugin) code(s *server, err error) int {
	switch {
	case s.life.isHung():
		s.killHung()
		return exitHung
	case err != nil:
		return exitFailed
	}
	return 0
}

// catch makes SIGTERM drain the process, and SIGINT, SIGHUP and SIGPIPE do
// nothing. They are caught, not ignored: the commands of a step would inherit
// that. The returned function undoes it.
func catch(l *life) (undo func()) {
	harmless := make(chan os.Signal, 1)
	signal.Notify(harmless, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range term {
			l.drain()
		}
	}()
	return func() {
		signal.Stop(term)
		close(term)
		<-done
	}
}
