package config

import (
	"cmp"
	"encoding/json"
	"math"
	"path"

	"github.com/penstock/penstock/config/expression"
)

// heard reads what the trigger of a test heard of.
func (t table) heard() (h Heard) {
	for _, key := range []string{"upstream", "file"} {
		if t.has(key) && !t.has("trigger") {
			t.report(t.key(key), `%s is what a trigger heard of: name it with trigger = "…"`, key)
		}
	}
	t.each(upstreamKind, "upstream", func(t table) { h.Upstream = t.upstream() })
	h.File = t.arrived()
	h.Payload = t.payload()
	return h
}

func (t table) upstream() (u expression.Upstream) {
	t.setText("pipeline", &u.Pipeline)
	t.setText("run", &u.Run)
	u.Status = cmp.Or(t.word("status", endings), "success")
	if outputs, ok := t.sub("outputs"); ok {
		u.Outputs = map[string]map[string]string{}
		for _, step := range sortedKeys(outputs.values) {
			u.Outputs[step] = outputs.texts(step)
		}
	}
	return u
}

// arrived reads a file that appeared: its path, or a table with its size.
func (t table) arrived() (f expression.File) {
	if _, isText := t.values["file"].(string); isText {
		f.Path = t.absolute(t.key("file"), "file", t.values["file"].(string))
	} else {
		t.each(fileKind, "file", func(t table) {
			if s, ok := t.text("path"); ok {
				f.Path = t.absolute(t.key("path"), "path", s)
			} else if !t.has("path") {
				t.missing("path", "it says which file appeared")
			}
			f.Size, _ = t.integer("size", 0, math.MaxInt64)
		})
	}
	if f.Path != "" {
		f.Name = path.Base(f.Path)
	}
	return f
}

// payload reads what a caller sent: a text as it is, any other value as JSON.
func (t table) payload() string {
	v, there := t.values["payload"]
	if !there {
		return ""
	}
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(t.asJSON(t.key("payload"), v))
	if err != nil {
		t.report(t.key("payload"), "payload is nothing that JSON can carry: %v", err)
	}
	return string(text)
}
