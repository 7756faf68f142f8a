package listener

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// The routes, as metrics name them.
const (
	routeTrigger = "trigger"
	routeHook    = "hook"
	routeGitLab  = "gitlab"
	routeHealth  = "healthz"
	routeMetrics = "metrics"
	routeNone    = "none"
)

// route is what a path stands for.
type route struct {
	name     string
	method   string
	pipeline string // as the path names it
	key      string // id
	ref      string
	payload  bool // the body is the payload
}

// find finds the route of a path that is still escaped, so that a ref may hold
// a slash. What fits none is routeNone.
func find(escaped string) route {
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, p := range parts {
		part, err := url.PathUnescape(p)
		if err != nil || !utf8.ValidString(part) {
			return route{name: routeNone}
		}
		parts[i] = part
	}
	switch is := fits(parts); {
	case is("healthz"):
		return route{name: routeHealth, method: http.MethodGet}
	case is("metrics"):
		return route{name: routeMetrics, method: http.MethodGet}
	case is("v1", "pipelines", "*", "trigger"):
		return route{name: routeTrigger, method: http.MethodPost, pipeline: parts[2]}
	case is("v1", "hooks", "*"):
		return route{name: routeHook, method: http.MethodPost, key: parts[2], payload: true}
	case is("api", "v4", "projects", "*", "trigger", "pipeline"):
		return route{name: routeGitLab, method: http.MethodPost, pipeline: parts[3]}
	case is("api", "v4", "projects", "*", "ref", "*", "trigger", "pipeline"):
		return route{name: routeGitLab, method: http.MethodPost, pipeline: parts[3], ref: parts[5], payload: true}
	}
	return route{name: routeNone}
}

// fits tells whether the parts of a path are those of a pattern, in which "*" is
// any that is not empty.
func fits(parts []string) func(pattern ...string) bool {
	return func(pattern ...string) bool {
		if len(parts) != len(pattern) {
			return false
		}
		for i, p := range pattern {
			if p != parts[i] && (p != "*" || parts[i] == "") {
				return false
			}
		}
		return true
	}
}

// serve answers a request.
func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	at := find(r.URL.EscapedPath())
	if at.method != r.Method && (at.method != http.MethodGet || r.Method != http.MethodHead) {
		at = route{name: routeNone}
	}
	counted := &status{ResponseWriter: w, code: http.StatusOK}
	defer func() { l.metrics.Answered(at.name, counted.code) }()
	c := &call{Listener: l, w: counted, r: r, route: at, settings: l.settings.Load(), came: time.Now()}
	if !c.isFramed() {
		c.fail(errFraming)
		return
	}
	switch at.name {
	case routeHealth:
		c.health()
	case routeMetrics:
		c.showMetrics()
	case routeNone:
		c.refuse("no such path or method")
	default:
		c.start()
	}
}

var errFraming = &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "Content-Length: a POST of HTTP/1.0 must have one"}

// isFramed reports whether everybody reads the same end of the body (RFC 9112
// 6.3, RFC 1945 8.3). A proxy that goes by a length beside chunks sees another
// one than net/http, which drops the length: so no request follows chunks, nor one
// of HTTP/1.0, which knows none.
func (c *call) isFramed() bool {
	old := !c.r.ProtoAtLeast(1, 1)
	if len(c.r.TransferEncoding) > 0 || old {
		c.w.Header().Set("Connection", "close")
	}
	return !old || c.r.Method != http.MethodPost || c.r.Header.Get("Content-Length") != ""
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader writes the head of an answer.
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
