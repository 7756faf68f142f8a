package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// validator is what settings may be to have the last word about themselves.
type validator interface{ Validate() error }

// Decode decodes a JSON object into settings as Serve does: strictly, with all
// that is wrong at once, and validated. Its error is Problems.
func Decode[S any](object []byte) (S, error) {
	var settings S
	if len(bytes.TrimSpace(object)) == 0 {
		object = []byte("{}")
	}
	var value any
	in := json.NewDecoder(bytes.NewReader(object))
	in.UseNumber() // an int64 does not fit a float64
	if err := in.Decode(&value); err != nil {
		return settings, Problems{{Message: "the settings are no JSON object: " + err.Error()}}
	}
	if problems := check("", value, reflect.TypeFor[S]()); len(problems) > 0 {
		return settings, append(problems, validateRest[S](value, problems)...)
	}
	if err := json.Unmarshal(object, &settings); err != nil {
		return settings, Problems{decodeProblem(err)}
	}
	return settings, validate(&settings)
}

// validateRest is what Validate says about the settings that have none of
// problems, so that all is said at once. What it says about those that have, or
// about the whole, may only follow from them.
func validateRest[S any](value any, problems Problems) Problems {
	table, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	known := namesOf(fieldsOf(reflect.TypeFor[S]()))
	wrong, table := map[string]bool{}, maps.Clone(table)
	for _, p := range problems {
		key := root(p.Path)
		delete(table, key)
		wrong[key] = true
		wrong[nearest(key, known)] = true
	}
	var settings S
	text, err := json.Marshal(table)
	if err != nil || json.Unmarshal(text, &settings) != nil {
		return nil
	}
	rest, _ := errors.AsType[Problems](validate(&settings))
	return slices.DeleteFunc(slices.Clone(rest), func(p Problem) bool { return p.Path == "" || wrong[root(p.Path)] })
}

// root is the setting that a path begins with.
func root(path string) string {
	if quoted, err := strconv.QuotedPrefix(path); err == nil {
		key, _ := strconv.Unquote(quoted) // QuotedPrefix has seen it
		return key
	}
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// decodeProblem is for the little that check lets through.
func decodeProblem(err error) Problem {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return Problem{Path: wrong.Field, Message: fmt.Sprintf("must be %s, not %s", wrong.Type, wrong.Value)}
	}
	return Problem{Message: strings.TrimPrefix(err.Error(), "json: ")}
}

func validate(settings any) error {
	v, ok := settings.(validator)
	if !ok {
		return nil
	}
	err := v.Validate()
	if err == nil {
		return nil
	}
	if problems, ok := errors.AsType[Problems](err); ok {
		return problems.Err()
	}
	return Problems{{Message: err.Error()}}
}
