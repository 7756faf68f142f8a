package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

func TestCommandsShowWhatTheDaemonAnswers(t *testing.T) {
	d := newFake(t)
	now := time.Now()
	run := rpc.RunSummary{Name: "nightly/42", ID: 1007, Number: 42, Pipeline: "nightly", Status: "success", CreatedAt: now}
	always[rpc.PipelineListRequest](d, rpc.PipelineListResponse{Pipelines: []rpc.Pipeline{{Name: "nightly", Latest: &run}}})
	always[rpc.PipelineGetRequest](d, rpc.PipelineRevision{Pipeline: "nightly", Text: "name = \"nightly\"\x1b\n"})
	always[rpc.PipelineHistoryRequest](d, rpc.PipelineHistoryResponse{Revisions: []rpc.RevisionSummary{{Revision: 3, Difference: "@@\n-a\n+b\n"}}})
	always[rpc.PipelineRollbackRequest](d, rpc.PipelineApplyResponse{Pipeline: "nightly", Revision: 4, Changed: true, Difference: "@@\n-b\n+a\n"})
	always[rpc.PipelineRenameRequest](d, rpc.Empty{})
	always[rpc.PipelineCloneRequest](d, rpc.PipelineApplyResponse{Pipeline: "copy", Revision: 1, Created: true})
	always[rpc.RunListRequest](d, rpc.RunListResponse{Runs: []rpc.RunSummary{run}})
	always[rpc.RunGetRequest](d, rpc.Run{RunSummary: run, Stages: []rpc.RunStage{{Name: "build", Status: "success"}}})
	always[rpc.RunCancelRequest](d, rpc.RunCancelResponse{Run: rpc.RunSummary{Name: "nightly/42"}, Steps: []string{"test/slow"}, Already: []string{"test/fast"}})
	always[rpc.PluginListRequest](d, rpc.PluginListResponse{Plugins: []rpc.Plugin{{Type: "shell", Summary: "Run a script"}}})
	acted := rpc.RunStepsResponse{Run: run, Steps: []string{"deploy/prod"}}
	always[rpc.RunPlayRequest](d, acted)
	always[rpc.RunRetryRequest](d, acted)
	always[rpc.RunUnscheduleRequest](d, acted)
	always[rpc.RunWhyRequest](d, rpc.Explanation{Subject: "nightly/42", Text: "it was played"})
	always[rpc.PipelinePauseRequest](d, rpc.PipelinePausesResponse{Pipeline: "nightly", Pauses: []rpc.Pause{{Stage: "deploy", Actor: "bob", At: now}}})
	always[rpc.PipelineResumeRequest](d, rpc.PipelinePausesResponse{Pipeline: "nightly"})
	always[resourceList](d, rpc.ResourceListResponse{Resources: []rpc.Resource{{Name: "production", Mode: "unordered"}}})
	always[rpc.ResourceModeRequest](d, rpc.Resource{Name: "production", Mode: "oldest_first"})
	key := rpc.Key{ID: "00000000000000a1", Pipeline: "nightly", Name: "ci", Form: "github", Secret: "Ab12…", CreatedAt: now}
	always[rpc.KeyCreateRequest](d, rpc.KeyCreateResponse{Key: key, Secret: "pk_x", URL: "http://127.0.0.1/x"})
	always[rpc.KeyListRequest](d, rpc.KeyListResponse{Keys: []rpc.Key{key}})
	always[rpc.KeyUpdateRequest](d, key)
	always[rpc.KeyDeleteRequest](d, key)
	always[rpc.Empty](d, rpc.Info{Version: "v9", Protocol: rpc.Version, Role: "admin"})
	always[rpc.RunLatestRequest](d, rpc.RunLatestResponse{Run: &run})
	since := time.Date(2026, 11, 21, 2, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		args string
		want string // in the text on stdout
		json any    // what the JSON is to be; nil has none
		asks any    // the last request
	}{
		{"list", "nightly", &rpc.PipelineListResponse{}, &rpc.PipelineListRequest{Limit: 1000}},
		{"show nightly", "name = \"nightly\"\x1b\n", &rpc.PipelineRevision{}, &rpc.PipelineGetRequest{Name: "nightly"}},
		{"show nightly --revision 3", "name", nil, &rpc.PipelineGetRequest{Name: "nightly", Revision: 3}},
		{"history nightly", "+1 -1", &rpc.PipelineHistoryResponse{}, &rpc.PipelineHistoryRequest{Name: "nightly", Limit: 50}},
		{"history nightly --diff", "\n-a\n+b\n", nil, &rpc.PipelineHistoryRequest{Name: "nightly", Limit: 50}},
		{"rollback nightly", "nightly: changed, revision 4", &rpc.PipelineApplyResponse{}, &rpc.PipelineRollbackRequest{Name: "nightly"}},
		{"rollback nightly 2 --dry-run", "would be changed, revision 4\n@@\n-b\n+a\n", nil, &rpc.PipelineRollbackRequest{Name: "nightly", Revision: 2, DryRun: true}},
		{"rename nightly daily", "nightly: renamed to daily", &rpc.Empty{}, &rpc.PipelineRenameRequest{Name: "nightly", To: "daily"}},
		{"clone nightly copy", "copy: created, revision 1", &rpc.PipelineApplyResponse{}, &rpc.PipelineCloneRequest{Name: "nightly", To: "copy"}},
		{"runs", "nightly/42", &rpc.RunListResponse{}, &rpc.RunListRequest{Limit: 20}},
		{"runs nightly --status failed -n 7", "nightly/42", nil, &rpc.RunListRequest{Pipeline: "nightly", Status: []string{"failed"}, Limit: 7}},
		{"runs --status failed,canceled --status skipped --source schedule,file --actor ann --name rel*", "nightly/42", nil, &rpc.RunListRequest{
			Status: []string{"failed", "canceled", "skipped"}, Source: []string{"schedule", "file"}, Actor: "ann", RunName: "rel*", Limit: 20}},
		{"runs --label team=db --input keep=7 --children --asc --since 2026-11-21T02:30:00Z", "nightly/42", nil, &rpc.RunListRequest{
			Labels: map[string]string{"team": "db"}, Inputs: map[string]string{"keep": "7"}, Children: true, Ascending: true, Since: &since, Limit: 20}},
		{"runs --order duration -n 3", "nightly/42", nil, &rpc.RunListRequest{Limit: 1000}},
		{"latest nightly --status success --label team=db", "nightly/42\n", &rpc.RunSummary{}, &rpc.RunLatestRequest{
			Pipeline: "nightly", Status: []string{"success"}, Labels: map[string]string{"team": "db"}}},
		{"status nightly/42", "build", &rpc.Run{}, &rpc.RunGetRequest{Run: "nightly/42"}},
		{"status 1007", "build", nil, &rpc.RunGetRequest{Run: "1007"}},
		{"cancel nightly/latest --force --note why", "nightly/42: asked to end", &rpc.RunCancelResponse{}, &rpc.RunCancelRequest{Run: "nightly/latest", Force: true, Note: "why"}},
		{"cancel 1007/test/slow", "nightly/42/test/slow: asked to end\nnightly/42/test/fast: over already, or asked to end before\n", nil, &rpc.RunCancelRequest{Run: "1007", Steps: []string{"test/slow"}}},
		{"play nightly/42/deploy/prod nightly/42/other --var K=a=b --yes", "nightly/42/deploy/prod: played", &rpc.RunStepsResponse{},
			&rpc.RunPlayRequest{Run: "nightly/42", Steps: []string{"deploy/prod", "other"}, Confirm: true, Variables: map[string]string{"K": "a=b"}}},
		{"play nightly/42/deploy --all --force", "played", nil, &rpc.RunPlayRequest{Run: "nightly/42", Stage: "deploy", Force: true}},
		{"play nightly/42/deploy --all --despite-freeze", "played", nil, &rpc.RunPlayRequest{Run: "nightly/42", Stage: "deploy", DespiteFreeze: true}},
		{"retry nightly/42", "nightly/42/deploy/prod: tried again", &rpc.RunStepsResponse{}, &rpc.RunRetryRequest{Run: "nightly/42"}},
		{"retry nightly/42/deploy/prod/3 --var K=V", "tried again", nil,
			&rpc.RunRetryRequest{Run: "nightly/42", Steps: []string{"deploy/prod"}, Attempt: 3, Variables: map[string]string{"K": "V"}}},
		{"retry 7/test@2 --from --despite-freeze", "tried again", nil, &rpc.RunRetryRequest{Run: "7", Steps: []string{"test@2"}, After: true, DespiteFreeze: true}},
		{"unschedule nightly/42/deploy/prod", "manual now", &rpc.RunStepsResponse{}, &rpc.RunUnscheduleRequest{Run: "nightly/42", Steps: []string{"deploy/prod"}}},
		{"why nightly/42", "it was played", &rpc.Explanation{}, &rpc.RunWhyRequest{Run: "nightly/42"}},
		{"why nightly/42/deploy/prod", "it was played", nil, &rpc.RunWhyRequest{Run: "nightly/42", Step: "deploy/prod"}},
		{"pause nightly/deploy --reason why", "nightly/deploy: paused by bob", &rpc.PipelinePausesResponse{}, &rpc.PipelinePauseRequest{Name: "nightly", Stage: "deploy", Reason: "why"}},
		{"resume nightly/deploy/prod", "nightly/deploy/prod: resumed", &rpc.PipelinePausesResponse{}, &rpc.PipelineResumeRequest{Name: "nightly", Stage: "deploy", Step: "prod"}},
		{"resource list", "production", &rpc.ResourceListResponse{}, &resourceList{}},
		{"resource mode production oldest_first", "oldest_first", &rpc.Resource{}, &rpc.ResourceModeRequest{Name: "production", Mode: "oldest_first"}},
		{"key create nightly/ci --form github --from 10.0.0.0/8", "http://127.0.0.1/x", &rpc.KeyCreateResponse{},
			&rpc.KeyCreateRequest{Pipeline: "nightly", Name: "ci", Form: "github", Addresses: []string{"10.0.0.0/8"}}},
		{"key list", "Ab12…", &rpc.KeyListResponse{}, &rpc.KeyListRequest{}},
		{"key list nightly", "Ab12…", nil, &rpc.KeyListRequest{Pipeline: "nightly"}},
		{"key update nightly/ci --rename build --from-anywhere --never-expires", "nightly/ci", &rpc.Key{},
			&rpc.KeyUpdateRequest{Pipeline: "nightly", Key: "ci", Rename: "build", AnyAddress: true, NoExpiry: true}},
		{"key delete nightly/ci", "nightly/ci: deleted", &rpc.Key{}, &rpc.KeyDeleteRequest{Pipeline: "nightly", Key: "ci"}},
		{"plugins", "Run a script", &rpc.PluginListResponse{}, &rpc.PluginListRequest{}},
		{"plugins shell", "Run a script", &rpc.PluginListResponse{}, &rpc.PluginListRequest{Type: "shell"}},
		{"ping", "admin", &rpc.Info{}, &rpc.Empty{}},
		{"version", "penstockd   v9, protocol 1", &Versions{}, &rpc.Empty{}},
	} {
		args := strings.Fields(c.args)
		d.ctl(args...).wants(t, ExitOK, c.want, "")
		if asked := d.all(); !reflect.DeepEqual(asked[len(asked)-1], c.asks) {
			t.Errorf("%s asks %+v, want %+v", c.args, asked[len(asked)-1], c.asks)
		}
		if c.json != nil {
			strictJSON(t, d.ctl(append(args, "-o", "json")...), c.json)
		}
	}
}

