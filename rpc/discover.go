package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"

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
	Description    string       `json:"description,omitempty"`
	ParamStructure string       `json:"paramStructure"`
	Params         []descriptor `json:"params"`
	Result         descriptor   `json:"result"`
	Errors         []reference  `json:"errors"`
	Role           string       `json:"x-role"`
}

type descriptor struct {
	Name        string             `json:"name"`
	Description string             `json:"description,omitempty"`
	Required    bool               `json:"required,omitempty"`
	Schema      *jsonschema.Schema `json:"schema"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type components struct {
	Errors  map[string]failure            `json:"errors"`
	Schemas map[string]*jsonschema.Schema `json:"schemas"`
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

// describe makes the document of the table, the Go types behind it and what
// their comments say.
func describe() (*document, error) {
	said, err := newVocabulary()
	if err != nil {
		return nil, err
	}
	d := &document{
		OpenRPC: "1.3.2",
		Info: documentInfo{
			Title: "Penstock",
			Description: "JSON-RPC 2.0 on a Unix socket, one JSON object a line. x-role is the role that a method needs. " +
				"Parameters are an object; a null is as if it were left out. Times are RFC 3339, lengths of time seconds. An answer may have members that are not described here.",
			Version: strconv.Itoa(Version),
		},
	}
	s := &shapes{said: said, all: map[string]*jsonschema.Schema{}}
	for _, m := range methods() {
		o, err := describeMethod(m, s)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", m.name, err)
		}
		d.Methods = append(d.Methods, o)
	}
	d.Components.Errors, err = describeErrors(s)
	d.Components.Schemas = s.all
	return d, err
}

func describeMethod(m method, s *shapes) (operation, error) {
	o := operation{
		Name: m.name, Summary: m.summary, ParamStructure: "by-name",
		Params: []descriptor{}, Errors: []reference{}, Role: m.role.String(),
	}
	if m.request != reflect.TypeFor[Empty]() {
		o.Description = s.said.ofType(m.request)
	}
	request, err := s.of(m.request)
	if err != nil {
		return o, err
	}
	_, required := members(m.request)
	for _, name := range request.PropertyOrder {
		p := request.Properties[name]
		description := p.Description
		p.Description = ""
		o.Params = append(o.Params, descriptor{Name: name, Description: description, Required: slices.Contains(required, name), Schema: p})
	}
	o.Result = descriptor{Name: "answer", Schema: &jsonschema.Schema{Type: "object"}}
	if m.response != nil {
		o.Result.Schema, err = s.refer(m.response)
	}
	for _, code := range append([]Code{CodeParams, CodePermission, CodeUnavailable, CodeBusy, CodeInternal}, m.errors...) {
		o.Errors = append(o.Errors, reference{Ref: "#/components/errors/" + code.String()})
	}
	return o, err
}

func describeErrors(s *shapes) (map[string]failure, error) {
	all := map[string]failure{}
	for _, c := range codes() {
		f := failure{Code: c.code, Message: c.meaning}
		if c.data != nil {
			data, err := s.refer(c.data)
			if err != nil {
				return nil, fmt.Errorf("describe the error %s: %w", c.name, err)
			}
			f.Data = data
		}
		all[c.name] = f
	}
	return all, nil
}
