package step

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// Whatever the output, the watch acts once, when nothing came for the limit: not
// sooner, and not later than the second look.
func TestSilenceIsCountedFromTheLastOutput(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := time.Duration(rapid.Int64Range(int64(secondLook)+1, int64(time.Hour)).Draw(r, "limit"))
		pauses := rapid.SliceOf(rapid.Int64Range(0, int64(limit)+int64(2*secondLook))).Draw(r, "pauses")
		synctest.Test(t, func(*testing.T) {
			s := newSilence(limit)
			begun := time.Now()
			broken := make(chan time.Duration, 2)
			stop := s.watch(func() { broken <- time.Since(begun) })
			defer stop()
			said := time.Duration(0)
			for _, pause := range pauses {
				time.Sleep(time.Duration(pause))
				synctest.Wait()
				if len(broken) > 0 {
					break
				}
				said = time.Since(begun)
				s.end()
			}
			if at := <-broken; at < said+limit || at > said+limit+secondLook {
				r.Errorf("output until %v, the limit is %v: ended at %v", said, limit, at)
			}
			time.Sleep(2 * limit)
			synctest.Wait()
			if len(broken) > 0 {
				r.Error("it was ended twice")
			}
		})
	})
}

func TestAWatchThatIsStoppedSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limit := range []time.Duration{0, time.Minute} {
			stop := newSilence(limit).watch(func() { t.Errorf("with a limit of %v it was ended", limit) })
			time.Sleep(limit)
			stop()
			time.Sleep(time.Hour)
		}
	})
}

func TestASilentTreeIsEnded(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	ready, wait := fifo(t)
	const limit = 3 * time.Second // the tree must be there within it
	a := script(t, fmt.Sprintf(treeScript, ready), func(r *protocol.Request) {
		r.SilenceTimeout, r.Grace = limit, 200*time.Millisecond
	})
	stream := p.begin(a)
	wait()
	awaitState(t, stream, steppb.Progress_ENDED)
	r := a.result()
	if r.Status != protocol.Failed || r.FailureReason != protocol.StuckOrTimeout || !strings.Contains(r.Message, "no output for 3s") {
		t.Errorf("%+v", r)
	}
	if took := r.EndedAt.Sub(r.BegunAt); took < limit {
		t.Errorf("it was ended after %v", took)
	}
	if left := a.alive(); len(left) > 0 {
		t.Errorf("alive: %v", left)
	}
}

func TestOutputOnEitherStreamEndsTheSilence(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	const limit = 3 * time.Second
	for _, stream := range []string{"1", "2"} {
		a := script(t, "for i in $(seq 16); do sleep 0.2; printf . >&"+stream+"; done", func(r *protocol.Request) {
			r.SilenceTimeout = limit
		})
		if r := p.perform(a); r.Status != protocol.Success || r.EndedAt.Sub(r.BegunAt) < limit {
			t.Errorf("stream %s: %+v", stream, r)
		}
	}
}

// The step wrote all the time; that nobody read it is not its fault.
func TestAStoppedPluginTakesNoStepForSilent(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	const limit = 2 * time.Second
	for range 2 {
		work := t.TempDir()
		ready, wait := fifo(t)
		a := script(t, "echo > "+ready+"; until test -e stop; do echo x; sleep 0.01; done", func(r *protocol.Request) {
			r.SilenceTimeout, r.Workspace = limit, work
		})
		stream := p.begin(a)
		wait() // not before: a script that was not started has written nothing
		fatal(t, p.cmd.Process.Signal(syscall.SIGSTOP))
		<-time.After(2 * limit)
		fatal(t, p.cmd.Process.Signal(syscall.SIGCONT))
		fatal(t, os.WriteFile(filepath.Join(work, "stop"), nil, 0o600))
		awaitState(t, stream, steppb.Progress_ENDED)
		if r := a.result(); r.Status != protocol.Success {
			t.Errorf("%+v", r)
		}
	}
}
