package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
)

// order compares which steps had ended when others began.
func (j *judge) order(e *config.Expectation) {
	for k := 1; k < len(e.Order); k++ {
		before, err := j.find(e.Order[k-1])
		after, other := j.find(e.Order[k])
		if err == nil {
			err = other
		}
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = j.overlap(before, after)
		}
		if got != "" {
			j.differ(e, fmt.Sprintf("%s before %s", strings.Join(e.Order[k-1], ", "), strings.Join(e.Order[k], ", ")), got, "order")
		}
	}
}

// overlap says why not all of the first steps ended before the second began,
// "" where they did.
func (j *judge) overlap(before, after []int) string {
	for _, b := range before {
		for _, a := range after {
			ended, began := j.run.Steps[b].Latest(), j.run.Steps[a].Attempts
			switch {
			case ended == nil:
				return j.plan.Steps[b].Name + " never began"
			case len(began) == 0:
				return j.plan.Steps[a].Name + " never began"
			case !ended.Ended():
				return j.plan.Steps[b].Name + " has not ended"
			case began[0].DecidedAt.Before(ended.FinishedAt):
				return fmt.Sprintf("%s began after %v, when %s had not ended: that was after %v", j.plan.Steps[a].Name,
					j.since(began[0].DecidedAt), j.plan.Steps[b].Name, j.since(ended.FinishedAt))
			}
		}
	}
	return ""
}

func (j *judge) since(at time.Time) time.Duration { return at.Sub(j.began) }
