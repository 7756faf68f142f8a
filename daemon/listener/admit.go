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
	key      string // its id, where it was looked up
	pipeline string // the key's, where the key was proved
}

// Error is why.
func (u *unproven) Error() string { return u.why }

func (u *unproven) about() []any {
	switch {
	case u.key == "":
		return nil
	case u.pipeline == "":
		return []any{"key", u.key}
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

// lookUp finds a key. One that is not there is what the daemon has in its place,
// and goes the same way as one that is.
func (c *call) lookUp(id string) (k store.Key, known bool, err error) {
	if !key.IsID(id) {
		id = "0000000000000000"
	}
	return c.daemon.Key(id)
}

// prove admits who sent a secret, with a key of a form, for the pipeline in the
// path where one is there. Up to the comparison the work is the same whether
// there is such a key or not.
func (c *call) prove(sent string, form key.Form) (*Call, error) {
	k, known, err := c.lookUp(key.ID(sent))
	if err != nil {
		return nil, err
	}
	matches := key.Matches(sent, k.Digest)
	switch {
	case !known:
		return nil, &unproven{why: "there is no such key", key: k.ID}
	case !matches:
		return nil, &unproven{why: "the secret is wrong", key: k.ID}
	case key.Form(k.Form) != form:
		return nil, &unproven{why: "the key is for calls of another form", key: k.ID}
	}
	return c.accept(k)
}

// accept admits who has proved a key, if the key may be used for that, from
// there, now and once more.
func (c *call) accept(k store.Key) (*Call, error) {
	pipeline, known, err := c.daemon.Pipeline(k)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, &unproven{why: "the pipeline of the key is gone", key: k.ID}
	case c.route.pipeline != "" && c.route.pipeline != pipeline:
		return nil, &unproven{"the key is one of another pipeline", k.ID, pipeline}
	}
	terms := key.Terms{Addresses: k.Addresses, ExpiresAt: k.ExpiresAt}
	if why := terms.Refuses(c.from, c.now()); why != "" {
		return nil, &unproven{string(why), k.ID, pipeline}
	}
	if _, ok := c.uses.take(k.ID, c.now()); !ok {
		return nil, &Refusal{Status: http.StatusTooManyRequests, Code: "too_many_calls", Message: "the key is used too often; at most 20 calls a second are taken"}
	}
	if _, err := c.wait(); err != nil {
		return nil, err
	}
	return &Call{Key: k, Pipeline: pipeline}, nil
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
