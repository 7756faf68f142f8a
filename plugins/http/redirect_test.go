package http

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// stations serves two origins: home redirects as the handler says, away writes
// down what reaches it.
func stations(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, away string)) (home string, seen *[]*http.Request) {
	t.Helper()
	seen = new([]*http.Request)
	away := serve(t, func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r)
		io.WriteString(w, "away")
	})
	return serve(t, func(w http.ResponseWriter, r *http.Request) { handle(w, r, away) }), seen
}

func toAway(status int) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, away string) {
		http.Redirect(w, r, strings.Replace(away, "http://", "http://thief:pw@", 1)+"/there?token=geheim", status)
	}
}

func TestRedirectToAnotherOriginIsRefused(t *testing.T) {
	home, seen := stations(t, toAway(http.StatusFound))
	d := newDesk(t)
	_, err := d.do(Settings{URL: home, Retry: &Retry{}})
	refuses(t, err, "another host, scheme or port")
	if len(*seen) > 0 {
		t.Error("the other origin was asked")
	}
	if strings.Count(d.log.String(), "GET ") != 1 {
		t.Errorf("a refused redirect was tried again: %s", &d.log)
	}
	for _, secret := range []string{"thief", "pw@", "geheim"} {
		if strings.Contains(err.Error()+d.log.String(), secret) {
			t.Errorf("%q is shown: %v, %s", secret, err, &d.log)
		}
	}
}

func TestAnotherOriginGetsNoCredentials(t *testing.T) {
	home, seen := stations(t, toAway(http.StatusTemporaryRedirect))
	_, err := newDesk(t).do(Settings{
		URL: home + "/a?key=geheim", Method: "POST", Body: text("v"), FollowRedirects: FollowAny,
		Headers: map[string]string{"Cookie": "c", "X-Api-Key": "k", "Accept": "text/x", "Host": "inner", "Authorization": "secret"},
		Retry:   &Retry{},
	})
	if err != nil || len(*seen) != 1 {
		t.Fatalf("got %v, asked %d times", err, len(*seen))
	}
	r := (*seen)[0]
	for _, name := range []string{"Cookie", "X-Api-Key", "Idempotency-Key", "Referer"} {
		if r.Header.Get(name) != "" {
			t.Errorf("the other origin got %s: %s", name, r.Header.Get(name))
		}
	}
	if r.Header.Get("Authorization") == "secret" || r.Host == "inner" {
		t.Errorf("the other origin got the step's own: %v, %s", r.Header, r.Host)
	}
	if r.Header.Get("Accept") != "text/x" || r.Header.Get("Content-Type") == "" || r.Method != "POST" {
		t.Errorf("the request is not the same: %s %v", r.Method, r.Header)
	}
}

func TestAnotherOriginIsNotShownTheClientCertificate(t *testing.T) {
	away := serveTLS(t, tls.RequestClientCert)
	home := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 {
			t.Error("home was not shown it")
		}
		to := map[string]string{"/": away.URL, "/here": "/there", "/there": "/end"}[r.URL.Path]
		if to == "" {
			io.WriteString(w, "home")
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	}))
	home.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	home.StartTLS()
	t.Cleanup(home.Close)
	d := newDesk(t)
	certificate, key := client(t, "nightly")
	d.write("c.pem", certificate)
	d.write("k.pem", key)
	d.write("ca.pem", certificatePEM(away.Certificate().Raw))
	for path, want := range map[string]string{"": "", "/here": "home"} {
		o, err := d.do(Settings{URL: home.URL + path, FollowRedirects: FollowAny, TLS: &TLS{CAFile: "ca.pem", ServerName: "example.com", CertFile: "c.pem", KeyFile: "k.pem"}})
		if err != nil || string(o.answer.kept) != want {
			t.Errorf("%s: it is known as %q: %v", path, o.answer.kept, err)
		}
	}
}

func TestTheNameOfTheServerIsNotAskedOfAnotherOrigin(t *testing.T) {
	trust := &tls.Config{ServerName: "home.test", InsecureSkipVerify: true}
	if away := anonymous(trust); away.ServerName != "" || !away.InsecureSkipVerify || trust.ServerName == "" {
		t.Errorf("another origin must be called %q", away.ServerName)
	}
	if anonymous(nil) != nil {
		t.Error("defaults are none")
	}
}

func TestCredentialsAreNotGivenBackAfterAnotherOrigin(t *testing.T) {
	var home string
	away := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home+"/back", http.StatusFound) })
	home = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			io.WriteString(w, r.Header.Get("X-Api-Key"))
			return
		}
		http.Redirect(w, r, away, http.StatusFound)
	})
	o, err := newDesk(t).do(Settings{URL: home, FollowRedirects: FollowAny, Headers: map[string]string{"X-Api-Key": "k"}})
	if err != nil || len(o.answer.kept) > 0 {
		t.Errorf("got %q, %v", o.answer.kept, err)
	}
}

func TestRedirectAtHomeRepeatsTheRequest(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
			return
		}
		io.WriteString(w, r.Method+r.Header.Get("X-Api-Key"))
		io.Copy(w, r.Body)
	})
	d := newDesk(t)
	d.write("f", "file")
	o, err := d.do(Settings{URL: url, Method: "PUT", File: "f", Headers: map[string]string{"X-Api-Key": "k"}})
	if err != nil || string(o.answer.kept) != "PUTkfile" {
		t.Errorf("got %q, %v", o.answer.kept, err)
	}
}

func TestRedirectRules(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		status   int
		want     string // in the error; "" is success
	}{
		"put does not become get":    {Settings{Method: "PUT"}, 302, "would turn PUT into GET"},
		"delete does not become get": {Settings{Method: "DELETE"}, 303, "would turn DELETE into GET"},
		"post then get":              {Settings{Method: "POST"}, 303, ""},
		"none":                       {Settings{FollowRedirects: FollowNone}, 302, "the answer is 302 Found"},
		"none, expected":             {Settings{FollowRedirects: FollowNone, Status: Statuses{{302, 302}}}, 302, ""},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" {
					http.Redirect(w, r, "/new", c.status)
				}
			})
			c.settings.URL = url
			_, err := newDesk(t).do(c.settings)
			if c.want != "" {
				refuses(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRedirectsInACircleEnd(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
	_, err := newDesk(t).do(Settings{URL: url})
	refuses(t, err, "more than 10 times")
}
