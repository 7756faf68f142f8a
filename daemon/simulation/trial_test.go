package simulation

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// differences plays the tests of a file: a line for each difference.
func differences(t *testing.T, name string) (text string) {
	t.Helper()
	dir := "testdata/trials"
	tests, err := config.ParseTests(name, read(t, filepath.Join(dir, name)))
	if err != nil {
		t.Fatal(err)
	}
	source, err := config.ParsePipeline(tests.Pipeline, read(t, filepath.Join(dir, tests.Pipeline)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range tests.Tests {
		for _, d := range Test(&source.Pipeline, &tests.Tests[i]) {
			text += fmt.Sprintf("%d:%d: %s\n  want %s\n  got  %s\n", d.Line, d.Column, d.Path, d.Want, d.Got)
		}
	}
	return text
}

func TestRightExpectationsAreMet(t *testing.T) {
	for _, name := range []string{"right.test.toml", "triggers.test.toml"} {
		if text := differences(t, name); text != "" {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

func TestWrongExpectationsAreToldWithTheirPlaces(t *testing.T) {
	for _, name := range []string{"wrong", "triggers-wrong"} {
		golden := "testdata/trials/" + name + ".txt"
		got := differences(t, name+".test.toml")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := string(read(t, golden)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestAStepThatStartsARunStandsForNoneHere(t *testing.T) {
	w := begin(t, `
name = "p"
type = "dynamic"
[[stage]]
name = "s"
  [[stage.step]]
  name = "deploy"
  uses = "pipeline"
  with = { pipeline = "deploy", strategy = "mirror" }
`)
	must(t, w.Begin([]string{"deploy"}))
	w.wants(t, "deploy running")
	if got := w.State().Why(0).Release; got != "it ends by itself" {
		t.Errorf("no run is there that it could stand for: %s", got)
	}
	must(t, w.Do(config.Act{Do: "cancel"}))
	w.wants(t, "deploy canceled")
	must(t, w.Do(config.Act{Do: "retry"}))
	must(t, w.End([]string{"deploy"}, well))
	w.wants(t, "deploy success")
}

// A matrix is left out where no cell of it is in the run.
func TestAMatrixCanBeAbsent(t *testing.T) {
	source, err := config.ParsePipeline("p.toml", []byte(`
name = "p"
type = "dynamic"
[[input]]
name = "most"
[[stage]]
name = "s"
  [[stage.step]]
  name = "t"
  uses = "shell"
  matrix = [{ N = ["1", "2"] }]
  rule = [{ if = "number(matrix.N) <= number(inputs.most)" }]
  [[stage.step]]
  name = "last"
  uses = "shell"
`))
	if err != nil {
		t.Fatal(err)
	}
	tests, err := config.ParseTests("p.test.toml", []byte(`
[[test]]
name   = "none"
inputs = { most = "0" }
expect = { absent = ["t", "t@1", "t: [2]"] }
[[test]]
name   = "one"
inputs = { most = "1" }
expect = { absent = ["t", "t@1", "t@2"] }
`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Begin(&source.Pipeline, tests.Tests[0].Start)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Do(config.Act{Do: "play", Steps: []string{"t"}}); err == nil || !strings.Contains(err.Error(), "rule[0]") {
		t.Errorf("a matrix that is not in the run is played: %v", err)
	}
	for i, want := range []string{"", "it is in the run: success; it is in the run: success"} {
		var got []string
		for _, d := range Test(&source.Pipeline, &tests.Tests[i]) {
			got = append(got, d.Got)
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s: %q, want %q", tests.Tests[i].Name, text, want)
		}
	}
}