// strictJSON wants one line of JSON that has no other members than message.
func strictJSON(t *testing.T, r result, message any) {
	t.Helper()
	r.wants(t, ExitOK, "{", "")
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(message); err != nil || strings.Count(r.stdout, "\n") != 1 {
		t.Errorf("stdout is %q, want one line of %T: %v", r.stdout, message, err)
	}
}

func TestEmptyListsAreNotNullInJSON(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineListRequest](d, rpc.PipelineListResponse{})
	always[rpc.RunListRequest](d, rpc.RunListResponse{})
	always[rpc.PipelineHistoryRequest](d, rpc.PipelineHistoryResponse{})
	always[rpc.PluginListRequest](d, rpc.PluginListResponse{})
	always[resourceList](d, rpc.ResourceListResponse{})
	always[rpc.KeyListRequest](d, rpc.KeyListResponse{})
	for _, args := range [][]string{{"key", "list"}, {"list"}, {"runs"}, {"history", "x"}, {"plugins"}, {"resource", "list"}} {
		if r := d.ctl(append(args, "-o", "json")...); !strings.Contains(r.stdout, ":[]}") {
			t.Errorf("%v prints %q, want an empty list", args, r.stdout)
		}
	}
}

func TestListsOfNothingSaySo(t *testing.T) {
	d := newFake(t)
	always[rpc.RunListRequest](d, rpc.RunListResponse{})
	always[rpc.ScheduleHistoryRequest](d, rpc.ScheduleHistoryResponse{})
	always[rpc.BackfillListRequest](d, rpc.BackfillListResponse{})
	for args, stderr := range map[string]string{
		"runs --status failed":     "There is no such run. Start one with: penstockctl run NAME\n",
		"runs --order duration":    "There is no such run.",
		"schedule history nightly": "There is no run of the schedule nightly.\n",
		"backfill list":            "There are no backfills. See 'penstockctl backfill --help'.\n",
	} {
		d.ctl(strings.Fields(args)...).wants(t, ExitOK, "ID", stderr)
	}
}

