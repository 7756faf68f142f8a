package step

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// check says all that keeps value, as decoded from JSON with numbers kept as
// json.Number, from being a t.
func check(path string, value any, t reflect.Type) Problems {
	switch {
	case t.Kind() == reflect.Pointer:
		return check(path, value, t.Elem())
	case decodesItself(t):
		return checkOwn(path, value, t)
	case t.Kind() == reflect.Interface:
		return nil
	case value == nil:
		return Problems{{path, "must be " + want(t) + ", not null"}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkStruct(path, value, t)
	case reflect.Map:
		return checkMap(path, value, t)
	case reflect.Slice, reflect.Array:
		return checkList(path, value, t)
	}
	return checkScalar(path, value, t)
}

// decodesItself says whether t reads JSON in its own way.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func checkOwn(path string, value any, t reflect.Type) Problems {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(t).Interface())
	}
	if err != nil {
		return Problems{{path, "is wrong: " + strings.TrimPrefix(err.Error(), "json: ")}}
	}
	return nil
}

func checkStruct(path string, value any, t reflect.Type) Problems {
	table, ok := value.(map[string]any)
	if !ok {
		return mismatch(path, value, t)
	}
	var problems Problems
	fields := fieldsOf(t)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == key }) {
			problems = append(problems, Problem{join(path, key), unknown(key, fields)})
		}
	}
	for _, f := range fields {
		inner, ok := table[f.name]
		switch {
		case ok:
			problems = append(problems, check(join(path, f.name), inner, f.kind)...)
		case f.required:
			problems = append(problems, Problem{join(path, f.name), "is missing: " + want(f.kind) + " is required"})
		}
	}
	return problems
}

func checkMap(path string, value any, t reflect.Type) Problems {
	table, ok := value.(map[string]any)
	if !ok {
		return mismatch(path, value, t)
	}
	var problems Problems
	for _, key := range slices.Sorted(maps.Keys(table)) {
		problems = append(problems, check(join(path, key), table[key], t.Elem())...)
	}
	return problems
}

func checkList(path string, value any, t reflect.Type) Problems {
	list, ok := value.([]any)
	if !ok {
		return mismatch(path, value, t)
	}
	if t.Kind() == reflect.Array && len(list) != t.Len() {
		return Problems{{path, fmt.Sprintf("must have %d elements, not %d", t.Len(), len(list))}}
	}
	var problems Problems
	for i, inner := range list {
		problems = append(problems, check(fmt.Sprintf("%s[%d]", path, i), inner, t.Elem())...)
	}
	return problems
}

func checkScalar(path string, value any, t reflect.Type) Problems {
	zero := reflect.New(t).Elem()
	fits := false
	switch v := value.(type) {
	case string:
		fits = t.Kind() == reflect.String
	case bool:
		fits = t.Kind() == reflect.Bool
	case json.Number:
		switch {
		case zero.CanInt():
			n, err := strconv.ParseInt(v.String(), 10, 64)
			fits = err == nil && !zero.OverflowInt(n)
		case zero.CanUint():
			n, err := strconv.ParseUint(v.String(), 10, 64)
			fits = err == nil && !zero.OverflowUint(n)
		case zero.CanFloat():
			n, err := v.Float64()
			fits = err == nil && !zero.OverflowFloat(n)
		}
		if !fits && t.Kind() != reflect.String && t.Kind() != reflect.Bool {
			return Problems{{path, fmt.Sprintf("must be %s, not %s", want(t), v)}}
		}
	}
	if !fits {
		return mismatch(path, value, t)
	}
	return nil
}

func mismatch(path string, value any, t reflect.Type) Problems {
	return Problems{{path, fmt.Sprintf("must be %s, not %s", want(t), kind(value))}}
}

// want names what t takes, in the words of a pipeline file.
func want(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Pointer:
		return want(t.Elem())
	case t == reflect.TypeFor[Duration]():
		return "a duration"
	case decodesItself(t):
		return "a value"
	}
	zero := reflect.New(t).Elem()
	switch {
	case zero.CanInt():
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case zero.CanUint():
		return fmt.Sprintf("a whole number of %d bits, not below 0", t.Bits())
	case zero.CanFloat():
		return "a number"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a table"
	}
	return "a value"
}

func kind(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "null"
}

// join appends a key to a path into the settings.
func join(path, key string) string {
	plain := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if !plain {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
