package listener

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// NotFound is the one answer to all who are not admitted.
var NotFound = &Refusal{Status: http.StatusNotFound, Code: "not_found", Message: "404 Not Found"}

// problem is the body of an answer that is none of what was asked for.
type problem struct {
	Code     string   `json:"code"`
	Message  string   `json:"message"`
	Problems []string `json:"problems,omitempty"`
}

// refuse answers somebody who is not admitted, and logs why.
func (c *call) refuse(why string, more ...any) {
	if c.route.name != routeNone {
		c.log.Info("a call was refused", append([]any{"route", c.route.name, "from", c.origin(), "why", why}, more...)...)
	}
	c.fail(NotFound)
}

// origin is who calls, for the log.
func (c *call) origin() string {
	if !c.from.IsValid() {
		return c.network // a Unix socket, or somebody who cannot be told
	}
	return c.from.String()
}

// fail answers with why nothing was started.
func (c *call) fail(err error) {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		c.log.Error("a call failed", "route", c.route.name, "error", err)
		refusal = &Refusal{Status: http.StatusInternalServerError, Code: "internal", Message: "a fault of the daemon; its log has the rest"}
	}
	switch refusal.Status {
	case http.StatusServiceUnavailable:
		c.w.Header().Set("Retry-After", "10")
	case http.StatusTooManyRequests:
		c.w.Header().Set("Retry-After", "1")
	}
	c.write(refusal.Status, problem{refusal.Code, refusal.Message, refusal.Problems})
	c.drain()
}

// busy answers somebody who is to come again.
func (c *call) busy(code, message string, after time.Duration) {
	c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(after, time.Second).Seconds()))))
	c.write(http.StatusTooManyRequests, problem{Code: code, Message: message})
	c.drain()
}

// write answers with JSON.
func (c *call) write(code int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		c.log.Error("an answer cannot be written", "error", err)
		code, text = http.StatusInternalServerError, []byte(`{"code":"internal"}`)
	}
	text = append(text, '\n')
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	c.w.WriteHeader(code)
	if _, err := c.w.Write(text); err != nil {
		c.log.Debug("an answer was not taken", "error", err)
	}
}

// started is the answer to a call that started a run.
type started struct {
	Run        string     `json:"run"` // nightly/42
	ID         uint64     `json:"id"`
	Pipeline   string     `json:"pipeline"`
	Number     uint64     `json:"number"`
	Status     string     `json:"status"`
	Over       bool       `json:"over"`
	Duplicate  bool       `json:"duplicate"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

func (r *Run) answer() started {
	return started{
		r.Name, r.ID, r.Pipeline, r.Number, r.Status, r.Over, r.Duplicate, r.CreatedAt, moment(r.StartedAt), moment(r.FinishedAt),
	}
}

// startedGitLab is the same in GitLab's words, as far as it has them.
type startedGitLab struct {
	started
	IID    uint64 `json:"iid"`
	Ref    string `json:"ref"`
	Source string `json:"source"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
