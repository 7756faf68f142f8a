package step

import (
	"io"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step/tree"
)

// Task is one attempt as its work sees it. It is safe for concurrent use. As an
// io.Writer it is the standard output in the attempt's log.
type Task struct {
	request   protocol.Request
	directory string
	stdout    io.Writer
	stderr    io.Writer
	outputs   outputs
	tree      *tree.Tree
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

// Grace is the time that a process has between TERM and KILL.
func (t *Task) Grace() time.Duration { return t.request.Grace }

// SetOutput hands a value to later steps; the last one of a name counts. A name
// is a letter or underscore, then letters, digits, '_', '-'. All
// outputs of an attempt together hold at most protocol.MaxOutputs bytes.
func (t *Task) SetOutput(name, value string) error { return t.outputs.set(name, value) }
