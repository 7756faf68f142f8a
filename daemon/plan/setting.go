package plan

import (
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
)

// settings evaluates the templates in a step's settings. Those that are late
// stay in their places, and are listed by their RFC 6901 pointers.
func (r *resolver) settings(definition *config.Step, at *place) (map[string]any, map[string]string) {
	w := walk{resolver: r, place: at}
	with := definition.With
	if with == nil {
		return nil, nil
	}
	filled := make(map[string]any, len(with))
	for key, v := range with {
		if definition.Literal(key) {
			filled[key] = v
			w.weighText(v)
			continue
		}
		filled[key] = w.value("/"+escape(key), v)
	}
	return filled, w.late
}

// walk goes through settings.
type walk struct {
	*resolver
	place *place
	late  map[string]string
}

// value is v with its templates evaluated.
func (w *walk) value(pointer string, v any) any {
	switch v := v.(type) {
	case string:
		return w.text(pointer, v)
	case map[string]any:
		filled := make(map[string]any, len(v))
		for key, item := range v {
			filled[key] = w.value(pointer+"/"+escape(key), item)
		}
		return filled
	case []any:
		filled := make([]any, len(v))
		for i, item := range v {
			filled[i] = w.value(pointer+"/"+strconv.Itoa(i), item)
		}
		return filled
	}
	return v
}

func (w *walk) text(pointer, text string) any {
	value, late := w.resolver.value("with"+strings.ReplaceAll(pointer, "/", "."), text, w.place)
	if late {
		put(&w.late, pointer, text)
		value = text
	}
	w.weighText(value)
	return value
}

// weighText counts a value; one that is no text is a script of several lines,
// or came out of one placeholder.
func (w *walk) weighText(v any) {
	if s, ok := v.(string); ok {
		w.weigh(len(s))
		return
	}
	w.weigh(len(expression.Text(v)))
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

func escape(key string) string { return escaper.Replace(key) }
