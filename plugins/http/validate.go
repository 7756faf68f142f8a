package http

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/plugins/step"
)

// maxTries bounds retry.max.
const maxTries = 100

// A finding collects what is wrong.
type finding struct{ problems step.Problems }

// when notes the problem where it is one.
func (f *finding) when(wrong bool, path, format string, args ...any) {
	if wrong {
		f.problems = append(f.problems, step.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

// Validate says all that is wrong with the settings. It looks at nothing but
// them.
func (s Settings) Validate() error {
	var f finding
	s.validateURL(&f)
	s.validateRequest(&f)
	s.validateBody(&f)
	s.validateAnswer(&f)
	f.oneOf("follow_redirects", s.FollowRedirects, FollowSameHost, FollowAny, FollowNone)
	f.when(s.Timeout < 0, "timeout", "%s is before now", s.Timeout)
	s.Retry.validate(&f)
	s.Auth.validate(&f)
	s.TLS.validate(&f)
	return f.problems.Err()
}

func (s Settings) validateURL(f *finding) {
	// What stands for a value of the run can be judged in the run only.
	if strings.Contains(s.URL, "{{") {
		return
	}
	u, err := parseURL(s.URL)
	switch {
	case err != nil:
		f.when(true, "url", "is no URL: %v", err)
	case u.Scheme != "http" && u.Scheme != "https":
		f.when(true, "url", "begins with neither http:// nor https://")
	default:
		f.when(u.Port() != "" && !isPort(u.Port()), "url", "has port %s, which is not from 1 to 65535", u.Port())
		f.when(u.Hostname() == "", "url", "names no host")
		f.when(u.User != nil && s.Auth != nil, "url", "holds a user, and so does auth: name it once")
	}
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func (s Settings) validateRequest(f *finding) {
	f.when(s.Method != "" && !token(s.Method), "method", "%q is no HTTP method", s.Method)
	f.when(strings.EqualFold(s.Method, http.MethodConnect), "method", "CONNECT opens a tunnel, which this step is not")
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		path := "headers." + name
		canonical := http.CanonicalHeaderKey(name)
		f.when(!token(name), path, "is no name of a header")
		f.when(slices.Contains(framing, canonical), path, "is set by the step itself")
		f.when(!printable(s.Headers[name]), path, "holds a control character")
		f.when(canonical == "Authorization" && s.Auth != nil, path, "stands beside auth: name the credentials once")
	}
	f.when(s.UnixSocket != "" && !filepath.IsAbs(s.UnixSocket), "unix_socket", "is no absolute path")
}

// framing are the headers that say where a message ends and what becomes of
// its connection.
var framing = []string{"Connection", "Content-Length", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func (s Settings) validateBody(f *finding) {
	var given []string
	for _, b := range []struct {
		name string
		is   bool
	}{{"body", s.Body != nil}, {"json", s.JSON != nil}, {"file", s.File != ""}, {"payload", s.Payload}} {
		if b.is {
			given = append(given, b.name)
		}
	}
	if len(given) == 0 {
		return
	}
	f.when(len(given) > 1, given[len(given)-1], "stands beside %s: a request has one body", given[0])
	f.when(s.Method == "", "method", `is missing: a request with a body needs one, such as "POST"`)
	f.local("file", s.File)
}

func (s Settings) validateAnswer(f *finding) {
	f.local("save", s.Save)
	for _, name := range slices.Sorted(maps.Keys(s.Outputs)) {
		path := "outputs." + name
		f.when(!outputName(name), path, "is no name of an output: a letter or '_', then letters, digits, '_', '-'")
		f.when(name == "status" || name == "body", path, "is an output of the step already")
		f.when(!token(s.Outputs[name]), path, "%q is no name of a header", s.Outputs[name])
	}
}

// validate does nothing for a nil Retry.
func (r *Retry) validate(f *finding) {
	if r == nil {
		return
	}
	f.when(r.Max < 0 || r.Max > maxTries, "retry.max", "%d is not from 1 to %d", r.Max, maxTries)
	f.when(r.Delay < 0, "retry.delay", "%s is before now", r.Delay)
	f.oneOf("retry.connection", r.Connection, ConnectionUnsent, ConnectionAny, ConnectionNone)
}

// validate does nothing for a nil Auth.
func (a *Auth) validate(f *finding) {
	if a == nil {
		return
	}
	f.when(a.Token == "" && a.Username == "", "auth", "names neither a username nor a token")
	f.when(a.Token != "" && (a.Username != "" || a.Password != ""), "auth.token", "stands beside a user: only one of the two can be sent")
	f.when(strings.Contains(a.Username, ":"), "auth.username", "holds a colon, which basic authentication has no place for")
	f.when(!printable(a.Token), "auth.token", "holds a control character")
}

// validate does nothing for a nil TLS.
func (t *TLS) validate(f *finding) {
	if t == nil {
		return
	}
	f.when(t.CertFile != "" && t.KeyFile == "", "tls.key_file", "is missing: a certificate needs its key")
	f.when(t.CertFile == "" && t.KeyFile != "", "tls.cert_file", "is missing: a key needs its certificate")
	f.when(t.InsecureSkipVerify && t.CAFile != "", "tls.ca_file", "has no effect with insecure_skip_verify: drop one of the two")
}

func (f *finding) oneOf(path, value string, words ...string) {
	f.when(value != "" && !slices.Contains(words, value), path, "is %q, not one of %s", value, strings.Join(words, ", "))
}

func (f *finding) local(path, name string) {
	f.when(name != "" && !filepath.IsLocal(name), path, "%q is no path below the workspace", name)
}

// token says whether s may name a method or a header (RFC 9110 §5.6.2).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// printable says whether s may be the value of a header (RFC 9110 §5.5).
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

func outputName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// parseURL parses without naming the URL in its error: it may hold secrets.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, bare(err)
	}
	return u, nil
}
