package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// maxCapacity bounds what a plugin may say of its capacity.
const maxCapacity = 10_000

// Description is what a plugin says of itself, and which binary said it.
type Description struct {
	Type           string
	Version        string
	Summary        string          // one line
	Documentation  string          // Markdown
	SettingsSchema json.RawMessage // JSON Schema of the `with` table; nil: none
	Outputs        []Output
	Capacity       int // attempts that one process serves at a time, from 1
	Path           string
	SHA256         string
}

// Output is a value that a step of the type leaves for later ones.
type Output struct {
	Name        string
	Description string
}

// Problem is one thing wrong with the settings of a step.
type Problem struct {
	Path    string // into the settings: "headers.Accept"; "" is the whole
	Message string
}

// Describe returns the description of a type's plugin. Each binary is asked
// once; a process is started for it where there is none. The first line of an
// error has 160 bytes at most, as that of Check's; what follows is detail.
func (h *Host) Describe(ctx context.Context, kind string) (Description, error) {
	d, err := h.describe(ctx, kind)
	return d, headlined(err)
}

func (h *Host) describe(ctx context.Context, kind string) (Description, error) {
	b, err := h.binaries.find(kind)
	if err != nil {
		return Description{}, err
	}
	if d, ok := h.remembered(kind, b.sha256); ok {
		d.Path = b.path
		return d, nil
	}
	var d Description
	err = h.borrow(ctx, b, func(p *process) error {
		d, err = h.described(ctx, p)
		return err
	})
	return d, err
}

// Check asks the type's plugin what is wrong with settings. None: they are good.
func (h *Host) Check(ctx context.Context, kind string, settings map[string]any) ([]Problem, error) {
	problems, err := h.checked(ctx, kind, settings)
	return problems, headlined(err)
}

func (h *Host) checked(ctx context.Context, kind string, settings map[string]any) ([]Problem, error) {
	b, err := h.binaries.find(kind)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("settings of plugin %s: %w", kind, err)
	}
	var problems []Problem
	err = h.borrow(ctx, b, func(p *process) error {
		problems, err = h.check(ctx, p, text)
		return err
	})
	return problems, err
}

func (h *Host) check(ctx context.Context, p *process, settings []byte) ([]Problem, error) {
	call, cancel := h.limited(ctx)
	defer cancel()
	answer, err := p.client.Check(call, &steppb.CheckRequest{Settings: settings}, grpc.WaitForReady(true))
	if err != nil {
		return nil, fmt.Errorf("plugin %s: check settings: %w\nfile: %s", p.Type, h.refusal(call, err), p.Path)
	}
	var problems []Problem
	for _, problem := range answer.GetProblems() {
		problems = append(problems, Problem{
			Path:    clipped(printable([]byte(problem.GetPath())), 1<<10),
			Message: clipped(printable([]byte(problem.GetMessage())), 4<<10),
		})
	}
	return problems, nil
}

// borrow lends a process of the binary for a call that takes no place in it:
// a busy one will do, and one that is started for it is idle afterwards. One
// that does not answer is discarded, and a fresh one is asked in its place.
// A start that has just failed is not tried again for it.
func (h *Host) borrow(ctx context.Context, b binary, call func(*process) error) error {
	if p := h.lent(b); p != nil {
		if err := h.callOn(p, call); !errors.Is(err, errMute) {
			return err
		}
		return h.callGranted(ctx, h.requestFresh(b), call)
	}
	if err := h.knownTrouble(b); err != nil {
		return err
	}
	err := h.callGranted(ctx, h.request(b), call)
	if errors.Is(err, errMute) {
		return h.callGranted(ctx, h.requestFresh(b), call)
	}
	return err
}

// callGranted makes the call on the process that w waits for.
func (h *Host) callGranted(ctx context.Context, w *waiter, call func(*process) error) error {
	select {
	case g := <-w.granted:
		if g.err != nil {
			return g.err
		}
		return h.callOn(g.process, call)
	case <-ctx.Done():
		h.withdraw(w)
		return fmt.Errorf("wait for a process of the plugin: %w", ctx.Err())
	case <-h.ctx.Done():
		return errClosed
	}
}

// callOn makes a call on a process and gives back the place in it.
func (h *Host) callOn(p *process, call func(*process) error) error {
	defer h.release(p, unused)
	err := call(p)
	if errors.Is(err, errMute) {
		h.discard(p, err)
	}
	return err
}

// errMute says that a process did not answer within our limit for a call.
var errMute = errors.New("it does not answer")

// limited is ctx with our limit for a call, whose cause is errMute then. The
// plugin is not told of the limit: it would hang up just before it, and look
// like one that answers.
func (h *Host) limited(ctx context.Context) (context.Context, func()) {
	call, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(h.limits.call, func() { cancel(errMute) })
	return call, func() {
		timer.Stop()
		cancel(nil)
	}
}

// refusal is why a limited call came to nothing.
func (h *Host) refusal(call context.Context, err error) error {
	if errors.Is(context.Cause(call), errMute) {
		return fmt.Errorf("%w within %v", errMute, h.limits.call)
	}
	return errors.New(clipped(printable([]byte(status.Convert(err).Message())), 1<<10))
}

// lent takes a place beyond the capacity in some live process of the binary.
func (h *Host) lent(b binary) *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.pools[poolKey{b.kind, b.sha256}]
	if h.closed || l == nil || len(l.processes) == 0 {
		return nil
	}
	p := l.processes[len(l.processes)-1]
	h.takeLocked(p)
	return p
}

func (h *Host) remembered(kind, sha256 string) (Description, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.descriptions[poolKey{kind, sha256}]
	return d, ok
}

// described is the description of p's binary, asked for where it is not known.
func (h *Host) described(ctx context.Context, p *process) (Description, error) {
	if d, ok := h.remembered(p.Type, p.SHA256); ok {
		return d, nil
	}
	call, cancel := h.limited(ctx)
	defer cancel()
	answer, err := p.client.Describe(call, &steppb.DescribeRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return Description{}, fmt.Errorf("it does not describe itself: %w", h.refusal(call, err))
	}
	d, err := descriptionOf(answer)
	if err != nil {
		return Description{}, err
	}
	if d.Type != p.Type {
		return Description{}, fmt.Errorf("it says that it is plugin %.80q", d.Type)
	}
	d.Path, d.SHA256 = p.Path, p.SHA256
	h.mu.Lock()
	defer h.mu.Unlock()
	h.descriptions[poolKey{p.Type, p.SHA256}] = d
	return d, nil
}

func descriptionOf(m *steppb.Description) (Description, error) {
	d := Description{
		Type:     m.GetType(),
		Version:  clipped(printable([]byte(m.GetVersion())), 100),
		Summary:  clipped(printable([]byte(m.GetSummary())), 1<<10),
		Capacity: int(min(max(1, m.GetCapacity()), maxCapacity)),
	}
	d.Documentation = printable([]byte(m.GetDocumentation()))
	if schema := m.GetSettingsSchema(); len(schema) > 0 {
		if !json.Valid(schema) {
			return Description{}, errors.New("the schema of its settings is not JSON")
		}
		d.SettingsSchema = slices.Clone(schema)
	}
	for _, output := range m.GetOutputs() {
		d.Outputs = append(d.Outputs, Output{output.GetName(), printable([]byte(output.GetDescription()))})
	}
	return d, nil
}
