package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxRedirects is how many redirects one try follows.
const maxRedirects = 10

// harmless are the headers of the step that another origin may see: those that
// describe the body and the answer that is wished for.
var harmless = []string{"Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "User-Agent"}

// A refusal is a redirect that the step does not follow: no try would change
// it.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

// redirects answers the rule for [http.Client.CheckRedirect].
func redirects(follow string, log io.Writer) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if follow == FollowNone {
			return http.ErrUseLastResponse
		}
		if err := admit(follow, next, via); err != nil {
			return err
		}
		if leftHome(next, via) {
			undress(next)
		}
		_, err := fmt.Fprintf(log, "  %d, redirected to %s\n", next.Response.StatusCode, public(next.URL))
		return err
	}
}

func admit(follow string, next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) > maxRedirects:
		return refusal{fmt.Sprintf("redirected more than %d times", maxRedirects)}
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return refusal{fmt.Sprintf("redirected to %s, which is not HTTP", public(next.URL))}
	case follow != FollowAny && !sameOrigin(first.URL, next.URL):
		return refusal{fmt.Sprintf("redirected to %s, which is another host, scheme or port: "+
			`put that URL into the step, or follow it with follow_redirects = "any"`, public(next.URL))}
	case next.Method != first.Method && first.Method != http.MethodPost:
		return refusal{fmt.Sprintf("a redirect (%d) to %s would turn %s into %s: put that URL into the step",
			next.Response.StatusCode, public(next.URL), first.Method, next.Method)}
	}
	return nil
}

// leftHome says whether the chain has ever been at another origin: what comes
// back from there is not trusted with credentials either.
func leftHome(next *http.Request, via []*http.Request) bool {
	home := via[0].URL
	for _, r := range via[1:] {
		if !sameOrigin(home, r.URL) {
			return true
		}
	}
	return !sameOrigin(home, next.URL)
}

// undress takes from the request all that the step or net/http put into its
// header, except what is harmless. The user in its own URL was chosen by the
// redirecting server and stays.
func undress(r *http.Request) {
	kept := http.Header{}
	for _, name := range harmless {
		if values := r.Header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	r.Header = kept
	r.Host = ""
}

// refused says whether err ends the step whatever the tries left.
func refused(err error) bool {
	var r refusal
	return errors.As(err, &r)
}
