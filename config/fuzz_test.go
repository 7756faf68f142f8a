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
	if !validName(p.Name) || len(p.Stages) == 0 {
		t.Errorf("passed without a name or a stage: %+v", p)
	}
	seen := map[string]bool{}
	for _, s := range p.Stages {
		if !validName(s.Name) || len(s.Steps) == 0 || s.Order != Parallel && s.Order != Serial {
			t.Errorf("passed without a name, an order or a step: %+v", s)
		}
		for _, step := range s.Steps {
			if !validName(step.Name) || !validName(step.Uses) || seen[step.Name] || step.When == "" || step.Timeout < 0 {
				t.Errorf("passed: %+v", step)
			}
			seen[step.Name] = true
		}
	}
}

// FuzzParseTests: no text makes the reader panic; every problem has a place in
// the text; each expectation of what passes stands inside it.
func FuzzParseTests(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.test.toml", "testdata/bad/*.test.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds: %v", err)
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
		tests, err := ParseTests("p.toml", text)
		if err != nil {
			checkProblems(t, nil, err.(Problems))
			return
		}
		for _, test := range tests.Tests {
			if at := test.Expect.Locate("steps"); at.Line < 1 || at.Column < 1 {
				t.Errorf("the steps of %q are at %v", test.Name, at)
			}
		}
	})
}
