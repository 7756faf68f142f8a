package http

import (
	"net/http"
	"strings"
	"time"

	"github.com/penstock/penstock/plugins/step"
)

// Settings are the step's `with` table.
type Settings struct {
	URL     string            `json:"url" jsonschema:"http:// or https://"`
	Method  string            `json:"method,omitempty" jsonschema:"default GET; needed where there is a body"`
	Headers map[string]string `json:"headers,omitempty" jsonschema:"request headers"`

	// At most one of these four is the body.
	Body    *string `json:"body,omitempty" jsonschema:"the request body as text"`
	JSON    any     `json:"json,omitempty" jsonschema:"the request body as a value to be sent as JSON"`
	File    string  `json:"file,omitempty" jsonschema:"the request body as a file below the workspace"`
	Payload bool    `json:"payload,omitempty" jsonschema:"the request body is the payload that the run was made for"`

	Status  Statuses          `json:"status,omitempty" jsonschema:"expected statuses: 204, \"2xx\", \"200-204\" or a list of such; default 2xx"`
	Save    string            `json:"save,omitempty" jsonschema:"file below the workspace that the answer is saved to; there whole or not at all"`
	Outputs map[string]string `json:"outputs,omitempty" jsonschema:"further outputs: name = header of the answer"`

	Timeout         step.Duration `json:"timeout,omitempty" jsonschema:"of one try, the bodies included; default 5m"`
	Retry           *Retry        `json:"retry,omitempty" jsonschema:"tries after a failed one; default none"`
	FollowRedirects string        `json:"follow_redirects,omitempty" jsonschema:"same_host (default; same scheme and port as well), any, none"`

	Auth       *Auth  `json:"auth,omitempty" jsonschema:"credentials"`
	TLS        *TLS   `json:"tls,omitempty" jsonschema:"whom to trust and who to be"`
	UnixSocket string `json:"unix_socket,omitempty" jsonschema:"absolute path of a Unix socket to connect to instead of the URL's host"`
}

// Which redirects are followed.
const (
	FollowSameHost = "same_host" // those to the same scheme, host and port
	FollowAny      = "any"
	FollowNone     = "none" // a redirect is the answer
)

const defaultTimeout = 5 * time.Minute

// withDefaults answers the settings with each missing value filled in.
func (s Settings) withDefaults() Settings {
	s.Method = strings.ToUpper(s.Method)
	if s.Method == "" {
		s.Method = http.MethodGet
	}
	if s.Status == nil {
		s.Status = Statuses{{200, 299}}
	}
	if s.Timeout == 0 {
		s.Timeout = step.Duration(defaultTimeout)
	}
	if s.FollowRedirects == "" {
		s.FollowRedirects = FollowSameHost
	}
	if s.Retry != nil {
		retry := s.Retry.withDefaults(s.Method)
		s.Retry = &retry
	}
	return s
}
