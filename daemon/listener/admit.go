package listener

import (
	"errors"
	"net/http"
	"strings"

	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/store"
)

// unproven is why a caller is not admitted. It is for the log alone.
type unproven struct {
	why      string
	key      string // its id, where there is such a key
	pipeline string
}

// Error is why.
func (u *unproven) Error() string { return u.why }

func (u *unproven) about() []any {
	if u.key == "" {
		return nil
	}
	return []any{"key", u.key, "pipeline", u.pipeline}
}

// errPing: the other side only tries whether its signature is right.
var errPing = errors.New("a ping")

// admitted is what an admitted caller asks for. The error is an *unproven for
// everybody else.
func (c *call) admitted() (*Call, error) {
	if !c.allows(c.from) {
		return nil, &unproven{why: "the address is not in http.allow"}
	}
	switch c.route.name {
	case routeHook:
		return c.hook()
	case routeGitLab:
		return c.gitLab()
	}
	return c.trigger()
}

// found is a key, its pipeline, and whether there is one at all.
type found struct {
	key      store.Key
	pipeline string
	known    bool
}

// lookUp finds a key. One that is not there goes the same way as one that is.
func (c *call) lookUp(id string) (f found, err error) {
	if !key.IsID(id) {
		id = "0000000000000000"
	}
	f.key, f.pipeline, f.known, err = c.daemon.Key(id)
	return f, err
}

// prove admits who sent a secret, for a pipeline and with a key of a form.
func (c *call) prove(sent string, form key.Form, pipeline string) (*Call, error) {
	f, err := c.lookUp(key.ID(sent))
	if err != nil {
		return nil, err
	}
	matches := key.Matches(sent, f.key.Digest)
	switch {
	case !f.known:
		return nil, &unproven{why: "there is no such key"}
	case !matches:
		return nil, &unproven{"the secret is wrong", f.key.ID, f.pipeline}
	case f.pipeline != pipeline:
		return nil, &unproven{"the key is one of another pipeline", f.key.ID, f.pipeline}
	case key.Form(f.key.Form) != form:
		return nil, &unproven{"the key is for calls of another form", f.key.ID, f.pipeline}
	}
	return c.accept(f)
}

// accept admits who has proved a key, if the key may be used from there, now and
// once more.
func (c *call) accept(f found) (*Call, error) {
	terms := key.Terms{Addresses: f.key.Addresses, ExpiresAt: f.key.ExpiresAt}
	if why := terms.Refuses(c.from, c.now()); why != "" {
		return nil, &unproven{string(why), f.key.ID, f.pipeline}
	}
	if _, ok := c.uses.take(f.key.ID, c.now()); !ok {
		return nil, &Refusal{Status: http.StatusTooManyRequests, Code: "too_many_calls", Message: "the key is used too often; at most 20 calls a second are taken"}
	}
	if _, err := c.wait(); err != nil {
		return nil, err
	}
	return &Call{Key: f.key, Pipeline: f.pipeline}, nil
}

// bearer is the secret in a header; "" is none.
func (c *call) bearer() string {
	kind, secret, _ := strings.Cut(c.header("Authorization"), " ")
	if strings.EqualFold(kind, "Bearer") {
		return strings.TrimSpace(secret)
	}
	return ""
}

// header is a header that is there once, else "".
func (c *call) header(name string) string {
	values := c.r.Header.Values(name)
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// maxRequest bounds an Idempotency-Key.
const maxRequest = 255

// repeatable makes a call repeatable that carries an Idempotency-Key.
func (c *call) repeatable(asked *Call) error {
	name := c.header("Idempotency-Key")
	switch {
	case len(c.r.Header.Values("Idempotency-Key")) == 0:
		return nil
	case name == "": // to start a run all the same would not be what was asked for
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "Idempotency-Key: want it once, and not empty"}
	case len(name) > maxRequest:
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "Idempotency-Key: at most 255 bytes are kept"}
	}
	asked.Request = requestName(asked.Key.ID, "asked", name)
	return nil
}

// requestName keeps the names of one key's calls apart from those of others,
// and those that callers choose from those that are signed.
func requestName(id, kind, name string) string { return "key " + id + " " + kind + " " + name }
