package main

import (
	"fmt"
	"strings"
	"time"
)

// steered is the part of the load whose steps do not just follow each other:
// they are cells, are tried again, wait for a person, a time, a resource or
// another run, or end because others failed.
func steered(program, effects string) []*shape {
	return []*shape{
		cells(program, effects), retried(program, effects), played(program, effects), grouped(program, effects),
		queued(program, effects), fast(program, effects), stopped(program, effects),
	}
}

// cells are a matrix of which two work at a time.
func cells(program, effects string) *shape {
	s := newShape("cells", "parallel", effects, 1)
	s.stage("s")
	names := s.matrix("cell", 6, "max_parallel = 2\n"+command(program, 20*time.Millisecond, 2<<10, 0), "success")
	s.stage("after")
	s.step("join", command(program, 0, 1<<10, 0), "success", names...)
	s.bounds = bounds{steps: "cell@", inRun: 2}
	return s
}

// retried ends well at its third attempt.
func retried(program, effects string) *shape {
	s := newShape("retried", "serial", effects, 1)
	s.stage("s")
	s.step("third", `retry = { max = 3, delay = "30ms", backoff = 2 }`+"\n"+
		strings.Replace(command(program, 0, 1<<10, 0), `"-exit"`, `"-good", "3", "-exit"`, 1), "success")
	s.steps[0].attempts = 3
	s.step("next", command(program, 0, 1<<10, 0), "success", "third")
	return s
}

// played waits for a person twice, at a manual step and at a delay that is too
// long, and once for a delay.
func played(program, effects string) *shape {
	s := newShape("played", "serial", effects, 1)
	s.plays = []string{"hand", "late"}
	s.stage("s")
	s.step("first", command(program, 0, 1<<10, 0), "success")
	s.step("hand", "when = \"manual\"\nallow_failure = false\n"+command(program, 0, 1<<10, 0), "success", "first")
	s.step("late", "when = \"delayed\"\nstart_in = \"1w\"\n"+command(program, 0, 1<<10, 0), "success", "hand")
	s.step("soon", "when = \"delayed\"\nstart_in = \"1s\"\n"+command(program, 0, 1<<10, 0), "success", "late")
	return s
}

// grouped are steps of several runs of which one works at a time.
func grouped(program, effects string) *shape {
	s := newShape("grouped", "parallel", effects, 3)
	s.stage("s")
	for i := range 3 {
		s.step(fmt.Sprint("g", i), "resource_group = \"printer\"\n"+command(program, 20*time.Millisecond, 1<<10, 0), "success")
	}
	s.bounds = bounds{steps: "g", inAll: 1}
	return s
}

// queued are runs of which one works at a time.
func queued(program, effects string) *shape {
	s := newShape("queued", "parallel", effects, 3)
	s.begin("parallel", effects, "overlap = \"queue\"\n")
	s.stage("s")
	s.step("a", command(program, 10*time.Millisecond, 1<<10, 0), "success")
	s.step("b", command(program, 20*time.Millisecond, 1<<10, 0), "success")
	s.stage("t")
	s.step("c", command(program, 0, 1<<10, 0), "success", "a", "b")
	s.bounds = bounds{runs: 1}
	return s
}

// fast is a matrix that ends as soon as one of its cells has failed.
func fast(program, effects string) *shape {
	s := newShape("fast", "parallel", effects, 1)
	s.status, s.cut = "failed", true
	s.stage("s")
	s.matrix("cell", 4, "fail_fast = true\n"+
		fmt.Sprintf("with = { script = \"[ $CELL = 1 ] || exec '%s' step -for 1h; exec '%s' step -for 400ms -exit 3\" }", program, program), "canceled")
	s.steps[0].status = "failed"
	s.stage("never")
	s.step("c", command(program, 0, 1<<10, 0), "skipped")
	return s
}

// stopped has a step that is canceled while others go on.
func stopped(program, effects string) *shape {
	s := newShape("stopped", "parallel", effects, 1)
	s.status, s.cut, s.cancels = "canceled", true, []string{"x"}
	s.stage("s")
	s.step("x", script(program, time.Hour, 1<<10), "canceled")
	s.step("y", command(program, 300*time.Millisecond, 1<<10, 0), "success")
	s.stage("t")
	s.step("never", command(program, 0, 1<<10, 0), "skipped")
	s.step("free", "needs = [\"y\"]\n"+command(program, 0, 1<<10, 0), "success", "y")
	return s
}

// matrix adds a step of n cells, and says what they are called.
func (s *shape) matrix(name string, n int, with, status string) (cells []string) {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint(i + 1)
		cells = append(cells, fmt.Sprintf("%s@%d", name, i+1))
	}
	s.step(name, fmt.Sprintf("matrix = { CELL = [%s] }\n%s", strings.Join(values, ", "), with), status)
	s.steps = s.steps[:len(s.steps)-1]
	for _, c := range cells {
		s.steps = append(s.steps, wanted{stage: s.current, name: c, status: status})
	}
	return cells
}
