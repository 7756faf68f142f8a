// Package selection finds the runs of a list: those for which every filter of a
// request holds.
//
// The store keeps runs in the order in which they were made and has no index
// for anything else, so a selection looks at one run after another. What keeps
// that short is its own: a bound of time ends the look where no later run can
// pass, a plan is read only of a run that all else lets pass, and a page is given
// out, full or not, once its time is over: the store pins what a view sees.
//
// The words of filters are those of the protocol, and what no run can be is
// refused: an empty list would say that there is none at present.
package selection

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// Selection is which runs a list shows. The zero value is all but children.
type Selection struct {
	statuses []run.Status   // none: any
	sources  []store.Source // none: any
	actor    string
	name     *regexp.Regexp // nil: any
	labels   map[string]string
	inputs   map[string]string
	since    time.Time
	until    time.Time // zero: there is no end
	children bool
}

// finished is the word for the statuses of a run that is over and was not
// skipped, which is GitLab's scope of that name.
const finished = "finished"

// Of reads the filters of a request.
func Of(q *rpc.RunListRequest) (*Selection, error) {
	s := &Selection{actor: q.Actor, labels: q.Labels, inputs: q.Inputs, children: q.Children}
	for _, word := range q.Status {
		statuses, err := statusesOf(word)
		if err != nil {
			return nil, err
		}
		s.statuses = append(s.statuses, statuses...)
	}
	for _, word := range q.Source {
		source, err := sourceOf(word)
		if err != nil {
			return nil, err
		}
		s.sources = append(s.sources, source)
		s.children = s.children || source == store.ByParent
	}
	if q.RunName != "" {
		s.name = pattern(q.RunName)
	}
	if q.Since != nil {
		s.since = *q.Since
	}
	if q.Until != nil {
		s.until = *q.Until
	}
	return s, nil
}

// statusesOf are the statuses that a word of a filter means.
func statusesOf(word string) ([]run.Status, error) {
	if word == finished {
		return []run.Status{run.Success, run.Failed, run.Canceled}, nil
	}
	known := []run.Status{
		run.Created, run.WaitingForResource, run.Pending, run.Running, run.Scheduled, run.Manual,
		run.Success, run.Failed, run.Canceling, run.Canceled, run.Skipped,
	}
	if slices.Contains(known, run.Status(word)) {
		return []run.Status{run.Status(word)}, nil
	}
	return nil, rpc.Errorf(rpc.CodeInvalid, "no run has the status %q: want %s or %s", word, listed(known), finished)
}

func sourceOf(word string) (store.Source, error) {
	known := []store.Source{
		store.ByCommand, store.BySchedule, store.ByTrigger, store.ByPipeline, store.ByParent, store.BySubscription, store.ByFile,
	}
	if slices.Contains(known, store.Source(word)) {
		return store.Source(word), nil
	}
	return "", rpc.Errorf(rpc.CodeInvalid, "no run has the source %q: want one of %s", word, listed(known))
}

func listed[T ~string](words []T) string {
	var texts []string
	for _, w := range words {
		texts = append(texts, string(w))
	}
	return strings.Join(texts, ", ")
}

// pattern is what a text with * and ? matches, as a whole.
func pattern(text string) *regexp.Regexp {
	wild := strings.NewReplacer(`\*`, `.*`, `\?`, `.`)
	return regexp.MustCompile(`(?s)\A` + wild.Replace(regexp.QuoteMeta(text)) + `\z`)
}

// passes reports whether r is shown, as far as its record tells.
func (s *Selection) passes(r *store.Run) bool {
	switch {
	case r.Cause.Source == store.ByParent && !s.children,
		len(s.statuses) > 0 && !slices.Contains(s.statuses, r.State.Status),
		len(s.sources) > 0 && !slices.Contains(s.sources, r.Cause.Source),
		s.actor != "" && r.Cause.Actor != s.actor,
		s.name != nil && !s.name.MatchString(r.Name),
		r.State.CreatedAt.Before(s.since),
		!s.until.IsZero() && !r.State.CreatedAt.Before(s.until):
		return false
	}
	for label, value := range s.labels {
		if got, ok := r.Labels[label]; !ok || got != value {
			return false
		}
	}
	return true
}

// took reports whether a run was given the inputs that are asked for.
func (s *Selection) took(v run.Values) bool {
	for name, text := range s.inputs {
		if got, ok := v.Inputs[name]; !ok || expression.Text(got) != text {
			return false
		}
	}
	return true
}

// clockSlack is by how much the clock of a machine may have been set while
// runs were made: their ids are in the order of their making, their times only
// nearly so.
const clockSlack = 24 * time.Hour

// over reports whether no run that comes after r in a list can pass.
func (s *Selection) over(r *store.Run, ascending bool) bool {
	if ascending {
		return !s.until.IsZero() && r.State.CreatedAt.After(s.until.Add(clockSlack))
	}
	return !s.since.IsZero() && r.State.CreatedAt.Before(s.since.Add(-clockSlack))
}

// Page finds the first runs of a list that pass, at most limit. Next is where
// the list goes on, 0 where there is no more. It looks at one run at least, and
// at no further one once its patience is over.
func (s *Selection) Page(view *store.View, list store.Listing, limit int, patience time.Duration) (found []store.Run, next uint64, err error) {
	end := time.Now().Add(patience)
	for record, err := range view.List(list) {
		if err != nil {
			return nil, 0, err
		}
		if next != 0 && time.Now().After(end) {
			return found, next, nil
		}
		if s.over(&record, list.Ascending) {
			break
		}
		passes, err := s.admits(view, &record)
		if err != nil {
			return nil, 0, err
		}
		if passes && len(found) == limit {
			return found, found[limit-1].ID, nil
		}
		if passes {
			found = append(found, record)
		}
		next = record.ID
	}
	return found, 0, nil
}

// admits reports whether r is shown. Its plan is read only where all else says
// so.
func (s *Selection) admits(view *store.View, r *store.Run) (bool, error) {
	if !s.passes(r) || len(s.inputs) == 0 {
		return s.passes(r), nil
	}
	plan, err := view.Plan(r.ID)
	if err != nil {
		return false, fmt.Errorf("run %d: %w", r.ID, err)
	}
	return s.took(plan.Values), nil
}
