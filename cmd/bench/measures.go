package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/penstock/penstock/rpc"
)

var measures = []measure{
	{"idle daemon, resident memory", idle},
	{"1,000 steps at once", fan},
	{"a chain of 1,000 steps", chain},
	{"10,000 steps / 1,000 steps", scale},
	{"create 10,200 steps, 50,000 needs / a tenth", create},
	{"perform 10,200 steps, 50,000 needs / a tenth", perform},
	{"penstockctl run --wait, one step", command},
	{"1 GiB of output", output},
	{"200 running steps joined again", join},
	{"100,000 schedules: start to first answer", wakened},
	{"100,000 schedules: processor time at rest", rested},
	{"100,000 schedules: memory of each", remembered},
	{"10,000 schedules due at one instant", due},
	{"10,000 schedules due, kill -9 in their midst", dueAndKilled},
}

const rounds = 3

// best is the quickest of several rounds.
func best(times int, f func() (time.Duration, error)) (time.Duration, error) {
	var least time.Duration
	for i := range times {
		d, err := f()
		if err != nil {
			return 0, err
		}
		if i == 0 || d < least {
			least = d
		}
	}
	return least, nil
}

// timed times a plain command.
func timed(ctx context.Context, name string, args ...string) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		begin := time.Now()
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		return time.Since(begin), err
	}
}

// ratio compares two times.
func ratio(ours, plain time.Duration, most float64) row {
	r := row{ours: show(ours), plain: show(plain), figure: ours.Seconds() / plain.Seconds(), unit: "x"}
	r.floor, r.holds = fmt.Sprintf("at most %g x", most), r.figure <= most
	return r
}

