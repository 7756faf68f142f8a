package config

import (
	"reflect"
	"testing"
	"time"
)

func TestAllThatAPipelineCanSayArrives(t *testing.T) {
	got := parse(t, string(read(t, "testdata/good/everything.toml"))).Pipeline
	stages := got.Stages
	got.Stages = nil
	want := Pipeline{
		Name: "everything", Description: "All that a pipeline can say",
		Type: Dynamic, Order: Parallel, Workspace: WorkspaceStep,
		Priority: -5, Timeout: 12 * time.Hour, MaxParallel: 4,
		Overlap:    Overlap{OverlapQueueOne, 2},
		AutoCancel: AutoCancel{CancelConservative, FailureCancelsAll},
		Retention: Retention{Age: 30 * day, Count: 100, ByStatus: map[string]KeepBounds{
			"failed": {365 * day, 1000}, "skipped": {Age: day},
		}},
		Inputs: []Input{
			{Name: "environment", Type: String, Default: "staging", Options: []any{"staging", "production"}, Description: "Where to"},
			{Name: "keep-days", Type: Number, Default: 7.0, Options: []any{1.0, 7.0, 30.5}},
			{Name: "verbose", Type: Boolean, Default: false},
			{Name: "hosts", Type: Array, Default: []any{"a", 1.0, map[string]any{"port": 80.0}}},
			{Name: "tag", Type: String, Regex: `v\d+\.\d+`},
		},
		Rules: []Rule{
			{If: `run.source == "schedule"`, When: Never},
			{Variables: []Variable{{"TARGET", "staging"}}, AutoCancel: &AutoCancel{CancelInterruptible, FailureCancelsAll}},
		},
		Variables: []Variable{{"TARGET", "production"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	compareSteps(t, stages[0].Steps, everythingBuild)
	compareSteps(t, stages[1].Steps, everythingDeploy)
}

func compareSteps(t *testing.T, got, want []Step) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("step %d: got\n%+v\nwant\n%+v", i, got, want)
		}
	}
}

var everythingBuild = []Step{
	{
		Name: "compile", Uses: "shell", When: OnSuccess, Retry: Retry{Max: 2}, Timeout: time.Hour,
		SilenceTimeout: 10 * time.Minute, WaitingTimeout: day, Interruptible: true, FailFast: true, MaxParallel: 2,
		With: map[string]any{"script": "make"},
		Matrix: []map[string][]string{
			{"OS": {"linux", "mac"}, "ARCH": {"amd64", "arm64"}},
			{"OS": {"plan9"}, "BITS": {"32", "1.10", "true"}},
		},
		MatrixOrder: [][]string{{"OS", "ARCH"}, {"OS", "BITS"}},
	},
	{
		Name: "test", Uses: "shell", When: OnSuccess, Parallel: 3,
		Retry: Retry{
			Max: 3, When: []string{"script_failure"}, ExitCodes: []int{2},
			Delay: 10 * time.Second, Backoff: 2, MaxDelay: 5 * time.Minute, Jitter: 0.5,
		},
		HasNeeds: true,
		Needs: []Need{{Step: "compile", Artifacts: true, Matrix: []map[string][]string{
			{"OS": {"linux"}}, {"OS": {"mac"}, "ARCH": {"amd64", "arm64"}},
		}}},
		AllowFailure: AllowFailure{ExitCodes: []int{2, 137}},
		With:         map[string]any{"script": "make test"},
	},
	{
		Name: "lint", Uses: "shell", When: Always, Parallel: 2, HasNeeds: true, Needs: []Need{},
		AllowFailure: AllowFailure{Always: true},
	},
	{
		Name: "pack", Uses: "shell", When: OnSuccess, HasNeeds: true,
		Matrix: []map[string][]string{{"FORMAT": {"deb", "rpm"}}}, MatrixOrder: [][]string{{"FORMAT"}},
		Needs: []Need{
			{Step: "compile", Cell: 2, Artifacts: true},
			{Step: "compile", Cell: 6, Artifacts: true},
			{Step: "test", Cell: 2, Artifacts: true},
			{Step: "lint", Optional: true},
		},
	},
}

var yes = true

var everythingDeploy = []Step{
	{Name: "later", Uses: "shell", When: Delayed, StartIn: week},
	{
		Name: "deploy", Uses: "shell", When: Manual, Confirmation: "Deploy to production?", ResourceGroup: "production/web 1",
		Rules: []Rule{
			{If: "inputs.verbose", When: Delayed, StartIn: time.Second, AllowFailure: &AllowFailure{Always: true}},
			{If: `run.actor == "alice"`, When: Never},
			{
				Variables: []Variable{{"WHO", "all"}}, HasNeeds: true,
				Needs:        []Need{{Step: "pack", Artifacts: true}, {Step: "later", Optional: true, Artifacts: true}},
				AllowFailure: &AllowFailure{ExitCodes: []int{3}}, Interruptible: &yes,
			},
		},
		Retry: Retry{Max: 1, When: []string{"lost", "plugin_failure"}},
	},
}

func TestAManualStepMayFailUnlessARuleMakesItManual(t *testing.T) {
	const step = small + "[[stage.step]]\nname = \"m\"\nuses = \"shell\"\n"
	any, none := &AllowFailure{Always: true}, &AllowFailure{}
	tests := []struct {
		text string
		own  *AllowFailure
		rule *AllowFailure // nil: it says nothing
	}{
		{`when = "manual"`, any, nil},
		{"when = \"manual\"\nallow_failure = false", none, nil},
		{"when = \"manual\"\nallow_failure = { exit_codes = 1 }", &AllowFailure{ExitCodes: []int{1}}, nil},
		{`rule = [{ when = "manual" }]`, none, nil},
		{`when = "delayed"` + "\nstart_in = \"1s\"", none, nil},
		{"when = \"manual\"\nrule = [{ when = \"manual\" }]", any, nil},
		{"when = \"manual\"\nrule = [{ when = \"never\" }]", any, nil},
		{"when = \"manual\"\nrule = [{ if = \"true\" }]", any, nil},
		{"when = \"manual\"\nrule = [{ when = \"always\" }]", any, none},
		{"when = \"manual\"\nrule = [{ when = \"always\", allow_failure = true }]", any, any},
		{"when = \"manual\"\nallow_failure = true\nrule = [{ when = \"always\" }]", any, nil},
		{`rule = [{ when = "always" }]`, none, nil},
	}
	for _, tt := range tests {
		got := parse(t, step+tt.text).Pipeline.Stages[0].Steps[1]
		if !reflect.DeepEqual(&got.AllowFailure, tt.own) {
			t.Errorf("%s: got %+v, want %+v", tt.text, got.AllowFailure, *tt.own)
		}
		for _, r := range got.Rules {
			if !reflect.DeepEqual(r.AllowFailure, tt.rule) {
				t.Errorf("%s: the rule says %+v, want %+v", tt.text, r.AllowFailure, tt.rule)
			}
		}
	}
}

func TestOverlapIsAWordOrATable(t *testing.T) {
	for text, want := range map[string]Overlap{
		"":                          {OverlapAllow, 1},
		`overlap = "queue"`:         {OverlapQueue, 1},
		`overlap = "skip"`:          {OverlapSkip, 1},
		`overlap.policy = "cancel"`: {OverlapCancel, 1},
		`overlap = { policy = "queue", limit = 1000 }`: {OverlapQueue, 1000},
	} {
		if got := parse(t, text+"\n"+small).Pipeline.Overlap; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}
