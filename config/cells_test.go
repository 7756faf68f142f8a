package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func names(cells []Cell) (all []string) {
	for _, c := range cells {
		all = append(all, c.Name)
	}
	return all
}

func TestCellsHaveGitLabsNamesAndOrder(t *testing.T) {
	tests := []struct {
		name string
		step Step
		want []string
	}{
		{"neither", Step{Name: "test"}, nil},
		{"copies", Step{Name: "test", Parallel: 3}, []string{"test 1/3", "test 2/3", "test 3/3"}},
		{"one copy", Step{Name: "test", Parallel: 1}, []string{"test 1/1"}},
		{"entries", Step{
			Name:        "test",
			Matrix:      []map[string][]string{{"P": {"aws"}, "S": {"app1", "app2"}}, {"P": {"ovh", "gcp"}, "S": {"app"}}},
			MatrixOrder: [][]string{{"P", "S"}, {"P", "S"}},
		}, []string{"test: [aws, app1]", "test: [aws, app2]", "test: [ovh, app]", "test: [gcp, app]"}},
		{"the order of the text counts", Step{
			Name: "test", Matrix: []map[string][]string{{"A": {"1", "2"}, "B": {"x", "y"}}}, MatrixOrder: [][]string{{"B", "A"}},
		}, []string{"test: [x, 1]", "test: [x, 2]", "test: [y, 1]", "test: [y, 2]"}},
	}
	for _, tt := range tests {
		if got := names(tt.step.Cells()); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOfCellsWithOneNameTheLaterCounts(t *testing.T) {
	step := Step{
		Name:        "t",
		Matrix:      []map[string][]string{{"A": {"x", "y", "x"}}, {"B": {"x"}}},
		MatrixOrder: [][]string{{"A"}, {"B"}},
	}
	want := []Cell{{"t: [x]", map[string]string{"B": "x"}}, {"t: [y]", map[string]string{"A": "y"}}}
	if got := step.Cells(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// matrixText draws a matrix as a text, with the number of its cells.
func matrixText(t *rapid.T) (text string, cells int) {
	var entries []string
	for range rapid.IntRange(1, 3).Draw(t, "entries") {
		product := 1
		var axes []string
		for a := range rapid.IntRange(1, 5).Draw(t, "axes") {
			n := rapid.IntRange(1, max(1, min(4, 60/product))).Draw(t, "values")
			var values []string
			for v := range n {
				values = append(values, fmt.Sprintf("\"%d-%d-%d\"", len(entries), a, v))
			}
			product *= n
			axes = append(axes, fmt.Sprintf("A%d = [%s]", (a*2+len(entries))%5, strings.Join(values, ", ")))
		}
		cells += product
		entries = append(entries, "{ "+strings.Join(axes, ", ")+" }")
	}
	return "[" + strings.Join(entries, ",\n") + "]", cells
}

// Every cell can be needed by its name, alone, and by its values, alone; and a
// step that becomes more than 200 does not pass.
func TestEveryCellCanBeNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, count := matrixText(t)
		const step = "name = \"p\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"t\"\nuses = \"x\"\nmatrix = "
		src, err := ParsePipeline("p.toml", []byte(step+text))
		if err != nil {
			t.Fatal(err)
		}
		cells := src.Pipeline.Stages[0].Steps[0].Cells()
		if len(cells) != count {
			t.Fatalf("%s has %d cells, want %d", text, len(cells), count)
		}
		n := rapid.IntRange(1, count).Draw(t, "needed")
		cell := cells[n-1]
		src, err = ParsePipeline("p.toml", []byte(step+text+fmt.Sprintf("\n[[stage.step]]\nname = \"u\"\nuses = \"x\"\nneeds = [%q]", cell.Name)))
		if err != nil {
			t.Fatal(err)
		}
		if got := src.Pipeline.Stages[0].Steps[1].Needs[0]; got.Cell != n || got.Step != "t" {
			t.Errorf("%s became %+v, want cell %d", cell.Name, got, n)
		}
		entry := map[string][]string{}
		for axis, value := range cell.Values {
			entry[axis] = []string{"other", value}
		}
		for i, c := range cells {
			if c.Chosen([]map[string][]string{entry}) != (i == n-1) {
				t.Errorf("%v chooses %s", entry, c.Name)
			}
		}
	})
}

func TestTwoHundredCellsPassAndOneMoreDoesNot(t *testing.T) {
	numbers := func(n int) string { return "[" + strings.Repeat("1, ", n-1) + "1]" }
	const head = small + "matrix = "
	if got := problems(t, head+"[{ A = "+numbers(50)+", B = "+numbers(4)+" }]"); got != nil {
		t.Errorf("200: %v", got)
	}
	got := problems(t, head+"[{ A = "+numbers(50)+", B = "+numbers(4)+" }, { C = 1 }]")
	if len(got) != 1 || !strings.Contains(got[0].Message, "201 cells; at most 200") {
		t.Errorf("201: %v", got)
	}
	huge := "A = " + numbers(1000)
	for c := 'B'; c <= 'Z'; c++ {
		huge += fmt.Sprintf(", %c = %s", c, numbers(100))
	}
	got = problems(t, strings.ReplaceAll(head+"{"+huge+"}", "], ", "],\n"))
	if len(got) != 1 || !strings.Contains(got[0].Message, "cells; at most 200") {
		t.Errorf("more than any integer counts: %v", got)
	}
}
