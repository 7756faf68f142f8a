package config

import "testing"

const namedPipeline = `
name = "p"
[[stage]]
name = "build"
step = [
  { name = "plain", uses = "x" },
  { name = "grid", uses = "x", matrix = [{ OS = ["linux", "bsd"] }] },
  { name = "copies", uses = "x", parallel = 2 },
]
`

// checked is what is wrong with the names in a test.
func checked(t *testing.T, test string) string {
	t.Helper()
	source, err := ParsePipeline("p.toml", []byte(namedPipeline))
	if err != nil {
		t.Fatal(err)
	}
	tests, err := ParseTests("p.test.toml", []byte(test))
	if err != nil {
		t.Fatal(err)
	}
	if err := tests.Check(&source.Pipeline); err != nil {
		return err.Error()
	}
	return ""
}

func TestNamesOfCellsAreNamesOfSteps(t *testing.T) {
	for name, known := range map[string]bool{
		"plain": true, "grid": true, "grid: [linux]": true, "grid@2": true, "copies 2/2": true, "copies@1": true,
		"plan": false, "plain@1": false, "grid: [mac]": false, "grid@3": false, "grid@0": false, "grid@": false, "grid@x": false,
		"copies 3/2": false, "copies 1": false, "gridx": false, "": false, "build": false,
	} {
		got := checked(t, "[[test]]\nname = \"t\"\nexpect = { absent = ["+quote(name)+"] }\n")
		if (got == "") != known {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func TestEveryNameOfATestIsChecked(t *testing.T) {
	got := checked(t, `[[test]]
name = "t"
step = [{ name = "plian", attempts = ["success"] }]

  [[test.event]]
  cancel = ["plain", "b"]

  [[test.event]]
  retry  = true
  expect = { steps = { c = "success" } }

  [test.expect]
  absent   = ["plain", "d"]
  order    = ["plain", ["grid", "e"]]
  stages   = { build = "success", biuld = "success" }
  steps    = { f = "success", "grid: [bsd]" = "failed" }
  reasons  = { g = "lost" }
  attempts = { h = 1, plain = 1 }
  with     = { i = { a = 1 } }

    [test.expect.environment]
    j = { A = "" }
`)
	want := `p.test.toml:3:11: the pipeline has no step "plian"; did you mean "plain"?
p.test.toml:6:22: the pipeline has no step "b"
p.test.toml:10:24: the pipeline has no step "c"
p.test.toml:13:24: the pipeline has no step "d"
p.test.toml:14:33: the pipeline has no step "e"
p.test.toml:15:35: the pipeline has no stage "biuld"; did you mean "build"?
p.test.toml:16:16: the pipeline has no step "f"
p.test.toml:17:16: the pipeline has no step "g"
p.test.toml:18:16: the pipeline has no step "h"
p.test.toml:19:16: the pipeline has no step "i"
p.test.toml:22:5: the pipeline has no step "j"`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
