package render

import (
	"fmt"
	"strings"
	"time"
)

// TestReport is what came of tests: the schema of `penstockctl test -o json`.
type TestReport struct {
	Tests   []TestResult `json:"tests"`
	Passed  int          `json:"passed"`
	Failed  int          `json:"failed"`
	Seconds float64      `json:"seconds"` // that it took
}

// TestResult is what came of one test.
type TestResult struct {
	File        string           `json:"file"`
	Line        int              `json:"line"` // of the test
	Pipeline    string           `json:"pipeline"`
	Name        string           `json:"name"`
	Passed      bool             `json:"passed"`
	Differences []TestDifference `json:"differences"`
}

// TestDifference is where a run came out otherwise than a test expects.
type TestDifference struct {
	Line   int    `json:"line"` // of the expectation
	Column int    `json:"column"`
	Path   string `json:"path"` // such as steps.dump; "" is that there is a run
	Want   string `json:"want"`
	Got    string `json:"got"`
}

// Add counts a result in.
func (r *TestReport) Add(result TestResult) {
	r.Tests = append(r.Tests, result)
	if result.Passed {
		r.Passed++
	} else {
		r.Failed++
	}
}

// Tests is a line for each test, below one that failed what was expected and
// what came, and the counts.
func (s Style) Tests(r TestReport) string {
	var b strings.Builder
	for _, t := range r.Tests {
		b.WriteString(s.test(t))
	}
	b.WriteString(s.testCounts(r))
	return b.String()
}

func (s Style) test(t TestResult) string {
	if t.Passed {
		return s.paint(green, "passed") + gap + Line(t.File) + ": " + Line(t.Name) + "\n"
	}
	text := s.paint(red, "FAILED") + gap + fmt.Sprintf("%s:%d: ", Line(t.File), t.Line) + s.paint(bold, Line(t.Name)) + "\n"
	for _, d := range t.Differences {
		text += s.testDifference(t.File, d)
	}
	return text
}

// testDifference is a place that editors jump to, and what was wanted above
// what came.
func (s Style) testDifference(file string, d TestDifference) string {
	const deep = "        "
	text := fmt.Sprintf("%s%s:%d:%d:", deep, Line(file), d.Line, d.Column)
	if d.Path != "" {
		text += " " + Line(d.Path)
	}
	text += "\n"
	text += deep + "  want " + s.paint(green, Line(d.Want)) + "\n"
	return text + deep + "  got  " + s.paint(red, Line(d.Got)) + "\n"
}

func (s Style) testCounts(r TestReport) string {
	counts := fmt.Sprintf("%d passed", r.Passed)
	if r.Failed > 0 {
		counts += ", " + s.paint(red, fmt.Sprintf("%d failed", r.Failed))
	}
	return counts + " in " + Duration(time.Duration(r.Seconds*float64(time.Second))) + "\n"
}
