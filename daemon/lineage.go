package daemon

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// The bounds of how runs follow from each other; [engine.MaxTree] is a third.
const (
	maxDepth   = 2  // inline children within each other, as in GitLab
	maxLineage = 32 // pipelines whose runs follow from each other's ends
)

// upstreamOf is where a run stands that follows from another, by its end or by a
// step; name says what of it, as [store.Upstream] does.
func upstreamOf(parent *store.Run, name string) store.Upstream {
	up := store.Upstream{Run: parent.ID, Name: name, Root: parent.ID}
	if above := parent.Cause.Upstream; above != nil {
		up.Root, up.Lineage = above.Root, slices.Clone(above.Lineage)
		if parent.Cause.Source == store.ByParent {
			up.Depth = above.Depth + 1
		}
	}
	if n := len(up.Lineage); n == 0 || up.Lineage[n-1] != parent.Pipeline { // an inline child is of the pipeline of its parent
		up.Lineage = append(up.Lineage, parent.Pipeline)
	}
	return up
}

// familyError says why a run may not follow from another.
type familyError struct {
	Reason run.FailureReason
	error
}

// looped refuses a run of a pipeline from which it follows itself.
func looped(view *store.View, up *store.Upstream, pipeline store.Pipeline) error {
	first := slices.Index(up.Lineage, pipeline.ID)
	if first < 0 {
		return nil
	}
	names := pipelineNames{view: view}
	var circle []string
	for _, id := range up.Lineage[first:] {
		name, err := names.of(id)
		if errors.Is(err, store.ErrNotFound) {
			name, err = "a deleted pipeline", nil
		}
		if err != nil {
			return err
		}
		circle = append(circle, name)
	}
	return &familyError{run.LoopDetected, fmt.Errorf("runs of pipeline %q would follow from each other for ever: %s → %s",
		pipeline.Name, strings.Join(circle, " → "), pipeline.Name)}
}

// tooFar refuses a run at the end of a long row of pipelines.
func tooFar(up *store.Upstream) error {
	if len(up.Lineage) < maxLineage {
		return nil
	}
	return &familyError{run.TooDeep, fmt.Errorf("%d pipelines follow from each other already; at most %d do", len(up.Lineage), maxLineage)}
}

// tooDeep refuses an inline child of an inline child of one.
func tooDeep(up *store.Upstream) error {
	if up.Depth < maxDepth {
		return nil
	}
	return &familyError{run.TooDeep, fmt.Errorf("a child is at most %d levels below the run that is no child itself; start a pipeline of its own from here", maxDepth)}
}
