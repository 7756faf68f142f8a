package config

import (
	"math"
	"strings"
	"testing"
)

func TestValuesAreCheckedAgainstTheirInput(t *testing.T) {
	name := Input{Type: String}
	version := Input{Type: String, Regex: `v\d+|main`}
	stage := Input{Type: String, Options: []any{"dev", "prod"}}
	keep := Input{Type: Number, Options: []any{1.0, 7.0}}
	tests := []struct {
		in    *Input
		value any
		want  string // "" passes
	}{
		{&name, "", ""},
		{&name, 7.0, "must be a string, not a number"},
		{&name, nil, "must be a string, not null"},
		{&version, "v12", ""},
		{&version, "main", ""},
		{&version, "xv12", "must match"},
		{&version, "mainly", "must match"},
		{&version, "v12\n", "must match"},
		{&stage, "prod", ""},
		{&stage, "pro", `must be one of "dev", "prod", not "pro"`},
		{&keep, 7.0, ""},
		{&keep, 8.0, "must be one of 1, 7, not 8"},
		{&keep, "7", `must be a number, not the text "7"`},
		{&Input{Type: Number}, math.NaN(), "must be a number"},
		{&Input{Type: Boolean}, true, ""},
		{&Input{Type: Boolean}, "true", `must be a boolean, not the text "true"`},
		{&Input{Type: Array}, []any{"x"}, ""},
		{&Input{Type: Array}, map[string]any{}, "must be an array, not a table"},
	}
	for _, tt := range tests {
		err := tt.in.Check(tt.value)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v, %v: got %v, want %q", tt.in, tt.value, err, tt.want)
		}
	}
}

func TestGivenVariablesFollowTheRulesOfWrittenOnes(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"PATH", "/bin", ""},
		{"LD_PRELOAD", "x.so", "how every program"},
		{"PENSTOCK_RUN", "1", "the daemon's own"},
		{"a-b", "1", "letters, digits and _"},
		{"A", "x\x00y", `\u0000`},
		{"A", strings.Repeat("x", maxVariable-2), ""},
		{"A", strings.Repeat("x", maxVariable-1), "131071 bytes"},
	}
	for _, tt := range tests {
		err := CheckVariable(tt.name, tt.value)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestResourceGroupsAreNamedAsInGitLab(t *testing.T) {
	for _, name := range []string{"production", "Prod 1/eu.west_2-x", ".", strings.Repeat("x", 255)} {
		if err := CheckResourceGroup(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", " ", "/a", "a/", "a:b", "a\nb", "ä", "$A", "{a}", strings.Repeat("x", 256)} {
		if CheckResourceGroup(name) == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
