package listener

import (
	"context"
	"net/http"
	"time"

	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/store"
)

// Daemon is what calls are made on.
type Daemon interface {
	// Key finds a trigger key by its id. Where there is none, known is false, and
	// k is a key that nobody can prove, found with the same work.
	Key(id string) (k store.Key, known bool, err error)
	// Pipeline finds the name of a key's pipeline; known is false where that is gone.
	Pipeline(k store.Key) (name string, known bool, err error)
	// Secret derives the secret of a key whose form signs. Of any other it derives
	// one all the same, and says why it is none.
	Secret(k store.Key) (key.Secret, error)
	// Start starts a run and answers once it is durable. The error is a *Refusal
	// where the caller may know why.
	Start(context.Context, Call) (Run, error)
	// Await waits until the run is over, or ctx ends. The error is NotFound where
	// the run was deleted.
	Await(ctx context.Context, id uint64) (Run, error)
	// Unhealthy says in one word why no run can be started now; "" is: it can.
	Unhealthy() string
}

// Metrics counts answers and shows all that is counted.
type Metrics interface {
	Answered(route string, status int)
	http.Handler
}

// Call is a run that an admitted caller asks for.
type Call struct {
	Key       store.Key
	Pipeline  string // its name
	Inputs    map[string]any
	Variables map[string]string
	SubQueue  string
	SkipLocks bool          // steps take no resource groups
	Ref       string        // GitLab's
	Request   string        // makes the call repeatable; "" is none
	Remember  time.Duration // how long Request is known; 0 is a day
	Payload   string        // the body, where it is one
}

// Run is a run as callers see it.
type Run struct {
	Name       string // nightly/42
	Pipeline   string
	ID, Number uint64
	Status     string
	Over       bool
	Duplicate  bool // a call before made it
	CreatedAt  time.Time
	StartedAt  time.Time // zero: not yet
	FinishedAt time.Time // zero: not yet
}

// Refusal is why an admitted call starts nothing.
type Refusal struct {
	Status   int    // of HTTP
	Code     string // stable, for programs
	Message  string
	Problems []string // all that is wrong with what was given
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }
