package expression_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config/expression"
)

const push = `{
	"ref": "refs/heads/main", "deleted": false, "size": 2, "base": null,
	"commits": [{"id": "a1", "files": ["x", "y"]}, {"id": "b2"}],
	"head-commit": {"id": "b2"}, "odd key": {"1": true}
}`

// heard are values of everything that a trigger can hear of.
func heard(t *testing.T) expression.Values {
	t.Helper()
	payload, err := expression.ParsePayload(push)
	if err != nil {
		t.Fatal(err)
	}
	return expression.Values{
		Pipeline: "deploy", Revision: 3,
		Trigger: expression.Trigger{Name: "evening", ScheduledAt: "2026-11-20T02:30:00+01:00"},
		Upstream: expression.Upstream{
			Pipeline: "build", Run: "build/7", Status: "success", Outputs: map[string]map[string]string{"pack": {"version": "1.4"}, "test@2": {"time": "3"}},
		},
		File:    expression.File{Path: "/var/spool/in/a.csv", Name: "a.csv", Size: 1 << 33},
		Payload: payload,
	}
}

func TestTriggersSeeWhatTheyHeardOf(t *testing.T) {
	tests := []struct {
		place    expression.Place
		template string
		want     any
	}{
		{expression.InSchedule, "{{ trigger.name }} {{ trigger.scheduled_at }}", "evening 2026-11-20T02:30:00+01:00"},
		{expression.InSchedule, "{{ pipeline.name }}/{{ pipeline.revision }}", "deploy/3"},
		{expression.InAfter, "{{ upstream.pipeline }} {{ upstream.run }} {{ upstream.status }}", "build build/7 success"},
		{expression.InAfter, "{{ upstream.outputs.pack.version }}", "1.4"},
		{expression.InAfter, `{{ upstream.outputs["test@2"].time }}`, "3"},
		{expression.InAfter, "{{ upstream.outputs.pack.none ?? 'none' }}", "none"},
		{expression.InAfter, "{{ upstream.outputs.pack.version ?? 'none' }}", "1.4"},
		{expression.InFiles, "{{ file.path }} {{ file.name }}", "/var/spool/in/a.csv a.csv"},
		{expression.InFiles, "{{ file.size }}", float64(1 << 33)},
		{expression.InKey, "{{ payload.ref }}", "refs/heads/main"},
		{expression.InKey, "{{ payload.ref startsWith 'refs/heads/' }}", true},
		{expression.InKey, "{{ replace(payload.ref, 'refs/heads/', '') }}", "main"},
		{expression.InKey, "{{ payload.deleted ? 'gone' : 'there' }}", "there"},
		{expression.InKey, "{{ payload.size + 1 }}", 3.0},
		{expression.InKey, "{{ len(payload.commits) }}", 2.0},
		{expression.InKey, "{{ payload.commits[0].id }}", "a1"},
		{expression.InKey, "{{ payload.commits[-1].id }}", "b2"},
		{expression.InKey, "{{ payload.commits[0].files[1:][0] }}", "y"},
		{expression.InKey, "{{ payload.commits[0].files }}", []any{"x", "y"}},
		{expression.InKey, "{{ payload.head-commit.id }}", "b2"},
		{expression.InKey, `{{ payload["odd key"]["1"] }}`, true},
		{expression.InKey, "{{ payload?.commits?.[1]?.id }}", "b2"},
		{expression.InKey, "{{ payload.none.at.all ?? 'd' }}", "d"},
		{expression.InKey, "{{ payload.base ?? 'd' }}", "d"},
		{expression.InKey, "{{ payload.base == nil }}", true},
		{expression.InKey, "{{ payload.ref ?? 'd' }}", "refs/heads/main"},
		{expression.InKey, "{{ payload.commits[7] ?? payload.commits[0].id ?? 'd' }}", "a1"},
		{expression.InKey, "{{ len(toJSON(payload)) > 10 }}", true},
		{expression.InKey, "{{ payload ?? 'd' }}", mustPayload(push)},
	}
	for _, tt := range tests {
		template, err := expression.ParseTemplate(tt.template, expression.Scope{Place: tt.place})
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		if got, err := template.Evaluate(heard(t)); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.template, got, err, tt.want)
		}
	}
}

