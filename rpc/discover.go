package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// document is an OpenRPC 1.3 document (spec.open-rpc.org), as much of one as
// the table of methods can fill.
type document struct {
	OpenRPC    string       `json:"openrpc"`
	Info       documentInfo `json:"info"`
	Methods    []operation  `json:"methods"`
	Components components   `json:"components"`
}

type documentInfo struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version"`
}

type operation struct {
	Name           string       `json:"name"`
	Summary        string       `json:"summary"`
	ParamStructure string       `json:"paramStructure"`
	Params         []descriptor `json:"params"`
	Result         descriptor   `json:"result"`
	Errors         []reference  `json:"errors"`
	Role           string       `json:"x-role"`
}

type descriptor struct {
	Name     string             `json:"name"`
	Required bool               `json:"required,omitempty"`
	Schema   *jsonschema.Schema `json:"schema"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type components struct {
	Errors map[string]failure `json:"errors"`
}

type failure struct {
	Code    Code               `json:"code"`
	Message string             `json:"message"`
	Data    *jsonschema.Schema `json:"x-data-schema,omitempty"`
}

// discovery is the row of rpc.discover itself. The document is made once, when
// it is first asked for.
func discovery() method {
	made := sync.OnceValues(describe)
	return method{
		name:    Discover,
		role:    Viewer,
		summary: "Describe this API as an OpenRPC document",
		request: reflect.TypeFor[Empty](),
		call: func(_ context.Context, _ Service, params json.RawMessage) (any, error) {
			if err := decode(Discover, params, new(Empty)); err != nil {
				return nil, err
			}
			return made()
		},
	}
}

// describe makes the document of the table and the Go types behind it.
func describe() (*document, error) {
	d := &document{
		OpenRPC: "1.3.2",
		Info: documentInfo{
			Title:       "Penstock",
			Description: "JSON-RPC 2.0 on a Unix socket, one JSON object a line. x-role is the role that a method needs.",
			Version:     strconv.Itoa(Version),
		},
	}
	for _, m := range methods() {
		o, err := describeMethod(m)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", m.name, err)
		}
		d.Methods = append(d.Methods, o)
	}
	failures, err := describeErrors()
	d.Components.Errors = failures
	return d, err
}

func describeMethod(m method) (operation, error) {
	o := operation{
		Name:           m.name,
		Summary:        m.summary,
		ParamStructure: "by-name",
		Params:         []descriptor{},
		Errors:         []reference{},
		Role:           m.role.String(),
	}
	request, err := schemaOf(m.request)
	if err != nil {
		return o, err
	}
	_, required := members(m.request)
	for _, name := range request.PropertyOrder {
		o.Params = append(o.Params, descriptor{Name: name, Required: slices.Contains(required, name), Schema: request.Properties[name]})
	}
	answer := &jsonschema.Schema{Type: "object"}
	if m.response != nil {
		if answer, err = schemaOf(m.response); err != nil {
			return o, err
		}
	}
	o.Result = descriptor{Name: "answer", Schema: lenient(answer)}
	for _, code := range append([]Code{CodeParams, CodePermission, CodeUnavailable, CodeBusy, CodeInternal}, m.errors...) {
		o.Errors = append(o.Errors, reference{Ref: "#/components/errors/" + code.String()})
	}
	return o, nil
}

func describeErrors() (map[string]failure, error) {
	all := map[string]failure{}
	for _, c := range codes() {
		f := failure{Code: c.code, Message: c.meaning}
		if c.data != nil {
			s, err := schemaOf(c.data)
			if err != nil {
				return nil, fmt.Errorf("describe the error %s: %w", c.name, err)
			}
			f.Data = lenient(s)
		}
		all[c.name] = f
	}
	return all, nil
}

// schemaOf is the JSON Schema of what encoding/json makes of a type.
func schemaOf(t reflect.Type) (*jsonschema.Schema, error) {
	return jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte]():    {Types: []string{"null", "string"}, ContentEncoding: "base64"},
		reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
		reflect.TypeFor[Causes](): {
			Types: []string{"null", "array"}, Items: &jsonschema.Schema{Type: "object"},
			Description: "objects like the one that holds them",
		},
	}})
}

// lenient lets an answer have members that the schema has not: a newer daemon
// may say more.
func lenient(s *jsonschema.Schema) *jsonschema.Schema {
	if s == nil {
		return nil
	}
	if more := s.AdditionalProperties; more != nil && more.Not != nil { // JSON Schema's false
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		lenient(p)
	}
	lenient(s.Items)
	lenient(s.AdditionalProperties)
	return s
}
