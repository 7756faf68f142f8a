package listener

import (
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/penstock/penstock/daemon/key"
)

// hook admits the call of a webhook, whose body is the payload. What the call
// has decides how it is looked at, not the key: its path tells nothing then.
func (c *call) hook() (*Call, error) {
	if c.isSigned() {
		return c.signedHook()
	}
	return c.plainHook(c.shown())
}

func (c *call) isSigned() bool {
	return c.header(key.HeaderGitHub) != "" || c.header(key.HeaderSignature) != ""
}

func (c *call) plainHook(secret string) (*Call, error) {
	if key.ID(secret) != c.route.key {
		return nil, &unproven{why: "the secret is not one of the key in the path"}
	}
	asked, err := c.prove(secret, key.Webhook)
	if err != nil {
		return nil, err
	}
	body, err := c.readBody()
	if err != nil {
		return nil, err
	}
	if err := c.takePayload(asked, body); err != nil {
		return nil, err
	}
	return asked, c.repeatable(asked)
}

// signedHook admits a call whose body is signed. The body is signed once more
// whether there is such a key or not.
func (c *call) signedHook() (*Call, error) {
	body, err := c.readBody()
	if err != nil {
		return nil, err
	}
	k, known, err := c.lookUp(c.route.key)
	if err != nil {
		return nil, err
	}
	form := key.Form(k.Form)
	signs := known && form.Signs()
	if !signs {
		form = key.GitHub
	}
	secret, orphan := c.daemon.Secret(k)
	name, err := key.Verify(form, secret, c.header, body, c.now())
	switch {
	case !signs:
		return nil, &unproven{why: "there is no such key that signs", key: k.ID}
	case orphan != nil: // whoever calls must not learn that there is such a key
		c.log.Error("a signed call cannot be checked", "error", orphan)
		return nil, &unproven{why: "the secret cannot be derived", key: k.ID}
	case err != nil:
		return nil, &unproven{why: err.Error(), key: k.ID}
	}
	asked, err := c.accept(k)
	if err != nil {
		return nil, err
	}
	if form == key.GitHub && c.header("X-GitHub-Event") == "ping" {
		return nil, errPing
	}
	if form == key.GitHub && !c.isJSON() {
		return nil, &Refusal{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "choose application/json as the content type of the webhook"}
	}
	asked.Request, asked.Remember = requestName(k.ID, "signed", name), form.Remember()
	return asked, c.takePayload(asked, body)
}

// takePayload keeps the body for the run. What is no text no variable and no
// expression could hold.
func (c *call) takePayload(asked *Call, body []byte) error {
	if !utf8.Valid(body) {
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "the payload is not UTF-8"}
	}
	if err := checkDepth(body); err != nil {
		return err
	}
	asked.Payload = string(body)
	return nil
}

func (c *call) isJSON() bool {
	kind, _, err := mime.ParseMediaType(c.header("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}
