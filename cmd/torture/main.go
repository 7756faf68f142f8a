// Command torture kills the daemon again and again under load and then looks
// for anything that was lost, done twice, or left over.
//
// # Method
//
// A private daemon, built with the tag torture, serves clients that start runs
// without pause: chains, fans with needs, steps that last for seconds and have
// children, floods of output, steps that fail, and runs and steps that are canceled;
// matrices with a limit or that fail fast, steps that are tried again after a
// delay, that wait for a time or for the client to play them, that share a
// resource with other runs, and runs that wait for those before them. Others
// are started by the clock, by files, by calls over HTTP, by the ends of other runs
// and by steps that stand for them, down to a grandchild, whose text may be one that
// an earlier step wrote; others by backfills in both orders, some of them canceled
// half-way. Now and then a schedule is paused and everything is frozen for a moment,
// and all the time a calendar that schedules keep to is given another text. The
// daemon is killed, half of the times at a random moment and half at a named
// point of package crash, at the nth pass, and started again at once; some of
// the new ones are killed while they recover. Clients whose call got no answer
// ask again with the same idempotency key or cursor.
//
// Each step is this same program: it appends "begin" and its attempt's name to
// one file outside the daemon's state with a single O_APPEND write, prints
// bytes of a generator that the attempt's name seeds (control bytes, invalid
// UTF-8 and lines longer than a frame among them) to stdout and stderr, and
// appends "end" with the SHA-256 of both. Nothing of this passes the daemon.
//
// A kill counts when the load before it was high enough: transitions of steps
// and runs, as the clients saw them, for each second in which the daemon
// answered, over at least the last half second of that; and steps at work, as
// the effects file tells. Kills during recovery are extra and do not count.
//
// # Oracle
//
// When the kills are done the clients let their runs end, and then:
//
//   - every run that a client was told of is there and ended as its pipeline
//     must, and no run is there that nobody asked for;
//   - every instant of a schedule, every end that somebody waits for and every file
//     has exactly one record, which has one run, or says that something was held;
//   - every instant that a calendar took away was taken away by a text that the calendar can have
//     had then, and every other left by one;
//   - every backfill decided each of its instants once, in the order that was asked for, up to
//     where it was canceled, and never more of its runs lived than may;
//   - every attempt of a step that stands for a run has exactly one, which names it;
//   - every attempt that had to be made began exactly once, steps behind a failure
//     never, and none before what it waits for had ended;
//   - no more cells, holders of a resource, or runs of a queue were at work at a
//     time than one, or their limit;
//   - the log of every attempt, as log.read tells it, has stream by stream the
//     SHA-256 that the step recorded;
//   - no attempt directory is left, and after SIGTERM no process.
//
// Any violation makes the exit code 1 and keeps the directory for a look.
//
// # Stories
//
// The tests of this program hold daemons, killed and not, against package
// simulation as well. Random pipelines run in both at the same time, started by a
// command, for an instant of a schedule, after another run, by a file or by a call;
// some of their steps stand for children, some wait for places, and at times another run of
// the pipeline comes while the first lives. Each
// attempt of a step waits at a FIFO to be told how to end, people's deeds come
// as calls here and as events there, and after each of it both must show the
// same statuses, attempts, reasons and outputs, refuse the same, and in the end
// explain every step alike. The seed of a story is the name of its test.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "step" {
		os.Exit(step(os.Args[2:]))
	}
	plan := defaultPlan()
	flag.IntVar(&plan.kills, "kills", plan.kills, "kills that must count")
	flag.Uint64Var(&plan.seed, "seed", uint64(time.Now().UnixNano()), "of the random choices")
	flag.Float64Var(&plan.rate, "rate", plan.rate, "transitions a second before a kill for it to count")
	flag.IntVar(&plan.running, "running", plan.running, "steps at work before a kill for it to count")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := torture(ctx, plan, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}