func show(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

func idle(ctx context.Context, w *world) (row, error) {
	if _, err := w.client.DaemonInfo(ctx, &rpc.Empty{}); err != nil {
		return row{}, err
	}
	bytes, err := memory(w.daemon.Process.Pid, "VmRSS")
	if err != nil {
		return row{}, err
	}
	processes, err := w.processes(ctx)
	if err != nil {
		return row{}, err
	}
	mb := float64(bytes) / 1e6
	return row{
		ours: fmt.Sprintf("%d plugins", processes), plain: "-", figure: mb, unit: "MB",
		floor: "at most 40 MB and no plugin processes", holds: mb <= 40 && processes == 0,
	}, nil
}

func (w *world) processes(ctx context.Context) (n int, err error) {
	list, err := w.client.PluginList(ctx, &rpc.PluginListRequest{})
	if err != nil {
		return 0, err
	}
	for _, p := range list.Plugins {
		n += p.Processes
	}
	return n, nil
}

func fan(ctx context.Context, w *world) (row, error) {
	if err := w.apply(ctx, "fan", "parallel", 1000, "true"); err != nil {
		return row{}, err
	}
	return compare(ctx, w, "fan", 3,
		timed(ctx, "sh", "-c", fmt.Sprintf("seq 1000 | xargs -P%d -I{} sh -c true", runtime.NumCPU())))
}

func chain(ctx context.Context, w *world) (row, error) {
	if err := w.apply(ctx, "chain", "serial", 1000, "true"); err != nil {
		return row{}, err
	}
	return compare(ctx, w, "chain", 4, timed(ctx, "sh", "-c", "i=0; while [ $i -lt 1000 ]; do sh -c true; i=$((i+1)); done"))
}

// compare holds a run against a plain command that does the same.
func compare(ctx context.Context, w *world, pipeline string, most float64, plain func() (time.Duration, error)) (row, error) {
	ours, err := best(rounds, func() (time.Duration, error) { return w.run(ctx, pipeline, 1) })
	if err != nil {
		return row{}, err
	}
	theirs, err := best(rounds, plain)
	if err != nil {
		return row{}, err
	}
	return ratio(ours, theirs, most), nil
}

// scale starts ten runs of 1,000 steps at once: a pipeline file of 256 KiB has
// no room for 10,000 steps.
func scale(ctx context.Context, w *world) (row, error) {
	if err := w.apply(ctx, "fan", "parallel", 1000, "true"); err != nil {
		return row{}, err
	}
	one, err := best(rounds, func() (time.Duration, error) { return w.run(ctx, "fan", 1) })
	if err != nil {
		return row{}, err
	}
	ten, err := best(2, func() (time.Duration, error) { return w.run(ctx, "fan", 10) })
	r := ratio(ten, one, 12)
	return r, err
}

// layers of a net.
const layers = 51

// applyNet puts a pipeline of 51 layers of 5×width cells, each of which needs
// five cells of the layer before it: 250×width needs.
func (w *world) applyNet(ctx context.Context, name string, width int) error {
	var text strings.Builder
	values := make([]string, width)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	fmt.Fprintf(&text, "name = %q\n", name)
	for k := range layers {
		fmt.Fprintf(&text, "[[stage]]\nname = \"l%d\"\n[[stage.step]]\nname = \"s%d\"\nuses = \"sleep\"\nwith = { for = \"0s\" }\n", k, k)
		fmt.Fprintf(&text, "matrix = { ROW = [%s], COLUMN = [0, 1, 2, 3, 4] }\n", strings.Join(values, ", "))
		if k > 0 {
			fmt.Fprintf(&text, "needs = [{ step = \"s%d\", matrix = [{ ROW = \"{{ matrix.ROW }}\" }] }]\n", k-1)
		}
	}
	_, err := w.client.PipelineApply(ctx, &rpc.PipelineApplyRequest{Text: text.String()})
	return err
}

// tenfold compares a net with one of a tenth of its width.
func tenfold(ctx context.Context, w *world, times int, most float64, measure func(name string) (time.Duration, error)) (row, error) {
	if err := errors.Join(w.applyNet(ctx, "small", 4), w.applyNet(ctx, "large", 40)); err != nil {
		return row{}, err
	}
	small, err := best(rounds, func() (time.Duration, error) { return measure("small") })
	if err != nil {
		return row{}, err
	}
	large, err := best(times, func() (time.Duration, error) { return measure("large") })
	return ratio(large, small, most), err
}

// create times the answer to a start: the run is resolved and durable then. Its
// floor leaves room for caches, which the small run fits into: what looked at
// all cells for each cell was forty times as slow.
func create(ctx context.Context, w *world) (row, error) {
	return tenfold(ctx, w, rounds, 20, func(name string) (time.Duration, error) {
		begin := time.Now()
		started, err := w.client.RunStart(ctx, &rpc.RunStartRequest{Pipeline: name})
		took := time.Since(begin)
		if err != nil {
			return 0, err
		}
		return took, w.cancel(ctx, started.Run.Name)
	})
}

// perform times a run from its start to its end.
func perform(ctx context.Context, w *world) (row, error) {
	return tenfold(ctx, w, 2, 12, func(name string) (time.Duration, error) { return w.run(ctx, name, 1) })
}

// cancel ends a run and waits for its end.
func (w *world) cancel(ctx context.Context, run string) error {
	if _, err := w.client.RunCancel(ctx, &rpc.RunCancelRequest{Run: run, Force: true}); err != nil {
		return err
	}
	_, err := w.client.RunWatch(ctx, &rpc.RunWatchRequest{Run: run, WaitMS: 60000, UntilEnded: true})
	return err
}

func command(ctx context.Context, w *world) (row, error) {
	if err := w.apply(ctx, "one", "parallel", 1, "true"); err != nil {
		return row{}, err
	}
	ctl := timed(ctx, filepath.Join(w.bin, "penstockctl"), "--socket", w.socket(), "run", "one", "--wait")
	ours, err := best(50, ctl)
	if err != nil {
		return row{}, err
	}
	theirs, err := best(50, timed(ctx, "sh", "-c", "true"))
	return ratio(ours, theirs, 25), err
}

const flood = `yes 'the quick brown fox jumps over the lazy dog, and over the fence, and over the hills and far away 123' | head -c 1073741824`

// output measures up to the moment at which the log is sealed, with a cap that
// keeps all of it: what the plain tool does is write the same bytes to a file.
func output(ctx context.Context, w *world) (row, error) {
	if err := w.restart(ctx, "[steps]\nlog_limit = \"4GiB\"\n"); err != nil {
		return row{}, err
	}
	if err := w.apply(ctx, "flood", "parallel", 1, flood); err != nil {
		return row{}, err
	}
	before, err := memory(w.daemon.Process.Pid, "VmHWM")
	if err != nil {
		return row{}, err
	}
	ours, err := best(2, func() (time.Duration, error) { return w.runSealed(ctx, "flood") })
	if err != nil {
		return row{}, err
	}
	after, err := memory(w.daemon.Process.Pid, "VmHWM")
	if err != nil {
		return row{}, err
	}
	theirs, err := best(2, timed(ctx, "sh", "-c", flood+" > "+filepath.Join(w.dir, "plain")))
	rate := (1 << 30) / 1e6 / ours.Seconds()
	return row{
		ours: show(ours), plain: show(theirs), figure: rate, unit: "MB/s",
		floor: fmt.Sprintf("at least 150 MB/s; the daemon grew by %d MB", (after-before)/1e6), holds: rate >= 150,
	}, err
}

// runSealed waits for the log to be in its final form as well.
func (w *world) runSealed(ctx context.Context, name string) (time.Duration, error) {
	begin := time.Now()
	started, err := w.client.RunStart(ctx, &rpc.RunStartRequest{Pipeline: name})
	if err != nil {
		return 0, err
	}
	q := &rpc.RunWatchRequest{Run: started.Run.Name, After: 1, WaitMS: 60000}
	for {
		news, err := w.client.RunWatch(ctx, q)
		if err != nil {
			return 0, err
		}
		q.After = news.Sequence
		r, err := w.client.RunGet(ctx, &rpc.RunGetRequest{Run: q.Run})
		if err != nil {
			return 0, err
		}
		if a := r.Stages[0].Steps[0].Attempts; len(a) > 0 && a[0].Log != nil {
			return time.Since(begin), nil
		}
	}
}

const running = 200

// join kills the daemon under 200 running steps and times from the start of
// the next one until all are in its hands again.
func join(ctx context.Context, w *world) (row, error) {
	limits := fmt.Sprintf("[steps]\nmax_running = %d\ngrace = \"1s\"\n", running)
	if err := w.restart(ctx, limits); err != nil {
		return row{}, err
	}
	if err := w.apply(ctx, "wait", "parallel", running, "exec sleep 600"); err != nil {
		return row{}, err
	}
	started, err := w.client.RunStart(ctx, &rpc.RunStartRequest{Pipeline: "wait"})
	if err != nil {
		return row{}, err
	}
	if err := w.inHand(ctx, running); err != nil {
		return row{}, err
	}
	took, err := best(rounds, func() (time.Duration, error) {
		w.stop(syscall.SIGKILL)
		begin := time.Now()
		err := w.start(ctx)
		if err == nil {
			err = w.inHand(ctx, running)
		}
		return time.Since(begin), err
	})
	if err != nil {
		return row{}, err
	}
	_, err = w.client.RunCancel(ctx, &rpc.RunCancelRequest{Run: started.Run.Name, Force: true})
	return row{
		ours: show(took), plain: "-", figure: took.Seconds(), unit: "s", floor: "at most 2 s", holds: took <= 2*time.Second,
	}, err
}

// inHand waits until the plugins have n attempts in work.
func (w *world) inHand(ctx context.Context, n int) error {
	for {
		list, err := w.client.PluginList(ctx, &rpc.PluginListRequest{})
		if err != nil {
			return err
		}
		attempts := 0
		for _, p := range list.Plugins {
			attempts += p.Attempts
		}
		if attempts >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// memory reads a line of proc_pid_status(5), in bytes.
func memory(pid int, line string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return memoryLine(string(text), line)
}
