package rpc

import (
	"reflect"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// shapes are the JSON Schemas of what encoding/json makes of messages, one for
// each struct, so that a message that others hold is described once.
type shapes struct {
	said *vocabulary
	all  map[string]*jsonschema.Schema // by the names of the structs
}

// refer is a reference to the schema of a struct, which is made where it is not
// there yet.
func (s *shapes) refer(t reflect.Type) (*jsonschema.Schema, error) {
	if _, known := s.all[t.Name()]; !known {
		s.all[t.Name()] = nil // it may hold itself
		made, err := s.of(t)
		if err != nil {
			return nil, err
		}
		made.Description = s.said.ofType(t)
		s.all[t.Name()] = lenient(made)
	}
	return refer(t), nil
}

func refer(t reflect.Type) *jsonschema.Schema {
	return &jsonschema.Schema{Ref: "#/components/schemas/" + t.Name()}
}

// of is the schema of a struct, which refers to those of the structs that it
// holds.
func (s *shapes) of(t reflect.Type) (*jsonschema.Schema, error) {
	known := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte]():    {Types: []string{"null", "string"}, ContentEncoding: "base64"},
		reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
		reflect.TypeFor[Causes]():    {Types: []string{"null", "array"}, Items: refer(reflect.TypeFor[Explanation]())},
	}
	for _, held := range messagesIn(t) {
		known[held] = refer(held)
		if _, err := s.refer(held); err != nil {
			return nil, err
		}
	}
	made, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		return nil, err
	}
	for _, f := range reflect.VisibleFields(t) {
		if p := made.Properties[memberOf(t, f.Name)]; p != nil {
			orNull(p)
			p.Description = s.said.ofField(declaring(t, f.Index), f.Name)
		}
	}
	return made, nil
}

// messagesIn are the structs of this package that a struct has fields of, but
// for itself and those that are embedded.
func messagesIn(t reflect.Type) (found []reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		of := f.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if !f.Anonymous && of.Kind() == reflect.Struct && of.PkgPath() == t.PkgPath() && of != t && !slices.Contains(found, of) {
			found = append(found, of)
		}
	}
	return found
}

// declaring is the struct in which the field at an index of t is declared: t,
// or one that is embedded in it.
func declaring(t reflect.Type, index []int) reflect.Type {
	for _, i := range index[:len(index)-1] {
		t = t.Field(i).Type
	}
	return t
}

// orNull mends what becomes of a pointer to a struct: beside a reference the
// type null would allow nothing else.
func orNull(p *jsonschema.Schema) {
	if p.Ref != "" && slices.Equal(p.Types, []string{"null"}) {
		p.AnyOf = []*jsonschema.Schema{{Ref: p.Ref}, {Type: "null"}}
		p.Ref, p.Types = "", nil
	}
}

// lenient lets an answer have members that the schema has not: a newer daemon
// may say more.
func lenient(s *jsonschema.Schema) *jsonschema.Schema {
	if more := s.AdditionalProperties; more != nil && more.Not != nil { // JSON Schema's false
		s.AdditionalProperties = nil
	}
	return s
}
