package http

import (
	"context"
	"net/http"
)

// request makes the request of one try.
func (e *exchange) request(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, e.settings.Method, e.target.String(), nil)
	if err != nil {
		return nil, bare(err)
	}
	r.Header.Set("User-Agent", "penstock-step-http/"+Version)
	if e.key != "" {
		r.Header.Set("Idempotency-Key", `"`+e.key+`"`)
	}
	for name, value := range e.settings.Headers {
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	e.settings.Auth.set(r)
	return r, e.body.attach(r)
}

// Auth is who the step is to the server: a user with a password, or a token.
type Auth struct {
	Username string `json:"username,omitempty" jsonschema:"of basic authentication"`
	Password string `json:"password,omitempty" jsonschema:"of basic authentication"`
	Token    string `json:"token,omitempty" jsonschema:"bearer token"`
}

// set does nothing for a nil Auth.
func (a *Auth) set(r *http.Request) {
	switch {
	case a == nil:
	case a.Token != "":
		r.Header.Set("Authorization", "Bearer "+a.Token)
	default:
		r.SetBasicAuth(a.Username, a.Password)
	}
}
