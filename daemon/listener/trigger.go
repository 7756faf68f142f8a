package listener

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/penstock/penstock/daemon/key"
)

// parameters are the body of Cycle's call.
type parameters struct {
	Secret    string                     `json:"secret"`
	Variables map[string]json.RawMessage `json:"variables"`
	Inputs    map[string]any             `json:"inputs"`
	Advanced  struct {
		SubQueue  string `json:"sub_queue"`
		SkipLocks *int64 `json:"skip_locks"` // UNIX time
	} `json:"advanced"`
}

// trigger admits and reads Cycle's call.
func (c *call) trigger() (*Call, error) {
	if secret := c.shown(); secret != "" {
		return c.triggerBearer(secret)
	}
	body, err := c.readObject()
	if err != nil {
		return nil, err
	}
	secret, _ := body.string("secret") // what is none proves nothing
	asked, err := c.prove(secret, key.API)
	if err != nil {
		return nil, err
	}
	return asked, c.fill(asked, body)
}

// triggerBearer admits before it reads.
func (c *call) triggerBearer(secret string) (*Call, error) {
	asked, err := c.prove(secret, key.API)
	if err != nil {
		return nil, err
	}
	body, err := c.readObject()
	if err != nil {
		return nil, err
	}
	return asked, c.fill(asked, body)
}

// fill reads the parameters of a call.
func (c *call) fill(asked *Call, body object) error {
	var p parameters
	if err := body.into(&p); err != nil {
		return err
	}
	if stamp := p.Advanced.SkipLocks; stamp != nil {
		if err := c.checkSkip(asked, *stamp); err != nil {
			return err
		}
		asked.SkipLocks = true
	}
	variables, err := texts(p.Variables)
	asked.Inputs, asked.Variables, asked.SubQueue = p.Inputs, variables, p.Advanced.SubQueue
	if err != nil {
		return err
	}
	return c.repeatable(asked)
}

// skipTolerance is how far the time in skip_locks may be off.
const skipTolerance = 10 * time.Minute

// checkSkip wants the present: a call that is kept and sent again later is not
// to skip locks.
func (c *call) checkSkip(asked *Call, stamp int64) error {
	if !asked.Key.SkipLocks {
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "advanced.skip_locks: the key may not skip locks"}
	}
	now := c.now()
	if stamp < now.Add(-skipTolerance).Unix() || stamp > now.Add(skipTolerance).Unix() {
		return &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "advanced.skip_locks: want the present as UNIX time, within 10 minutes"}
	}
	return nil
}
