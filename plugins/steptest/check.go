package steptest

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// check asks for the problems of settings.
func (p *process) check(settings map[string]any) []*steppb.Problem {
	p.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		p.Fatal(err)
	}
	answer, err := p.client.Check(p.context(), &steppb.CheckRequest{Settings: text})
	if err != nil {
		p.Fatalf("check %s: %v", text, err)
	}
	return answer.Problems
}

func acceptsGood(b *bench) {
	p := b.process()
	for _, settings := range []map[string]any{b.suite.Good, b.suite.Long, b.suite.Fails, b.suite.Stubborn, b.suite.Flood} {
		if settings == nil {
			continue
		}
		if problems := p.check(settings); len(problems) > 0 {
			b.Errorf("%v: refused: %v", settings, problems)
		}
	}
}

func refusesBad(b *bench) {
	p := b.process()
	schema := p.alive().SettingsSchema
	for _, settings := range b.suite.Bad {
		problems := p.check(settings)
		if len(problems) == 0 {
			b.Errorf("%v: accepted", settings)
		}
		for _, problem := range problems {
			if problem.Message == "" {
				b.Errorf("%v: a problem without message at %q", settings, problem.Path)
			}
			if !leads(problem.Path, settings, schema) {
				b.Errorf("%v: path %q leads neither into the settings nor into the schema", settings, problem.Path)
			}
		}
	}
}

// leads says whether the path's first word is a key of the settings or a
// property of the schema; "" is the whole.
func leads(path string, settings map[string]any, schema []byte) bool {
	var known struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if path == "" || json.Unmarshal(schema, &known) != nil {
		return path == ""
	}
	first := path
	if end := strings.IndexAny(path, ".["); end >= 0 {
		first = path[:end]
	}
	_, given := settings[first]
	return given || known.Properties[first] != nil
}

// refusesUnknown: a key that is spelled wrong is not left out in silence.
func refusesUnknown(b *bench) {
	settings := maps.Clone(b.suite.Good)
	settings["no_such_setting"] = true
	for _, problem := range b.process().check(settings) {
		if problem.Path == "no_such_setting" {
			return
		}
	}
	b.Error(`no problem at the path "no_such_setting"`)
}

// garbage is what no daemon sends.
var garbage = map[string]string{
	"no JSON":          "\x00\xff{",
	"null":             "null",
	"a list":           "[]",
	"a number":         "1e999",
	"a torn object":    `{"a":`,
	"deep":             strings.Repeat("[", 100_000),
	"deep in a key":    `{"a":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + "}",
	"long":             `{"a":"` + strings.Repeat("a", 2<<20) + `"}`,
	"two of one name":  `{"a":1,"a":2}`,
	"no UTF-8":         "{\"\xff\":1}",
	"text after the }": "{} {}",
}

// survivesGarbage: an error or problems, both will do; the process goes on.
func survivesGarbage(b *bench) {
	p := b.process()
	for name, text := range garbage {
		answer, err := p.client.Check(p.context(), &steppb.CheckRequest{Settings: []byte(text)})
		if err == nil && len(answer.Problems) == 0 {
			b.Errorf("%s: accepted", name)
		}
		p.alive()
	}
}

// badSettingsFail: the daemon may have checked with another version.
func badSettingsFail(b *bench) {
	p := b.process()
	for _, settings := range b.suite.Bad {
		a := b.attempt(settings)
		p.start(a).toEnd()
		if r := a.result(); r.Status != protocol.Failed || r.Message == "" {
			b.Errorf("%v: the result is %s %q, want failed and why", settings, r.Status, r.Message)
		}
	}
	p.alive()
}

func missingDirectory(b *bench) {
	p := b.process()
	for _, directory := range []string{"", b.root + "/nowhere", "relative"} {
		stream, err := p.client.Start(p.context(), &steppb.StartRequest{Attempt: "steptest/0/stage/step/1", Directory: directory})
		if err == nil {
			_, err = stream.Recv()
		}
		if err == nil {
			b.Errorf("start in %q is no error", directory)
		}
	}
	p.alive()
}