func TestRunsAreReadPageByPage(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
		if q.Before == 0 {
			return &rpc.RunListResponse{Runs: []rpc.RunSummary{{Name: "a/2"}}, Next: 2}, nil
		}
		return &rpc.RunListResponse{Runs: []rpc.RunSummary{{Name: "a/1"}}}, nil
	})
	r := d.ctl("runs", "--all")
	r.wants(t, ExitOK, "a/2", "")
	r.wants(t, ExitOK, "a/1", "")
	if got := requests[rpc.RunListRequest](d); len(got) != 2 || got[1].Before != 2 {
		t.Errorf("asked %+v", got)
	}
	d.ctl("runs", "-n", "1", "-o", "json").wants(t, ExitOK, `"next":2`, "")
}

func TestErrorsBecomeExitCodes(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   int
		stderr string
	}{
		{&rpc.Error{Code: rpc.CodeInvalid, Message: "no"}, ExitUsage, "penstockctl: no\n"},
		{&rpc.Error{Code: rpc.CodeInvalid, Message: "no", Data: rpc.InvalidData{Problems: []rpc.Problem{{File: "f", Line: 1, Column: 2, Message: "a"}, {File: "f", Line: 3, Column: 4, Message: "b"}}}}, ExitUsage, "f:1:2: a\nf:3:4: b\n"},
		{&rpc.Error{Code: rpc.CodeNotFound, Message: "no such run\x1b]0;x\a"}, ExitNotFound, "penstockctl: no such run\n"},
		{&rpc.Error{Code: rpc.CodePermission, Message: "you may not"}, ExitPermission, "penstockctl: you may not\n"},
		{&rpc.Error{Code: rpc.CodeConflict, Message: "was changed"}, ExitRefused, "was changed"},
		{&rpc.Error{Code: rpc.CodeDiskLow, Message: "disk low"}, ExitRefused, "disk low"},
		{&rpc.Error{Code: rpc.CodeBusy, Message: "busy"}, ExitRefused, "busy"},
		{&rpc.Error{Code: rpc.CodeConfirm, Message: "a person has to confirm"}, ExitUsage, "has to confirm"},
		{&rpc.Error{Code: rpc.CodeUnavailable, Message: "stopping"}, ExitUnreachable, "stopping"},
		{&rpc.Error{Code: rpc.CodeInternal, Message: "broken"}, ExitInternal, "broken"},
	} {
		d := newFake(t)
		refuses[rpc.RunGetRequest](d, c.err)
		d.ctl("status", "a/1").wants(t, c.code, "", c.stderr)
	}
}

