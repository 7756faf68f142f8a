package step

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

type common struct {
	Retries uint8 `json:"retries,omitempty"`
}

type example struct {
	common

	URL     string            `json:"url" jsonschema:"where to"`
	Wait    Duration          `json:"wait,omitempty"`
	Size    int64             `json:"size,omitempty"`
	Share   float32           `json:"share,omitempty"`
	On      bool              `json:"on,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Pair    [2]int            `json:"pair,omitzero"`
	Headers map[string]string `json:"headers,omitempty"`
	TLS     *struct {
		CA string `json:"ca_file"`
	} `json:"tls,omitempty"`
	Any    any       `json:"any,omitempty"`
	When   time.Time `json:"when,omitzero"`
	hidden int
}

func (e *example) Validate() error {
	if e.Size == 0 {
		e.Size = 42
	}
	var problems Problems
	if strings.HasPrefix(e.URL, "ftp:") {
		problems = append(problems, Problem{"url", "must not be ftp"})
	}
	return problems.Err()
}

func TestSettingsAreDecoded(t *testing.T) {
	got, err := Decode[example]([]byte(`{"url": "http://x", "wait": "1h30m", "retries": 255, "size": 9007199254740993,
		"share": 0.5, "on": true, "args": ["a", ""], "pair": [1, 2], "headers": {"X-A": "b"}, "tls": {"ca_file": "c"},
		"any": [1, "x"], "when": "2026-01-02T03:04:05Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Wait.Duration() != 90*time.Minute || got.Size != 9007199254740993 || got.Retries != 255 || got.TLS.CA != "c" || got.Args[1] != "" || got.When.Year() != 2026 || got.hidden != 0 {
		t.Errorf("%+v", got)
	}
	if got, err := Decode[example]([]byte(`{"url": "x"}`)); err != nil || got.Size != 42 {
		t.Errorf("validate set no default: %+v, %v", got, err)
	}
}

func TestAllThatIsWrongIsSaidAtOnceWithItsPlace(t *testing.T) {
	_, err := Decode[example]([]byte(`{
		"Url": "x", "zzzzzz": 1, "wait": 30, "size": 1.5, "retries": 256, "share": "x", "on": 1, "args": ["a", 2],
		"pair": [1], "headers": {"X A": true, "B": "ok"}, "tls": {"ca": "x"}, "when": "yesterday"}`))
	problems, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatal(err)
	}
	want := []Problem{
		{"Url", "did you mean \"url\"?"},
		{"zzzzzz", "there are: "},
		{"url", "is missing: a text is required"},
		{"wait", `such as "10s" or "1h30m", not 30`},
		{"size", "must be a whole number of 64 bits, not 1.5"},
		{"retries", "must be a whole number of 8 bits, not below 0, not 256"},
		{"share", "must be a number, not a text"},
		{"on", "must be true or false, not a number"},
		{"args[1]", "must be a text, not a number"},
		{"pair", "must have 2 elements, not 1"},
		{`headers."X A"`, "must be a text, not true or false"},
		{"tls.ca", "did you mean"},
		{"tls.ca_file", "is missing"},
		{"when", "yesterday"},
	}
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d", len(problems), len(want))
	}
	for _, w := range want {
		found := false
		for _, p := range problems {
			found = found || p.Path == w.Path && strings.Contains(p.Message, w.Message)
		}
		if !found {
			t.Errorf("nothing says %v; there is\n%v", w, problems)
		}
	}
}

func TestShapeAndValidateComeTogether(t *testing.T) {
	for text, want := range map[string]string{
		`{"url": "ftp:x", "wait": 3}`:  `wait is wrong: a duration is a text with units, such as "10s" or "1h30m", not 3; url must not be ftp`,
		`{"url": "ftp:x", "sizes": 1}`: `sizes is no setting of this step; did you mean "size"?; url must not be ftp`,
		`{"url": "ftp:x", "urls": 1}`:  `urls is no setting of this step; did you mean "url"?`,
		`{"url": 3}`:                   `url must be a text, not a number`,
		`{}`:                           `url is missing: a text is required`,
	} {
		if _, err := Decode[example]([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestSettingsThatAreNoObjectAreRefused(t *testing.T) {
	for _, text := range []string{"null", "[]", "3", `"x"`, "{", `{"url": null}`, `{"url": "ftp:x"}`} {
		if _, err := Decode[example]([]byte(text)); !errors.As(err, new(Problems)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Decode[struct{}](nil); err != nil {
		t.Errorf("no settings where none are needed: %v", err)
	}
}

func TestTheSchemaAcceptsWhatDecodeAccepts(t *testing.T) {
	text, err := schemaOf(reflect.TypeFor[example]())
	fatal(t, err)
	var schema jsonschema.Schema
	fatal(t, json.Unmarshal(text, &schema))
	resolved, err := schema.Resolve(nil)
	fatal(t, err)
	for _, settings := range []string{
		`{"url": "x"}`, `{"url": "x", "wait": "10s"}`, `{"url": "x", "wait": "1h30m", "args": []}`,
		`{}`, `{"url": "x", "wait": 10}`, `{"url": "x", "wait": "10"}`, `{"url": "x", "args": null}`,
		`{"url": "x", "nope": 1}`, `{"url": "x", "size": "1"}`, `{"url": "x", "tls": {}}`, `{"url": 1}`,
	} {
		var value any
		fatal(t, json.Unmarshal([]byte(settings), &value))
		_, decoded := Decode[example]([]byte(settings))
		if validated := resolved.Validate(value); (validated == nil) != (decoded == nil) {
			t.Errorf("%s: the schema says %v, Decode %v", settings, validated, decoded)
		}
	}
	if !strings.Contains(string(text), "where to") {
		t.Error("the jsonschema tag is no description")
	}
}

func TestAnAuthorsMistakeIsFoundAtOnce(t *testing.T) {
	if _, err := newPlugin(About{Version: "1"}, testWork); err == nil {
		t.Error("a plugin without a type")
	}
	if _, err := schemaOf(reflect.TypeFor[struct{ C chan int }]()); err == nil {
		t.Error("a channel has a schema")
	}
}
