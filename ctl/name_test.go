package ctl

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTargetsAreReadAsMeant(t *testing.T) {
	for path, want := range map[string]target{
		"nightly/42":                 {run: "nightly/42"},
		"nightly/latest":             {run: "nightly/latest"},
		"1007":                       {run: "1007"},
		"nightly/42/compile":         {run: "nightly/42", step: "compile"},
		"nightly/42/build/compile":   {run: "nightly/42", stage: "build", step: "compile"},
		"nightly/42/build/compile/2": {run: "nightly/42", stage: "build", step: "compile", attempt: 2},
		"1007/build/compile":         {run: "1007", stage: "build", step: "compile"},
		"1007/compile":               {run: "1007", step: "compile"},
		"2024/7":                     {run: "2024/7"},
		"nightly/42/build/test@2":    {run: "nightly/42", stage: "build", step: "test@2"},
		"7/test@2":                   {run: "7", step: "test@2"},

		"nightly/42/build/test: [linux, amd64]":   {run: "nightly/42", stage: "build", step: "test: [linux, amd64]"},
		"nightly/42/build/test: [linux, amd64]/2": {run: "nightly/42", stage: "build", step: "test: [linux, amd64]", attempt: 2},
		"nightly/42/test: [a/b, c d]":             {run: "nightly/42", step: "test: [a/b, c d]"},
		"7/build/test: [a/b, [c]]/3":              {run: "7", stage: "build", step: "test: [a/b, [c]]", attempt: 3},
		"nightly/latest/build/load 2/3":           {run: "nightly/latest", stage: "build", step: "load 2/3"},
		"nightly/latest/build/load 2/3/1":         {run: "nightly/latest", stage: "build", step: "load 2/3", attempt: 1},
		"nightly/latest/load 2/3":                 {run: "nightly/latest", step: "load 2/3"},
		"2024/latest/build/compile":               {run: "2024/latest", stage: "build", step: "compile"},
	} {
		got, err := parseTarget(path)
		if err != nil || got != want {
			t.Errorf("%s is %+v (%v), want %+v", path, got, err, want)
		}
	}
}

func TestNamesOfNoRunAreRefused(t *testing.T) {
	for _, path := range []string{"", "/", "nightly", "nightly/", "nightly/x", "/42", "a/1/b/c/0", "a/1/b/c/x", "a/1/b/", "a/1//", "a/-1",
		"a/1/b/c: [x]/y", "a/1/b/c/d: [x]", "a/1/b/load 1/2/x"} {
		if got, err := parseTarget(path); exitCode(err) != ExitUsage {
			t.Errorf("%q is %+v (%v), want a usage error", path, got, err)
		}
	}
}

func TestStepsOfARunAreAskedForTogether(t *testing.T) {
	got, err := parseSteps([]string{"a/1/x", "b/2", "a/1/s/test: [l, m]"}, true)
	want := []stepsOf{{"a/1", []string{"x", "s/test: [l, m]"}}, {run: "b/2"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
}

func TestMomentsAreReadAsPeopleWriteThem(t *testing.T) {
	zone := time.FixedZone("X", 3600)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, zone)
	for text, want := range map[string]string{
		"now":                  "2026-11-21T12:00:00+01:00",
		"18:00":                "2026-11-21T18:00:00+01:00",
		"11:59":                "2026-11-22T11:59:00+01:00",
		"12:00":                "2026-11-22T12:00:00+01:00",
		"2026-11-24 08:00":     "2026-11-24T08:00:00+01:00",
		"2026-11-24":           "2026-11-24T00:00:00+01:00",
		"2026-11-24T08:00:00Z": "2026-11-24T08:00:00Z",
	} {
		if got, ok := parseMoment(text, now); !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%s is %v (%v), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "noon", "25:00", "2026-13-01", "tomorrow"} {
		if got, ok := parseMoment(text, now); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// drawStepName draws what a step may be called: a name, an address, a copy, or a
// cell with any values.
func drawStepName(t *rapid.T) string {
	name := rapid.StringMatching(`[a-z0-9.][a-z0-9_.-]{0,8}`).Draw(t, "name")
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 1:
		return fmt.Sprintf("%s@%d", name, rapid.IntRange(1, 200).Draw(t, "cell"))
	case 2:
		return fmt.Sprintf("%s %d/%d", name, rapid.IntRange(1, 200).Draw(t, "copy"), rapid.IntRange(1, 200).Draw(t, "copies"))
	case 3:
		values := rapid.SliceOfN(rapid.StringMatching(`[ab1/ @:,\[\]]{0,6}`), 1, 3).Draw(t, "values")
		return name + ": [" + strings.Join(values, ", ") + "]"
	}
	return name
}

func TestEveryStepCanBeNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := target{
			run:  rapid.SampledFrom([]string{"nightly/42", "nightly/latest", "1007"}).Draw(t, "run"),
			step: drawStepName(t),
		}
		path := want.run
		if rapid.Bool().Draw(t, "with stage") {
			want.stage = rapid.StringMatching(`[a-z][a-z0-9_.-]{0,8}`).Draw(t, "stage")
			if want.stage == "latest" {
				t.Skip("a stage of this name is reached by its steps")
			}
			path += "/" + want.stage
		}
		path += "/" + want.step
		if want.stage != "" && rapid.Bool().Draw(t, "with attempt") {
			want.attempt = rapid.IntRange(1, 99).Draw(t, "attempt")
			path += fmt.Sprintf("/%d", want.attempt)
		}
		if want.run == "1007" && want.stage == "" && (isNumber(want.step) || want.step == "latest") {
			t.Skip("a pipeline may be called 1007")
		}
		if got, err := parseTarget(path); err != nil || got != want {
			t.Fatalf("%q is %+v (%v), want %+v", path, got, err, want)
		}
	})
}
