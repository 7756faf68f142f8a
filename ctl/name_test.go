package ctl

import "testing"

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
		"2024/latest/build/compile":  {run: "2024/latest", stage: "build", step: "compile"},
	} {
		got, err := parseTarget(path)
		if err != nil || got != want {
			t.Errorf("%s is %+v (%v), want %+v", path, got, err, want)
		}
	}
}

func TestNamesOfNoRunAreRefused(t *testing.T) {
	for _, path := range []string{"", "/", "nightly", "nightly/", "nightly/x", "/42", "a/1/b/c/0", "a/1/b/c/x", "a/1/b/", "a/1//", "a/-1"} {
		if got, err := parseTarget(path); exitCode(err) != ExitUsage {
			t.Errorf("%q is %+v (%v), want a usage error", path, got, err)
		}
	}
}
