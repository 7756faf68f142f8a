package step

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// schemaOf returns the JSON Schema of the settings type t: what check accepts,
// as far as a schema can say it.
func schemaOf(t reflect.Type) ([]byte, error) {
	own := map[reflect.Type]*jsonschema.Schema{}
	ownSchemas(t, own, map[reflect.Type]bool{})
	schema, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: own})
	if err != nil {
		return nil, fmt.Errorf("describe the settings: %w", err)
	}
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	return json.Marshal(withoutNull(schema))
}

// ownSchemas collects the types that decode themselves: their Go kind says
// nothing about what they take.
func ownSchemas(t reflect.Type, own map[reflect.Type]*jsonschema.Schema, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch {
	case t == reflect.TypeFor[Duration]():
		own[t] = &jsonschema.Schema{
			Type:     "string",
			Pattern:  `^[+-]?(0|([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|μs|ms|s|m|h))+$`,
			Examples: []any{"10s", "1h30m"},
		}
	case t.Kind() != reflect.Pointer && decodesItself(t) && t.PkgPath() != "time":
		own[t] = &jsonschema.Schema{}
	case t.Kind() == reflect.Struct:
		for _, f := range fieldsOf(t) {
			ownSchemas(f.kind, own, seen)
		}
	case slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map}, t.Kind()):
		ownSchemas(t.Elem(), own, seen)
	}
}

// withoutNull removes null from what a schema accepts: no pipeline file can say
// it.
func withoutNull(s *jsonschema.Schema) *jsonschema.Schema {
	if s == nil {
		return nil
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	for name, property := range s.Properties {
		s.Properties[name] = withoutNull(property)
	}
	s.Items = withoutNull(s.Items)
	s.AdditionalProperties = withoutNull(s.AdditionalProperties)
	return s
}
