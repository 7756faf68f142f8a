package step

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step/tree"
	"github.com/penstock/penstock/plugins/steplog"
)

// Task is one attempt as its work sees it. It is safe for concurrent use. As an
// io.Writer it is the standard output in the attempt's log.
type Task struct {
	request protocol.Request
	outputs string // path of the outputs file
	log     *steplog.Writer
	silence *silence
	stdout  io.Writer
	stderr  io.Writer
	keeper  *tree.Keeper
	tree    *tree.Tree
	force   chan struct{} // closed when the grace is over before its time
	ran     atomic.Bool   // a command ended with exit code 0
	status  string        // of the work, for what cleans up after it; else ""

	mu      sync.Mutex
	cleanup *cleanup // nil: there is nothing to clean up
}

func newTask(directory string, request protocol.Request, keeper *tree.Keeper) *Task {
	log := steplog.Open(directory, request.LogLimit)
	outputs := filepath.Join(directory, protocol.OutputsFile)
	silence := newSilence(request.SilenceTimeout)
	return &Task{
		request: request,
		outputs: outputs,
		log:     log,
		silence: silence,
		stdout:  stream{log.Stream(steplog.Stdout), silence},
		stderr:  stream{log.Stream(steplog.Stderr), silence},
		keeper:  keeper,
		tree:    keeper.Tree(outputs),
		force:   make(chan struct{}),
	}
}

// Write writes to the attempt's log as standard output. It never blocks on a
// reader, and fails only after the attempt has ended.
func (t *Task) Write(p []byte) (int, error) { return t.stdout.Write(p) }

// Stderr is the attempt's log as standard error.
func (t *Task) Stderr() io.Writer { return t.stderr }

// Name is the name of the attempt, "nightly/42/build/compile/1". It is unique
// for ever: a good idempotency key for what the work calls.
func (t *Task) Name() string { return t.request.Attempt }

// Workspace is the absolute path of the directory in which the step works.
func (t *Task) Workspace() string { return t.request.Workspace }

// Payload is the path of the file with what the caller sent that the run was
// made for, such as the body of a webhook; "" where the run has none. It is not to
// be changed, and is gone after the attempt.
func (t *Task) Payload() string { return t.request.Environment[protocol.EnvPayload] }

// Grace is the time that a process has between TERM and KILL.
func (t *Task) Grace() time.Duration { return t.request.Grace }

// leftoverGrace is what processes that outlived their step get to end at most.
const leftoverGrace = 2 * time.Second

// end ends what was left running, within grace and the one of the request. It
// returns the processes it found. The Task starts no command after it.
func (t *Task) end(grace time.Duration) (leftovers []string, err error) {
	if t.forced() {
		grace = 0
	}
	return t.tree.End(max(min(grace, t.request.Grace), 0))
}

// forced says whether nothing waits any more.
func (t *Task) forced() bool {
	select {
	case <-t.force:
		return true
	default:
		return false
	}
}

// close ends the log. It says in one sentence what the log misses, "" where
// that is nothing.
func (t *Task) close() (missing string) {
	err := t.log.Close()
	if n, cause := t.log.Lost(); n > 0 {
		return fmt.Sprintf("the log misses %d bytes: %v", n, cause)
	}
	if err != nil {
		return fmt.Sprintf("the end of the log may be missing: %v", err)
	}
	return ""
}
