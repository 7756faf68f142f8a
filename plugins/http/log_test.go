package http

import (
	"io"
	stdlog "log"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func quiet(t *testing.T) *stdlog.Logger { return stdlog.New(t.Output(), "", 0) }

func TestLogShowsTheExchangeAndNoSecret(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b?sig=geheim", http.StatusFound)
			return
		}
		io.WriteString(w, strings.Repeat("x", 1536))
	})
	d := newDesk(t)
	_, err := d.do(Settings{
		URL:     strings.Replace(url, "http://", "http://geheim:geheim@", 1) + "/a?key=geheim#geheim",
		Headers: map[string]string{"X-Api-Key": "geheim"},
		Save:    "out.json",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^GET http://127\.0\.0\.1:\d+/a\?…
  302, redirected to http://127\.0\.0\.1:\d+/b\?…
  200 OK, 1\.5 KiB saved as out\.json, \d+(ms|s)
$`)
	if said := d.log.String(); !want.MatchString(said) || strings.Contains(said, "geheim") {
		t.Errorf("the log says\n%s", said)
	}
}

func TestFailureShowsNoSecretOfTheURL(t *testing.T) {
	for _, url := range []string{"http://geheim:geheim@127.0.0.1:1/?k=geheim", "http://geheim.invalid.:1%zz"} {
		d := newDesk(t)
		e, err := newExchange(Settings{URL: url}, d.root, "", &d.log)
		if err == nil {
			var o outcome
			if o, err = e.perform(t.Context()); err == nil {
				err = e.judge(o)
			}
		}
		if err == nil || strings.Contains(err.Error()+d.log.String()+hidden(url), "geheim:") || strings.Contains(err.Error(), "k=geheim") {
			t.Errorf("%s: %v, %s", url, err, &d.log)
		}
	}
}

func TestAmounts(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 1 << 62: "4.0 EiB",
	} {
		if got := amount(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
