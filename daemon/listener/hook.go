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
	if c.header(key.HeaderGitHub) != "" || c.header(key.HeaderSignature) != "" {
		return c.signedHook()
	}
	return c.plainHook(c.plain())
}

// plain is the secret of a webhook that is not signed.
func (c *call) plain() string {
	if secret := c.header("X-Gitlab-Token"); secret != "" {
		return secret
	}
	return c.bearer()
}

func (c *call) plainHook(secret string) (*Call, error) {
	f, err := c.lookUp(c.route.key)
	if err != nil {
		return nil, err
	}
	if key.ID(secret) != c.route.key {
		return nil, &unproven{why: "the secret is not one of the key in the path"}
	}
	asked, err := c.prove(secret, key.Webhook, f.pipeline)
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

// signedHook admits a call whose body is signed.
func (c *call) signedHook() (*Call, error) {
	body, err := c.readBody()
	if err != nil {
		return nil, err
	}
	f, err := c.lookUp(c.route.key)
	if err != nil {
		return nil, err
	}
	form := key.Form(f.key.Form)
	if !f.known || !form.Signs() {
		return nil, &unproven{why: "there is no such key that signs"}
	}
	secret, err := c.daemon.Secret(f.key)
	if err != nil { // whoever calls must not learn that there is such a key
		c.log.Error("a signed call cannot be checked", "error", err)
		return nil, &unproven{"the secret cannot be derived", f.key.ID, f.pipeline}
	}
	name, err := key.Verify(form, secret, c.header, body, c.now())
	if err != nil {
		return nil, &unproven{err.Error(), f.key.ID, f.pipeline}
	}
	asked, err := c.accept(f)
	if err != nil {
		return nil, err
	}
	if form == key.GitHub && c.header("X-GitHub-Event") == "ping" {
		return nil, errPing
	}
	if form == key.GitHub && !c.isJSON() {
		return nil, &Refusal{Status: http.StatusUnsupportedMediaType, Code: "media_type", Message: "choose application/json as the content type of the webhook"}
	}
	asked.Request = requestName(f.key.ID, "signed", name)
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
