package http

import (
	"net/http"
	"strconv"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

// Retry says when a try that failed is followed by another.
type Retry struct {
	Max        int           `json:"max,omitempty" jsonschema:"tries after the first; default 3"`
	Delay      step.Duration `json:"delay,omitempty" jsonschema:"wait between tries; default 1s; a longer Retry-After of the server is honoured up to 5m"`
	Status     Statuses      `json:"status,omitempty" jsonschema:"statuses that are tried again; default [429, 502, 503, 504]"`
	Connection string        `json:"connection,omitempty" jsonschema:"connection failures that are tried again: unsent (the server cannot have seen the request), any, none; default any, and unsent for POST and PATCH"`
}

// Which connection failures are tried again.
const (
	ConnectionUnsent = "unsent"
	ConnectionAny    = "any"
	ConnectionNone   = "none"
)

const (
	defaultTries  = 3
	defaultDelay  = time.Second
	maxRetryAfter = 5 * time.Minute
)

// withDefaults answers the settings with each missing value filled in for a
// request with that method.
func (r Retry) withDefaults(method string) Retry {
	if r.Max == 0 {
		r.Max = defaultTries
	}
	if r.Delay == 0 {
		r.Delay = step.Duration(defaultDelay)
	}
	if r.Status == nil {
		r.Status = Statuses{{429, 429}, {502, 504}}
	}
	if r.Connection == "" {
		r.Connection = ConnectionAny
		if !idempotent(method) {
			r.Connection = ConnectionUnsent
		}
	}
	return r
}

// idempotent as RFC 9110 §9.2.2; a method it does not know is not.
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// An outcome is what one try came to.
type outcome struct {
	answer answer
	err    error // of the connection: no whole answer was had
	sent   bool  // the server may have seen the request
}

// next says whether another try follows the try with that number, from 1, and
// after which wait.
func (r Retry) next(number int, o outcome, now time.Time) (time.Duration, bool) {
	if number > r.Max || !r.covers(o) {
		return 0, false
	}
	return max(time.Duration(r.Delay), min(retryAfter(o.answer.header, now), maxRetryAfter)), true
}

func (r Retry) covers(o outcome) bool {
	switch {
	case o.err == nil:
		return r.Status.Has(o.answer.status)
	case final(o.err):
		return false
	case r.Connection == ConnectionUnsent:
		return !o.sent
	}
	return r.Connection == ConnectionAny
}

// retryAfter reads the Retry-After header (RFC 9110 §10.2.3), seconds or a
// date; 0 where there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
