package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
		return settings, problems
	}
	if err := json.Unmarshal(object, &settings); err != nil {
		return settings, Problems{decodeProblem(err)}
	}
	return settings, validate(&settings)
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