func mustPayload(text string) any {
	payload, err := expression.ParsePayload(text)
	if err != nil {
		panic(err)
	}
	return payload
}

func TestWhatAPayloadLacksIsNamed(t *testing.T) {
	tests := []struct {
		template string
		offset   int
		want     string
	}{
		{"a {{ payload.none }}", 5, "payload.none is missing: payload has no such member; ?? gives it a default"},
		{"{{ payload.commits[2].id }}", 3, "payload.commits[2] is missing: payload.commits has 2 elements; ?? gives it a default"},
		{"{{ payload.commits[-3] }}", 3, "payload.commits[-3] is missing: payload.commits has 2 elements; ?? gives it a default"},
		{"{{ payload.commits.id }}", 3, "payload.commits.id is missing: payload.commits is an array, whose elements have numbers: [0], [-1]; ?? gives it a default"},
		{"{{ payload[0] }}", 3, "payload[0] is missing: payload is an object, whose members have names; ?? gives it a default"},
		{"{{ payload.ref.name }}", 3, "payload.ref.name is missing: payload.ref is a string; ?? gives it a default"},
		{`{{ payload["odd key"].x }}`, 3, `payload["odd key"].x is missing: payload["odd key"] has no such member; ?? gives it a default`},
		{"{{ payload.base.ref }}", 3, "payload.base.ref is missing: payload.base is null; ?? gives it a default"},
		{"{{ payload.base }}", 2, "the expression has no value (nil); write VALUE ?? DEFAULT"},
		{"{{ payload.size startsWith 'x' }}", 16, "a string is wanted, not a number"},
		{"{{ payload.size ? 1 : 2 }}", 23, "a boolean is wanted, not a number"},
	}
	for _, tt := range tests {
		template, err := expression.ParseTemplate(tt.template, expression.Scope{Place: expression.InKey})
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		_, err = template.Evaluate(heard(t))
		checkError(t, tt.template, err, tt.offset, tt.want)
	}
}

func checkError(t *testing.T, template string, err error, offset int, want string) {
	t.Helper()
	e, ok := err.(*expression.Error)
	if !ok || e.Message != want || e.Offset != offset {
		t.Errorf("%s: got %#v, want %q at %d", template, err, want, offset)
	}
}

func TestAMissingOutputOfTheUpstreamRunIsNamed(t *testing.T) {
	template, err := expression.ParseTemplate(`{{ upstream.outputs["test@2"].none }}`, expression.Scope{Place: expression.InAfter})
	if err != nil {
		t.Fatal(err)
	}
	_, err = template.Evaluate(heard(t))
	checkError(t, "test@2", err, 30, `upstream.outputs["test@2"].none is missing: that run has no such output; ?? gives it a default`)
}

func TestEachPlaceHasItsRoots(t *testing.T) {
	unknown := func(root string) string { return "a trigger does not know " + root + ": there is no run yet" }
	only := func(root, key string) string {
		return root + " is known only in the inputs and variables of a trigger with " + key
	}
	tests := []struct {
		place  expression.Place
		source string
		want   string
	}{
		{expression.InSchedule, "payload.x", only("payload", "key")},
		{expression.InSchedule, "payload", only("payload", "key")},
		{expression.InAfter, "file.path", only("file", "files")},
		{expression.InKey, "upstream.run", only("upstream", "after")},
		{expression.InKey, "upstream.outputs.a.b", only("upstream", "after")},
		{expression.InRun, "payload.x.y", only("payload", "key")},
		{expression.InRun, "1 + payload", only("payload", "key")},
		{expression.InRun, "payload.x", only("payload", "key")},
		{expression.InKey, "run.id", unknown("run")},
		{expression.InKey, "inputs.keep", unknown("inputs")},
		{expression.InKey, "vars.A", unknown("vars")},
		{expression.InKey, "matrix.A", unknown("matrix")},
		{expression.InKey, "steps.a.outputs.b", unknown("steps")},
		{expression.InAfter, "upstream.jobs", "upstream has no jobs; known are outputs, pipeline, run, status"},
		{expression.InAfter, "upstream.stauts", "upstream has no stauts; did you mean status?"},
		{expression.InAfter, "upstream", "upstream is no value: write upstream.NAME"},
		{expression.InFiles, "file.dir", "file has no dir; known are name, path, size"},
		{expression.InKey, "payload[trigger.name]", "a name after payload is fixed: what an expression reads must be known without evaluating it"},
	}
	for _, tt := range tests {
		_, err := expression.ParseTemplate("{{ "+tt.source+" }}", expression.Scope{Place: tt.place})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s in %d: got %v, want %s", tt.source, tt.place, err, tt.want)
		}
	}
}

