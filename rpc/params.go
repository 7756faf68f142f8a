package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// decode reads the parameters of a method into request, a pointer to a struct.
// A member that the struct has not is refused, for an old daemon must not
// ignore what a new client asks; so are a member twice, another case, a wrong
// type and the lack of a member without omitempty. No parameters are {}.
func decode(method string, params json.RawMessage, request any) error {
	if len(params) == 0 {
		params = json.RawMessage("{}")
	}
	if params[0] != '{' {
		return Errorf(CodeParams, "%s: the parameters are an array; they must be an object", method)
	}
	known, required := members(reflect.TypeOf(request).Elem())
	given, err := memberNames(method, params, known)
	if err != nil {
		return err
	}
	for _, name := range required {
		if !slices.Contains(given, name) {
			return Errorf(CodeParams, "%s: %q is missing", method, name)
		}
	}
	return mistyped(method, reflect.TypeOf(request).Elem(), json.Unmarshal(params, request))
}

// members returns the JSON names of a flat struct's fields, and those that may
// not be left out.
func members(t reflect.Type) (known, required []string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	return known, required
}

// memberNames returns the names in an object and refuses one that is not known
// or comes again.
func memberNames(method string, object json.RawMessage, known []string) ([]string, error) {
	var names []string
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, Errorf(CodeParams, "%s: %v", method, err)
	}
	for d.More() {
		name, value, err := member(d)
		switch {
		case err != nil:
			return nil, Errorf(CodeParams, "%s: %v", method, err)
		case !slices.Contains(known, name):
			return nil, Errorf(CodeParams, "%s: unknown member %q; %s", method, clip(name), choices(known))
		case slices.Contains(names, name):
			return nil, Errorf(CodeParams, "%s: %q is given twice", method, name)
		}
		if string(value) != "null" {
			names = append(names, name)
		}
	}
	return names, nil
}

func member(d *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := d.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	return name, value, d.Decode(&value)
}

func choices(known []string) string {
	if len(known) == 0 {
		return "the method has no parameters"
	}
	return "there are " + strings.Join(known, ", ")
}

// mistyped words a type error for a reader who does not know Go.
func mistyped(method string, request reflect.Type, err error) error {
	var wrong *json.UnmarshalTypeError
	var noTime *time.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &noTime):
		return Errorf(CodeParams, "%s: %q is no time; it must be RFC 3339, such as 2026-11-21T02:30:00Z", method, clip(strings.Trim(noTime.Value, `"`)))
	case !errors.As(err, &wrong):
		return Errorf(CodeParams, "%s: %v", method, err)
	}
	name, _, _ := strings.Cut(wrong.Field, ".")
	if t := memberType(request, name); t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		return Errorf(CodeParams, "%s: %q must be %s", method, name, kind(t))
	}
	return Errorf(CodeParams, "%s: %q must be %s, not a %s", method, wrong.Field, kind(wrong.Type), wrong.Value)
}

// memberType is the type of a member of a flat struct, nil where there is none.
func memberType(t reflect.Type, name string) reflect.Type {
	for f := range t.Fields() {
		if known, _, _ := strings.Cut(f.Tag.Get("json"), ","); known == name {
			return f.Type
		}
	}
	return nil
}

func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number, 0 or more"
	case reflect.Slice:
		return "an array of strings"
	case reflect.Map:
		if t.Elem().Kind() == reflect.String {
			return "an object of strings"
		}
		return "an object"
	}
	return fmt.Sprintf("of kind %s", t.Kind())
}

// clip keeps a foreign name short enough for a message.
func clip(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
