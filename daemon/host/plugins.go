package host

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// PluginState is a plugin as it is installed and in use.
type PluginState struct {
	Type        string
	Path        string      // "" where it cannot be used
	SHA256      string      // "" where it cannot be used
	Description Description // zero until the binary has been asked
	Processes   int         // alive, of any binary of the type
	Attempts    int         // in work
	Problem     string      // why it cannot be used: a line of at most 160 bytes, and maybe more after it
}

// Plugins lists what is installed and what still has processes, in the order
// of types. No process is started for it: DescribeAll does that.
func (h *Host) Plugins() ([]PluginState, error) {
	kinds, err := h.binaries.installed()
	if err != nil {
		return nil, err
	}
	processes, attempts := h.count()
	for kind := range processes {
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	var states []PluginState
	for _, kind := range kinds {
		state := h.stateOf(kind)
		state.Processes, state.Attempts = processes[kind], attempts[kind]
		states = append(states, state)
	}
	slices.SortFunc(states, func(a, b PluginState) int { return cmp.Compare(a.Type, b.Type) })
	return states, nil
}

// probes is how many plugins are asked at a time what they are.
const probes = 16

// DescribeAll returns the states with the descriptions that they lack. The
// plugins are asked beside each other, so that it takes no longer than the
// slowest of a few; where one cannot be asked, Problem says why.
func (h *Host) DescribeAll(ctx context.Context, states []PluginState) []PluginState {
	states = slices.Clone(states)
	var group errgroup.Group
	group.SetLimit(probes)
	for i := range states {
		if s := &states[i]; s.Description.Type == "" && s.Problem == "" {
			group.Go(func() (err error) {
				if s.Description, err = h.Describe(ctx, s.Type); err != nil {
					s.Problem = err.Error()
				}
				return nil
			})
		}
	}
	_ = group.Wait() // each has its error in its state
	return states
}

func (h *Host) stateOf(kind string) PluginState {
	b, err := h.binaries.find(kind)
	if err != nil {
		return PluginState{Type: kind, Problem: headlined(err).Error()}
	}
	d, _ := h.remembered(kind, b.sha256)
	return PluginState{Type: kind, Path: b.path, SHA256: b.sha256, Description: d}
}

// count returns the processes and the attempts of each type.
func (h *Host) count() (processes, attempts map[string]int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	processes, attempts = map[string]int{}, map[string]int{}
	for _, p := range h.processes {
		processes[p.Type]++
		attempts[p.Type] += p.used
	}
	return processes, attempts
}