func TestWrongUsageExitsWithTwo(t *testing.T) {
	d := newFake(t)
	for args, stderr := range map[string]string{
		"frobnicate":                     `no command "frobnicate"`,
		"lst":                            "did you mean list or test?",
		"show":                           "Usage: penstockctl show NAME",
		"show a b":                       "show wants 1 argument",
		"show a --revision x":            `--revision "x": want a whole number`,
		"list -o xml":                    "want table or json",
		"list --frob":                    "unknown flag",
		"status nightly":                 "nightly/latest",
		"status /1":                      "names no run",
		"watch nightly/x":                "names no run",
		"cancel nightly":                 "names no run",
		"cancel a/1 a/1/b":               "as a whole and by its steps",
		"cancel a/1/b/c/2":               "names an attempt; want a step, such as a/1/b/c",
		"play a/1":                       "names no step",
		"play a/1/b --force":             "--force goes with --all",
		"play a/1/b/c --all":             "want RUN/STAGE, not a/1/b/c",
		"play a/1/b --var K":             "want KEY=VALUE",
		"play a/1/b --var =V":            "want KEY=VALUE",
		"retry a/1 --from":               "--from goes from a step on",
		"retry a/1/b/c/x":                "number from 1 for the attempt",
		"unschedule a/1":                 "names no step",
		"why a":                          "names no run",
		"why a/1/b/c/2":                  "names an attempt",
		"erase a/1":                      "names no step",
		"erase a/1/b":                    "--yes",
		"pause a/b/c/d":                  "want NAME[/STAGE[/STEP]]",
		"pause a//c":                     "want NAME[/STAGE[/STEP]]",
		"pause a --for soon":             "want a length of time",
		"pause a --for 0s":               "want a length of time",
		"pause a --until noon":           "--until",
		"pause a --for 1h --until 18:00": "want one of the two",
		"pause a --until 2020-01-01":     "is past already",
		"resume a/":                      "want NAME[/STAGE[/STEP]]",
		"resource nope":                  `no command "nope"`,
		"resource mode x":                "mode wants 2 arguments",
		"run a --input x":                "want KEY=VALUE",
		"run a --input k=1 --input k=2":  "k is given twice",
		"run a --input-file /no/such":    "no such file",
		"run a --priority high":          `--priority "high": want a whole number`,
		"run a --key=":                   "--key is empty",
		"runs -n -1":                     "want at least 1",
		"rollback a 0":                   "want a number from 1",
		"runs -n 0":                      "want at least 1",
		"logs a/1/b/c/d":                 "attempt",
		"logs a/1/b/c/1/2":               "want RUN",
		"logs a/1//c":                    "name is missing",
		"apply /does/not/exist":          "no such file",
		"validate /no/such/file":         "no such file",
		"run a --follow -o json":         "use --wait",
		"delete a":                       "--yes",
		"completion nope":                `no command "nope"`,
		"help nope":                      `no command "nope"`,
		"help resource nope":             `no command "nope"`,
		"delete a/b --yes":               "names no run",
	} {
		d.ctl(strings.Fields(args)...).wants(t, ExitUsage, "", stderr)
	}
	if asked := d.all(); len(asked) > 0 {
		t.Errorf("the daemon was asked %+v", asked)
	}
}