// A pipeline may have had an input of that name before triggers had words.
func TestWordsOfTriggersStayNamesOfInputsInARun(t *testing.T) {
	s := expression.Scope{Inputs: map[string]expression.Type{"file": expression.String, "payload": expression.String}}
	v := expression.Values{Inputs: map[string]any{"file": "f", "payload": "p"}}
	template, err := expression.ParseTemplate("{{ file }}{{ inputs.payload }}{{ payload }}", s)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := template.Evaluate(v); err != nil || got != "fpp" {
		t.Errorf("got %v, %v", got, err)
	}
}

// Whatever shape a payload has, a way through it that exists leads to what a
// plain walk finds, and one that does not gives the default.
func TestEveryWayThroughAPayloadIsFoundOrDefaults(t *testing.T) {
	keys := []string{"a", "b-c", "d e", "1", "", "é"}
	var value func(t *rapid.T, depth int) any
	value = func(t *rapid.T, depth int) any {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth == 0 {
			kind = rapid.IntRange(2, 5).Draw(t, "leaf")
		}
		switch kind {
		case 0:
			all := map[string]any{}
			for _, k := range keys {
				if rapid.Bool().Draw(t, "has") {
					all[k] = value(t, depth-1)
				}
			}
			return all
		case 1:
			return []any{value(t, depth-1), value(t, depth-1)}
		case 2:
			return rapid.StringN(0, 5, -1).Draw(t, "text")
		case 3:
			return float64(rapid.IntRange(-5, 5).Draw(t, "number"))
		case 4:
			return rapid.Bool().Draw(t, "boolean")
		}
		return nil
	}
	rapid.Check(t, func(t *rapid.T) {
		root := map[string]any{"root": value(t, 3)}
		source, found := "payload.root", root["root"]
		for there := true; there && rapid.Bool().Draw(t, "further"); {
			if rapid.Bool().Draw(t, "named") {
				k := rapid.SampledFrom(keys).Draw(t, "key")
				text, _ := json.Marshal(k)
				source += "[" + string(text) + "]"
				inner, ok := found.(map[string]any)
				found, there = inner[k], ok
			} else {
				i := rapid.IntRange(-3, 2).Draw(t, "place")
				source += fmt.Sprintf("[%d]", i)
				inner, ok := found.([]any)
				if i < 0 {
					i += len(inner)
				}
				if there = ok && i >= 0 && i < len(inner); there {
					found = inner[i]
				} else {
					found = nil
				}
			}
		}
		if found == nil {
			found = "DEFAULT"
		}
		template, err := expression.ParseTemplate("{{ "+source+" ?? 'DEFAULT' }}", expression.Scope{Place: expression.InKey})
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if got, err := template.Evaluate(expression.Values{Payload: root}); err != nil || !reflect.DeepEqual(got, found) {
			t.Fatalf("%s of %v: got %v, %v, want %v", source, root, got, err, found)
		}
	})
}

func TestWhatIsNoJSONIsNoPayload(t *testing.T) {
	if _, err := expression.ParsePayload("a=b&c=d"); err == nil || !strings.HasPrefix(err.Error(), "the payload is no JSON: ") {
		t.Errorf("got %v", err)
	}
}
