package settings

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/penstock/penstock/config"
)

func TestPluginsCheckSamplesOfWhatPlaceholdersBecome(t *testing.T) {
	source, err := config.ParsePipeline("p.toml", []byte(`
name = "p"
type = "dynamic"
variables = { HOST = "db" }
input = [
  { name = "days", type = "number", default = 7 },
  { name = "env", options = ["dev", "prod"] },
  { name = "dry", type = "boolean" },
  { name = "hosts", type = "array" },
  { name = "count", type = "number" },
]
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "x"
[[stage.step]]
name = "b"
uses = "x"
matrix = { OS = ["linux"] }
[stage.step.with]
fixed  = [1, "text"]
days   = "{{ days }}"
count  = "{{ inputs.count }}"
dry    = "{{ inputs.dry }}"
hosts  = "{{ inputs.hosts }}"
list   = [{ "a.b" = "{{ inputs.env }}" }]
url    = "https://{{ vars.HOST }}/{{ run.number }}"
output = "{{ steps.a.outputs.tag }}"
axis   = "on {{ matrix.OS }}"
script = "docker ps --format '{{.Names}}'"
`))
	if err != nil {
		t.Fatal(err)
	}
	p := &source.Pipeline
	with, guessed := sample(p, &p.Stages[0], &p.Stages[0].Steps[1])
	want := map[string]any{
		"fixed": []any{int64(1), "text"}, "days": 7.0, "count": 1.0, "dry": true, "hosts": []any{}, "list": []any{map[string]any{"a.b": "dev"}},
		"url": "https://db/0", "output": "x", "axis": "x", "script": "docker ps --format '{{.Names}}'",
	}
	if !reflect.DeepEqual(with, want) {
		t.Errorf("got  %#v\nwant %#v", with, want)
	}
	paths := []string{"axis", "count", "days", "dry", "hosts", `list[0]."a.b"`, "output", "url"}
	if got := slices.Sorted(maps.Keys(guessed)); !slices.Equal(got, paths) {
		t.Errorf("guessed %q", got)
	}
	for path, want := range map[string]bool{
		"url": true, "url.host": true, "url[2].x": true, `list[0]."a.b"`: true, `list[0]."a.b".c`: true,
		"": false, "list": false, "list[0]": false, "urls": false, "fixed[0]": false, `list[0]."a.c"`: false,
	} {
		if isGuessed(guessed, path) != want {
			t.Errorf("%q is guessed: %v", path, !want)
		}
	}
}
