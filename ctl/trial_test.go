package ctl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

const pairTests = `[[test]]
name   = "all is well"
expect = { run = "success" }

[[test]]
name   = "it fails"

  [test.expect]
  run   = "failed"
  steps = { build = "failed" }
`

// tested is a directory with a pipeline, its tests, and tests of it that have
// another name.
func tested(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pair.toml": buildAndTest, "pair.test.toml": pairTests, "notes.txt": "",
		"more.test.toml": "pipeline = \"pair.toml\"\n[[test]]\nname = \"more\"\nexpect = { run = \"success\" }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// succeeds plays tests of runs that always succeed.
func succeeds(p *config.Pipeline, test *config.Test) (found []config.Difference) {
	e := &test.Expect
	if e.Run != "success" {
		found = append(found, e.Difference(e.Run, "success", "run"))
	}
	for step, want := range e.Steps {
		found = append(found, e.Difference(want, "success of "+p.Name, "steps", step))
	}
	return found
}

func trial(args ...string) result {
	return without(Process{Test: succeeds}, "", append([]string{"test"}, args...)...)
}

func TestTestsShowWhatWasWantedAndWhatCame(t *testing.T) {
	dir := tested(t)
	file := filepath.Join(dir, "pair.test.toml")
	for _, name := range []string{"pair.toml", "pair.test.toml"} {
		r := trial(filepath.Join(dir, name))
		r.wants(t, ExitRun, "passed  "+file+": all is well\nFAILED  "+file+":5: it fails\n"+
			"        "+file+":9:3: run\n          want failed\n          got  success\n"+
			"        "+file+":10:13: steps.build\n          want failed\n          got  success of pair\n1 passed, 1 failed in ", "")
	}
}

func TestTestsAreChosenByDirectoryAndName(t *testing.T) {
	dir := tested(t)
	trial(dir, filepath.Join(dir, "more.test.toml")).wants(t, ExitRun, "2 passed, 1 failed in", "")
	trial(dir, "--run", "^(all|more)").wants(t, ExitOK, "2 passed in", "")
	trial(dir, "--run", "nothing").wants(t, ExitUsage, "0 passed", `no test of `+dir+` fits --run "nothing"`)
}

func TestTheReportOfTestsIsOneObject(t *testing.T) {
	r := trial(tested(t), "-o", "json")
	var report render.TestReport
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil || strings.Count(r.stdout, "\n") != 1 || r.code != ExitRun || r.stderr != "" {
		t.Fatalf("%v of %+v", err, r)
	}
	failed := report.Tests[2]
	want := render.TestDifference{Line: 10, Column: 13, Path: "steps.build", Want: "failed", Got: "success of pair"}
	if report.Passed != 2 || report.Failed != 1 || report.Seconds <= 0 || failed.Line != 5 || failed.Name != "it fails" ||
		failed.Pipeline != "pair" || failed.Passed || failed.Differences[1] != want {
		t.Errorf("got %s", r.stdout)
	}
	if !strings.Contains(r.stdout, `"differences":[]`) {
		t.Errorf("a test that passes has no empty list: %s", r.stdout)
	}
}

func TestTestsRefuseWrongFilesBeforeTheFirstTest(t *testing.T) {
	dir := tested(t)
	lone := writeFile(t, "lone.test.toml", pairTests)
	misspelt := writeFile(t, "misspelt.test.toml",
		"pipeline = \""+filepath.Join(dir, "pair.toml")+"\"\n[[test]]\nname = \"t\"\nexpect = { steps = { biuld = \"success\" } }\n")
	for _, c := range []struct {
		args   []string
		stderr string
	}{
		{[]string{"/no/where"}, "no such file"},
		{[]string{t.TempDir()}, "there is no file *.test.toml"},
		{[]string{writeFile(t, "p.toml", buildAndTest)}, "p.toml has no tests"},
		{[]string{dir, lone}, "the pipeline of " + lone + ": open " + strings.TrimSuffix(lone, ".test.toml") + ".toml"},
		{[]string{dir, writeFile(t, "x.test.toml", "test = 1")}, "x.test.toml:1:1: test must be an array of tables"},
		{[]string{dir, misspelt}, misspelt + `:4:22: the pipeline has no step "biuld"; did you mean "build"?`},
		{[]string{dir, "--run", "("}, "--run"},
	} {
		trial(c.args...).wants(t, ExitUsage, "", c.stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "pair.toml"), []byte("name = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	trial(dir).wants(t, ExitUsage, "", filepath.Join(dir, "pair.toml")+":1:1: name must be a string")
}

func TestTestsAreNotAppliedButChecked(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineApplyRequest](d, rpc.PipelineApplyResponse{Pipeline: "pair", Revision: 1, Created: true})
	dir := tested(t)
	pipeline, tests := filepath.Join(dir, "pair.toml"), filepath.Join(dir, "pair.test.toml")
	d.ctl("apply", pipeline, tests).wants(t, ExitOK, "pair: created, revision 1", tests+": tests are not applied\n")
	if asked := requests[rpc.PipelineApplyRequest](d); len(asked) != 2 || asked[1].Text != buildAndTest {
		t.Errorf("the daemon was asked %+v", asked)
	}
	d.ctl("apply", tests).wants(t, ExitUsage, "", "these are tests of pipelines")
	d.ctl("validate", pipeline, tests).wants(t, ExitOK, "pipeline pair is well-formed\n"+tests+": its tests (2) are well-formed\n", "")
	d.ctl("validate", writeFile(t, "x.test.toml", "test = 1")).wants(t, ExitUsage, "", "x.test.toml:1:1: test must be an array of tables")
}
