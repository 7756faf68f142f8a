package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzParsePipeline: no text makes the reader panic or take long; every problem
// has a place in the text; what passes is in good order.
func FuzzParsePipeline(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		began := processorTime(t)
		src, err := ParsePipeline("p.toml", text)
		if took := processorTime(t) - began; took > 2*time.Second*slowness {
			t.Errorf("took %v", took)
		}
		if err != nil {
			checkProblems(t, src, err.(Problems))
			return
		}
		checkDepth(t, src.document.values, 0)
		checkPipeline(t, src.Pipeline)
	})
}

func checkProblems(t *testing.T, src *Source, problems Problems) {
	t.Helper()
	for i, p := range problems {
		if p.Line < 1 || p.Column < 1 || p.Message == "" || p.File != "p.toml" {
			t.Errorf("problem without a place or a message: %+v", p)
		}
		if src == nil || i == maxProblems {
			continue
		}
		if at := src.Locate(p.Path); p.Position != at && !inString(src.document, p) {
			t.Errorf("Locate(%s) = %v, but the problem is at %v", p.Path, at, p.Position)
		}
	}
}

// inString reports whether a problem is inside the string at its path: those
// with placeholders are.
func inString(d *document, p Problem) bool {
	at := d.root.find(p.Path)
	offset := d.lines[p.Line-1] + p.Column - 1
	return at.quote >= 0 && at.quote < offset && offset <= len(d.text)
}

// checkDepth holds the scanner against the decoder: no value is deeper than
// headers, dotted keys and brackets within the limits can make it.
func checkDepth(t *testing.T, v any, depth int) {
	t.Helper()
	if depth > (maxDepth+2)*(maxDots+1) {
		t.Fatal("a value is deeper than the limits allow")
	}
	if m, ok := v.(map[string]any); ok {
		for _, v := range m {
			checkDepth(t, v, depth+1)
		}
	}
	all, _ := list(v)
	for _, v := range all {
		checkDepth(t, v, depth+1)
	}
}

func checkPipeline(t *testing.T, p Pipeline) {
	t.Helper()
	if !validName(p.Name) || len(p.Stages) == 0 || p.Overlap.Limit < 1 || p.Type == Standard && len(p.Inputs) > 0 {
		t.Errorf("passed: %+v", p)
	}
	for _, i := range p.Inputs {
		if !inputName.MatchString(i.Name) || i.Default != nil && i.Check(i.Default) != nil {
			t.Errorf("passed: %+v", i)
		}
	}
	checkTriggers(t, p)
	steps := map[string]*Step{}
	for k, s := range p.Stages {
		if !validName(s.Name) || len(s.Steps) == 0 || s.Order != Parallel && s.Order != Serial {
			t.Errorf("passed without a name, an order or a step: %+v", s)
		}
		for i := range s.Steps {
			step := &p.Stages[k].Steps[i]
			if steps[step.Name] != nil {
				t.Errorf("two steps are named %s", step.Name)
			}
			steps[step.Name] = step
			checkStep(t, step)
		}
	}
	for _, s := range steps {
		checkNeeds(t, s, s.Needs, steps)
		for _, r := range s.Rules {
			checkNeeds(t, s, r.Needs, steps)
		}
	}
}

func checkTriggers(t *testing.T, p Pipeline) {
	t.Helper()
	names := map[string]bool{}
	for _, one := range p.Triggers {
		s := one.Schedule
		switch {
		case !validName(one.Name), names[one.Name], len(one.SubQueue) > maxSubQueue,
			p.Type == Standard && (one.Inputs != nil || one.Variables != nil),
			(one.Kind == OnSchedule) != (s.Expression != ""), (one.Kind == AfterPipeline) != (one.After.Pipeline != ""),
			(one.Kind == OnFiles) != (one.Files.Pattern != ""), (one.Kind == OnKey) != (one.Key != ""),
			one.Kind == OnSchedule && (s.Window < minWindow || s.Window > maxWindow || s.Jitter > maxJitter || s.Timezone == ""),
			!s.From.IsZero() && !s.Until.IsZero() && !s.From.Before(s.Until), one.After.Pipeline == p.Name:
			t.Errorf("passed: %+v", one)
		}
		names[one.Name] = true
	}
}

func checkStep(t *testing.T, s *Step) {
	t.Helper()
	switch {
	case !validName(s.Name), !validName(s.Uses), s.When == "", s.When == Never, s.Timeout < 0,
		(s.When == Delayed) != (s.StartIn > 0), s.StartIn > week, s.Retry.Max > maxRetries,
		len(s.Cells()) > maxCells, s.Parallel > 0 && s.Matrix != nil, len(s.Matrix) != len(s.MatrixOrder):
		t.Errorf("passed: %+v", s)
	}
	for _, r := range s.Rules {
		if (r.When == Delayed) != (r.StartIn > 0) {
			t.Errorf("passed: %+v", r)
		}
	}
}

func checkNeeds(t *testing.T, s *Step, needs []Need, steps map[string]*Step) {
	t.Helper()
	for _, n := range needs {
		to := steps[n.Step]
		if to == nil || to == s || n.Cell > len(to.Cells()) || n.Cell > 0 && n.Matrix != nil {
			t.Errorf("%s passed with the need %+v", s.Name, n)
		}
	}
}
