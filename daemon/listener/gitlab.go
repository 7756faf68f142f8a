package listener

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/penstock/penstock/daemon/key"
)

// gitLab admits and reads GitLab's call: token, ref, variables[K] and inputs[k]
// in the query, a form or JSON. Where the path has the ref the body is the
// payload, and what is asked for is in the query.
func (c *call) gitLab() (*Call, error) {
	given := fields{values: c.r.URL.Query()}
	var asked *Call
	var err error
	switch secret := c.shown(); {
	case secret != "": // before anything is read
		if asked, err = c.prove(secret, key.API); err == nil {
			err = c.readGitLab(asked, &given)
		}
	case c.route.payload:
		err = &unproven{why: "there is no token in the query"}
	default:
		if err = c.readFields(&given); err == nil {
			asked, err = c.prove(given.token(), key.API)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := given.check(); err != nil {
		return nil, err
	}
	if asked.Ref, err = given.body.string("ref"); err != nil {
		return nil, err
	}
	asked.Ref = cmp.Or(c.route.ref, asked.Ref, given.values.Get("ref"))
	if asked.Variables, err = given.variables(); err != nil {
		return nil, err
	}
	if asked.Inputs, err = given.inputs(); err != nil {
		return nil, err
	}
	return asked, c.repeatable(asked)
}

// readGitLab reads what a call says beyond its query.
func (c *call) readGitLab(asked *Call, given *fields) error {
	if !c.route.payload {
		return c.readFields(given)
	}
	payload, err := c.readBody()
	if err != nil {
		return err
	}
	return c.takePayload(asked, payload)
}

// fields are the parameters of GitLab's call.
type fields struct {
	values url.Values
	body   object // where it is in JSON
}

// readFields reads a body as JSON or as a form.
func (c *call) readFields(into *fields) error {
	if c.isJSON() {
		body, err := c.readObject()
		into.body = body
		return err
	}
	form, err := c.readForm()
	for name, values := range form {
		into.values[name] = values
	}
	return err
}

// token is the secret of a body; "" where there is none.
func (f *fields) token() string {
	text, _ := f.body.string("token") // what is no text proves nothing
	return cmp.Or(text, f.values.Get("token"))
}

// check refuses what is no text: whatever keeps it would put other characters in
// its place.
func (f *fields) check() error {
	for name, values := range f.values {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the query or the form is not UTF-8"}
		}
	}
	return nil
}

// variables are variables[K]=v, or the object of that name.
func (f *fields) variables() (map[string]string, error) {
	object, err := objectOf[json.RawMessage](f, "variables")
	if err != nil {
		return nil, err
	}
	all, err := texts(object)
	for name, value := range f.indexed("variables") {
		if all == nil {
			all = map[string]string{}
		}
		all[name] = value
	}
	return all, err
}

// inputs are inputs[k]=v, or the object of that name.
func (f *fields) inputs() (map[string]any, error) {
	all, err := objectOf[any](f, "inputs")
	for name, value := range f.indexed("inputs") {
		if all == nil {
			all = map[string]any{}
		}
		all[name] = value
	}
	return all, err
}

// objectOf is an object in the body; nil where it is not there.
func objectOf[V any](f *fields, name string) (all map[string]V, err error) {
	text, there := f.body.members[name]
	if !there {
		return nil, nil
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: name + ": " + inJSON(err)}
	}
	return all, nil
}

// indexed are the values of name[index].
func (f *fields) indexed(name string) map[string]string {
	all := map[string]string{}
	for field, values := range f.values {
		index, ok := strings.CutPrefix(field, name+"[")
		if index, closed := strings.CutSuffix(index, "]"); ok && closed && len(values) > 0 {
			all[index] = values[len(values)-1]
		}
	}
	return all
}
