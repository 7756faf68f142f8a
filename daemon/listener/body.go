package listener

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxHeader  = 16 << 10
	headerSlop = 4 << 10 // that net/http reads beyond what it is told
	maxBody    = 1 << 20
	maxDepth   = 64   // of brackets in JSON
	maxParts   = 1000 // of a form
)

var errTooLarge = &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: "the body has more than 1 MiB"}

// readBody reads a body within its limit. One that says beforehand that it is
// larger is not read at all.
func (c *call) readBody() ([]byte, error) {
	if c.r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	if c.r.Body == http.NoBody { // net/http waits for the next request already: a deadline would be that one's
		c.digest = sha256.Sum256(nil)
		return nil, nil
	}
	from := &slowly{call: c, body: c.r.Body}
	c.place.yield(from.giveWay)
	body, err := io.ReadAll(http.MaxBytesReader(c.w, from, maxBody))
	switch {
	case !c.place.keep():
		c.slow = true
		return nil, errBusy
	case err == nil:
		c.digest = sha256.Sum256(body)
		return body, nil
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, errTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.slow = true
		return nil, &Refusal{Status: http.StatusRequestTimeout, Code: "timeout", Message: "the body did not come in time"}
	}
	return nil, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the body cannot be read"}
}

// The most that is read of a body that nobody wants.
const (
	maxDrain  = 16 << 20
	drainTime = 2 * time.Second
)

// drain reads what is left of a body after the answer: a sender that is cut off
// in the middle would not look at it. One that waits to be asked for its body
// sends none, but net/http waits for it all the same.
func (c *call) drain() {
	if c.r.ContentLength == 0 || c.slow {
		return
	}
	control := http.NewResponseController(c.w)
	if errors.Join(control.Flush(), control.SetReadDeadline(time.Now().Add(drainTime))) == nil && c.r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, c.r.Body, maxDrain) // its end, or the deadline: either will do
	}
}

// object is a body in JSON, as it was sent and by its members.
type object struct {
	text    []byte
	members map[string]json.RawMessage
}

// readObject reads a body that is an object in JSON; an empty one is {}.
func (c *call) readObject() (object, error) {
	body, err := c.readBody()
	switch {
	case err != nil:
		return object{}, err
	case len(body) == 0:
		return object{text: []byte("{}")}, nil
	case !c.isJSON():
		return object{}, &Refusal{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "Content-Type: want application/json"}
	}
	if err := checkDepth(body); err != nil {
		return object{}, err
	}
	if !utf8.Valid(body) { // the decoder would put other characters in their place
		return object{}, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the body is not UTF-8"}
	}
	o := object{text: body}
	if err := json.Unmarshal(body, &o.members); err != nil || o.members == nil {
		return object{}, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the body is no object in JSON"}
	}
	return o, nil
}

// string is a member that is a text; "" where it is not there. The error is that
// it is none.
func (o object) string(name string) (text string, err error) {
	if member, there := o.members[name]; there && json.Unmarshal(member, &text) != nil {
		return "", &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: name + ": want a text"}
	}
	return text, nil
}

// into reads the object strictly: a member that is misspelt is not ignored.
func (o object) into(v any) error {
	decoder := json.NewDecoder(bytes.NewReader(o.text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the body: " + inJSON(err)}
	}
	return nil
}

// inJSON says what a decoder found in words of JSON, not of the program's types.
func inJSON(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	want := "an object"
	switch wrong.Type.Kind() {
	case reflect.String:
		want = "a text"
	case reflect.Int64:
		want = "a whole number"
	case reflect.Float64:
		want = "a number that 64 bits can hold"
	}
	return strings.TrimPrefix(fmt.Sprintf("%s: want %s, not %s", wrong.Field, want, wrong.Value), ": ")
}

// checkDepth refuses brackets that are deeper than anybody needs, before a
// decoder follows them. Brackets in texts do not count.
func checkDepth(text []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: fmt.Sprintf("the body is more than %d brackets deep", maxDepth)}
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
}

// readForm reads a form, urlencoded or as curl --form sends it.
func (c *call) readForm() (url.Values, error) {
	body, err := c.readBody()
	if err != nil || len(body) == 0 {
		return nil, err
	}
	kind, options, err := mime.ParseMediaType(c.header("Content-Type"))
	switch {
	case err == nil && kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errForm
		}
		return form, nil
	case err == nil && kind == "multipart/form-data" && options["boundary"] != "":
		return readParts(multipart.NewReader(bytes.NewReader(body), options["boundary"]))
	case err == nil && kind == "multipart/form-data":
		return nil, errForm
	}
	return nil, &Refusal{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "Content-Type: want application/json or a form"}
}

var errForm = &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the body is no form"}

// readParts reads the fields of a form that has no files.
func readParts(r *multipart.Reader) (url.Values, error) {
	form := url.Values{}
	for range maxParts {
		part, err := r.NextRawPart()
		if err == io.EOF { // wrapped it is a form without an end
			return form, nil
		}
		if err != nil || part.FileName() != "" || part.FormName() == "" {
			return nil, errForm
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, errForm
		}
		form.Add(part.FormName(), string(value))
	}
	return nil, errForm
}

// texts are variables: texts, booleans, and numbers as they are written. A
// version 1.10 must not become 1.1, nor an id of 19 digits another one.
func texts(values map[string]json.RawMessage) (map[string]string, error) {
	if values == nil {
		return nil, nil
	}
	all := make(map[string]string, len(values))
	for name, value := range values {
		text, err := scalar(value)
		if err != nil {
			return nil, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: fmt.Sprintf("variable %q: want a text, a number or a boolean", name)}
		}
		all[name] = text
	}
	return all, nil
}

var errScalar = errors.New("neither a text nor a number nor a boolean")

// scalar is a value of JSON as text.
func scalar(value json.RawMessage) (text string, err error) {
	switch value[0] {
	case '"':
		err = json.Unmarshal(value, &text)
		return text, err
	case '{', '[', 'n':
		return "", errScalar
	}
	return string(value), nil
}