func TestANameThatIsRefusedIsCalledAnArgument(t *testing.T) {
	d := newFake(t)
	bad := &rpc.Error{Code: rpc.CodeInvalid, Message: "1 problem", Data: rpc.InvalidData{Problems: []rpc.Problem{
		{File: "Bad X", Line: 1, Column: 1, Path: "name", Message: `name = "Bad X" is no name`}}}}
	refuses[rpc.PipelineRenameRequest](d, bad)
	refuses[rpc.PipelineCloneRequest](d, bad)
	for _, command := range []string{"rename", "clone"} {
		d.ctl(command, "env", "Bad X").wants(t, ExitUsage, "", "penstockctl: the argument NEW-NAME: \"Bad X\" is no name\n")
	}
	refuses[rpc.PipelineRenameRequest](d, &rpc.Error{Code: rpc.CodeInvalid, Message: "1 problem", Data: rpc.InvalidData{Problems: []rpc.Problem{
		{File: "good", Line: 4, Column: 1, Path: "stage[0].step[0].uses", Message: "no plugin"}}}})
	d.ctl("rename", "env", "good").wants(t, ExitUsage, "", "good:4:1: no plugin\n")
}

func TestUnreachableDaemonExitsWithThree(t *testing.T) {
	d := newFake(t)
	d.kill()
	for _, args := range []string{"list", "run a", "run a --wait", "watch a/1", "logs a/1 -f", "ping", "ping --wait 30ms"} {
		d.ctl(strings.Fields(args)...).wants(t, ExitUnreachable, "", d.socket)
	}
	d.ctl("version").wants(t, ExitOK, "not reached", "")
}

func TestPingWaitsForTheDaemon(t *testing.T) {
	d := newFake(t)
	always[rpc.Empty](d, rpc.Info{Version: "v9"})
	d.kill()
	answered := make(chan result, 1)
	go func() { answered <- d.ctl("ping", "--wait", "1m") }()
	d.start(t)
	(<-answered).wants(t, ExitOK, "v9", "")
}

