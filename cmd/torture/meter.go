package main

import (
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/rpc"
)

// statuses is how the steps of a run, and under "" the run, were last seen.
type statuses map[string]string

// take takes in news and says how many transitions they are.
func (s statuses) take(news *rpc.RunWatchResponse) (n int) {
	n = s.move("", news.Run.Status)
	for _, stage := range news.Whole {
		for _, step := range stage.Steps {
			n += s.move(step.Name, step.Status)
		}
	}
	for _, step := range news.Steps {
		n += s.move(step.Name, step.Status)
	}
	return n
}

// move is the transitions on the way between two statuses: a watcher that was
// away sees the last of several.
func (s statuses) move(key, to string) int {
	from := s[key]
	s[key] = to
	switch {
	case from == to:
		return 0
	case to == "skipped", to == "canceled", to == "canceling", to == "manual", to == "scheduled", to == "waiting_for_resource":
		return 1
	}
	return max(rank(to)-rank(from), 0)
}

// rank counts the transitions from created on.
func rank(status string) int {
	switch status {
	case "", "created", "waiting_for_resource", "manual", "scheduled":
		return 0
	case "pending":
		return 1
	case "running":
		return 2
	}
	return 3
}

// waits reports whether a step waits for somebody to play it.
func (s statuses) waits(step string) bool { return s[step] == "manual" || s[step] == "scheduled" }

func (s statuses) has(status string) bool {
	for step, is := range s {
		if step != "" && is == status {
			return true
		}
	}
	return false
}

// meter says how high the load was before a kill.
type meter struct {
	count atomic.Int64
	lives []life
}

// life is what was seen of one daemon while it answered.
type life struct {
	lasted      time.Duration
	transitions int64
}

func (m *meter) add(n int) { m.count.Add(int64(n)) }

// end ends a life and gives the rate over the last ones, as many as make half
// a second.
func (m *meter) end(lasted time.Duration) float64 {
	m.lives = append(m.lives, life{lasted, m.count.Swap(0)})
	var sum life
	for i := len(m.lives) - 1; i >= 0 && sum.lasted < time.Second/2; i-- {
		sum.lasted += m.lives[i].lasted
		sum.transitions += m.lives[i].transitions
	}
	if sum.lasted == 0 {
		return 0
	}
	return float64(sum.transitions) / sum.lasted.Seconds()
}

// mean is the rate over all lives.
func (m *meter) mean() float64 {
	var sum life
	for _, l := range m.lives {
		sum.lasted += l.lasted
		sum.transitions += l.transitions
	}
	return float64(sum.transitions) / max(sum.lasted.Seconds(), 1e-9)
}
