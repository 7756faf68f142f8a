// Command tour shows Penstock at work: it is what `make run` starts.
//
// It types the commands that a newcomer would type, each shown before it is
// run, against a daemon of its own: a real directory tree is archived, unpacked
// elsewhere and compared, and in the middle of it the daemon gets kill -9. What
// Penstock promises is then looked at, not assumed: the step went on in the same
// process, it was not started again, its log has no gap, the archive is right,
// the oldest copy went, a run that asks for a person waited through a second kill,
// nothing is left running.
//
// Nothing waits for a time to pass: the daemon is killed when the watch and the
// step have printed their first lines, and started again when the step's log
// has grown without it. The exit code is 0 only if every promise was kept. All that it
// makes lies in one temporary directory, which is removed at the end, on Ctrl-C
// as well, after every process that was started for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// patience bounds the whole tour: a slow machine takes a minute.
const patience = 10 * time.Minute

func main() {
	bin := flag.String("bin", "bin", "`directory` with penstockd, penstockctl and plugins/")
	example := flag.String("example", "docs/examples/archive.toml", "the pipeline `file`")
	source := flag.String("source", "", "`directory` to archive (default: the source of the Go command)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := tour(ctx, *bin, *example, *source); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

func tour(ctx context.Context, bin, example, source string) error {
	g, err := newGuide(ctx, bin, example, source)
	if err != nil {
		return err
	}
	err = g.acts(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx) // what it did to our commands is no news
	}
	if err := errors.Join(err, g.leave()); err != nil {
		return err
	}
	g.paint.good("every promise was kept")
	return nil
}

// newGuide makes the tour's directory. Sockets have short names (unix(7)), so
// a long TMPDIR is no place for it.
func newGuide(ctx context.Context, bin, example, source string) (*guide, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	if source == "" {
		if source, err = goSource(ctx); err != nil {
			return nil, err
		}
	}
	parent := os.TempDir()
	if len(parent) > 40 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "penstock-tour-")
	if err != nil {
		return nil, err
	}
	return &guide{dir: dir, bin: bin, example: example, source: source, paint: painter(os.Stdout)}, nil
}