func TestSocketFlagWinsOverTheEnvironment(t *testing.T) {
	d := newFake(t)
	always[rpc.Empty](d, rpc.Info{Version: "v9"})
	r := d.ctlWith(t.Context(), "", []string{"PENSTOCK_SOCKET=/no/such/socket"}, "ping", "--socket", d.socket)
	r.wants(t, ExitOK, "v9", "")
}

func TestOtherProtocolNamesTheSideToUpgrade(t *testing.T) {
	for protocol, side := range map[int]string{rpc.Version - 1: "upgrade penstockd", rpc.Version + 1: "upgrade penstockctl"} {
		d := newFake(t)
		refuses[rpc.RunGetRequest](d, &rpc.Error{Code: rpc.CodeParams, Message: `unknown field "x"`})
		always[rpc.Empty](d, rpc.Info{Protocol: protocol})
		d.ctl("status", "a/1").wants(t, ExitInternal, "", side)
	}
}

func TestFullDiskUnderStdoutIsAnError(t *testing.T) {
	d := newFake(t)
	always[rpc.Empty](d, rpc.Info{})
	var stderr bytes.Buffer
	code := Main(t.Context(), Process{Args: []string{"ping"}, Env: []string{"PENSTOCK_SOCKET=" + d.socket}, Stdout: fails{}, Stderr: &stderr})
	if code != ExitInternal || !strings.Contains(stderr.String(), "write to standard output") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

func TestExitCodesAreDocumented(t *testing.T) {
	d := newFake(t)
	r := d.ctl("help", "exit-codes")
	for _, code := range []string{"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  ", "  7  ", "  8  ", "130  "} {
		r.wants(t, ExitOK, code, "")
	}
}

func TestCompletionProposesWhatTheDaemonHas(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineListRequest](d, rpc.PipelineListResponse{Pipelines: []rpc.Pipeline{{Name: "nightly", Description: "Dump\nit", Pauses: []rpc.Pause{{Stage: "deploy", Reason: "full"}}}}})
	always[resourceList](d, rpc.ResourceListResponse{Resources: []rpc.Resource{{Name: "production", Mode: "unordered"}}})
	always[rpc.RunListRequest](d, rpc.RunListResponse{Runs: []rpc.RunSummary{{Name: "nightly/42", Status: "failed"}}})
	always[rpc.RunGetRequest](d, rpc.Run{Stages: []rpc.RunStage{{Name: "build", Steps: []rpc.RunStep{
		{Name: "compile", Status: "success"}, {Name: "test: [linux, a/b]", Address: "test@1", Matrix: "test", Status: "manual"}}}}})
	always[rpc.PluginListRequest](d, rpc.PluginListResponse{Plugins: []rpc.Plugin{{Type: "shell"}}})
	always[rpc.PipelineGetRequest](d, rpc.PipelineRevision{Text: buildAndTest})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"show", ""}, "nightly\tDump it\n"},
		{[]string{"status", ""}, "nightly/42\tfailed\n"},
		{[]string{"delete", "nightly/"}, "nightly/latest\tthe newest run\nnightly/42\tfailed\n"},
		{[]string{"logs", "nightly/42/"}, "nightly/42/build/compile\tsuccess\nnightly/42/build/test@1\ttest: [linux, a/b], manual\n"},
		{[]string{"play", "nightly/42/a", "nightly/42/"}, "nightly/42/build/test@1\ttest: [linux, a/b], manual\n"},
		{[]string{"retry", "nightly/42/"}, "nightly/42/build/compile\tsuccess\n"},
		{[]string{"resume", ""}, "nightly/deploy\tfull\n"},
		{[]string{"pause", ""}, "nightly\tDump it\n"},
		{[]string{"pause", "pair/"}, "pair/build\ta stage\npair/build/build\ta step\npair/test\ta stage\n"},
		{[]string{"resource", "mode", ""}, "production\tunordered\n"},
		{[]string{"resource", "mode", "production", "old"}, "oldest_first\t"},
		{[]string{"plugins", ""}, "shell\n"},
		{[]string{"list", "-o", ""}, "table\njson\n"},
	} {
		d.ctl(append([]string{"__complete"}, c.args...)...).wants(t, ExitOK, c.want, "Completion ended")
	}
	d.kill()
	if r := d.ctl("__complete", "show", ""); r.code != ExitOK || strings.Contains(r.stdout, "nightly") || strings.Contains(r.stderr, "connect") {
		t.Errorf("without a daemon: %+v", r)
	}
}

func writeFile(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
