package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/penstock/penstock/rpc"
)

const module = "github.com/penstock/penstock"

// world is a private daemon with its clients, built from this tree.
type world struct {
	dir    string
	bin    string // directory of the programs
	daemon *exec.Cmd
	client *rpc.Client
	extra  string // of the configuration
	estate *estate
}

func newWorld(ctx context.Context) (w *world, err error) {
	w = &world{}
	if w.dir, err = os.MkdirTemp("", "penstock"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.bin = filepath.Join(w.dir, "bin")
	fmt.Fprintln(os.Stderr, "building …")
	if err := w.build(ctx); err != nil {
		return nil, err
	}
	return w, w.start(ctx)
}

// build builds the programs as make does.
func (w *world) build(ctx context.Context) error {
	for _, b := range []struct {
		target   string
		packages []string // and flags before them
	}{
		{"", []string{module + "/cmd/penstockd"}},
		{"", []string{"-tags=netgo", module + "/cmd/penstockctl"}},
		{"plugins", []string{
			module + "/plugins/shell/penstock-step-shell", module + "/plugins/http/penstock-step-http",
			module + "/plugins/sleep/penstock-step-sleep",
		}},
	} {
		dir := filepath.Join(w.bin, b.target) + "/"
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir}, b.packages...)...)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	return nil
}

func (w *world) socket() string { return filepath.Join(w.dir, "run", "s") }

// start starts a daemon with the configuration in the directory, if any, and
// waits until it answers.
func (w *world) start(ctx context.Context) error {
	config := filepath.Join(w.dir, "penstockd.toml")
	if err := os.WriteFile(config, []byte(w.config()), 0o600); err != nil {
		return err
	}
	w.daemon = exec.Command(filepath.Join(w.bin, "penstockd"),
		"--state", filepath.Join(w.dir, "state"), "--socket", w.socket(), "--config", config)
	w.daemon.Stderr = os.Stderr
	if err := w.daemon.Start(); err != nil {
		return err
	}
	return w.connect(ctx)
}

func (w *world) config() string { return "[log]\nlevel = \"warn\"\n" + w.extra }

// restart starts the daemon anew with more configuration.
func (w *world) restart(ctx context.Context, extra string) error {
	w.stop(syscall.SIGTERM)
	w.extra = extra
	return w.start(ctx)
}

func (w *world) connect(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if w.client, err = rpc.Dial(ctx, w.socket()); err == nil {
			if _, err = w.client.DaemonInfo(ctx, &rpc.Empty{}); err == nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the daemon does not answer"), err)
		case <-time.After(time.Millisecond):
		}
	}
}

// stop ends the daemon with a signal and waits for it.
func (w *world) stop(s os.Signal) {
	if w.daemon != nil && w.daemon.Process != nil {
		_ = w.daemon.Process.Signal(s) // it may be gone already
		_ = w.daemon.Wait()            // killed is what it was to be
		w.daemon = nil
	}
}

func (w *world) close() {
	w.stop(os.Interrupt)
	if w.estate != nil {
		w.estate.stop(syscall.SIGKILL)
	}
	if err := os.RemoveAll(w.dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// apply puts a pipeline of n shell steps with a script.
func (w *world) apply(ctx context.Context, name, order string, n int, script string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "name = %q\norder = %q\n[[stage]]\nname = \"all\"\n", name, order)
	for i := range n {
		fmt.Fprintf(&text, "[[stage.step]]\nname = \"s%d\"\nuses = \"shell\"\nwith = { script = %q }\n", i, script)
	}
	_, err := w.client.PipelineApply(ctx, &rpc.PipelineApplyRequest{Text: text.String()})
	return err
}

// run runs a pipeline count times at once, from the first call to the last end.
func (w *world) run(ctx context.Context, name string, count int) (time.Duration, error) {
	begin := time.Now()
	var runs []string
	for range count {
		started, err := w.client.RunStart(ctx, &rpc.RunStartRequest{Pipeline: name})
		if err != nil {
			return 0, err
		}
		runs = append(runs, started.Run.Name)
	}
	for _, run := range runs {
		if err := w.await(ctx, run); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

func (w *world) await(ctx context.Context, run string) error {
	q := &rpc.RunWatchRequest{Run: run, WaitMS: 60000, UntilEnded: true}
	for {
		news, err := w.client.RunWatch(ctx, q)
		if err != nil {
			return err
		}
		if news.Ended {
			if news.Run.Status != "success" {
				return fmt.Errorf("%s: %s", run, news.Run.Status)
			}
			return nil
		}
	}
}
