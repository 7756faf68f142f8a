package cmd_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// httpCall is a request as a script has it.
type httpCall struct {
	from, key, sign, body, id string
	late                      time.Duration
	size                      int
	headers                   headerList
	method, path              string
}

type headerList []string

func (l *headerList) String() string { return strings.Join(*l, ", ") }

// Set adds a header.
func (l *headerList) Set(s string) error { *l = append(*l, s); return nil }

func parseHTTPCall(args []string) (c httpCall, err error) {
	flags := flag.NewFlagSet("http", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.from, "from", "127.0.0.1", "")
	flags.StringVar(&c.key, "key", "", "")
	flags.StringVar(&c.sign, "sign", "", "")
	flags.StringVar(&c.body, "body", "", "")
	flags.StringVar(&c.id, "id", "m", "")
	flags.DurationVar(&c.late, "late", 0, "")
	flags.IntVar(&c.size, "size", 0, "")
	flags.Var(&c.headers, "header", "")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 {
		return c, errors.Join(err, errArguments)
	}
	c.method, c.path = flags.Arg(0), flags.Arg(1)
	return c, nil
}

// created is what `penstockctl key create -o json` printed.
type created struct {
	Key struct {
		ID string `json:"id"`
	} `json:"key"`
	Secret string `json:"secret"`
}

func readKey(ts *testscript.TestScript, file string) (k created, err error) {
	return k, json.Unmarshal([]byte(ts.ReadFile(file)), &k)
}

// http makes a request to the daemon's HTTP listener and writes the answer to
// stdout: its status and body, and to stderr its headers but the date.
// With neg there must be no answer.
func (h *house) http(ts *testscript.TestScript, neg bool, args []string) error {
	c, err := parseHTTPCall(args)
	if err != nil {
		return err
	}
	r, err := h.request(ts, c)
	if err != nil {
		return err
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.from)}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(r)
	if neg {
		if err == nil {
			return errors.Join(fmt.Errorf("it was answered with %s", answer.Status), answer.Body.Close())
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // what matters of it is read
	body, err := io.ReadAll(answer.Body)
	answer.Header.Del("Date")
	_, err1 := fmt.Fprintf(ts.Stdout(), "%d %s", answer.StatusCode, body)
	return errors.Join(err, err1, answer.Header.Write(ts.Stderr()))
}

// request puts the request together. @KEY in the path is the id of a key, in
// the path and the body SECRET its secret.
func (h *house) request(ts *testscript.TestScript, c httpCall) (*http.Request, error) {
	body := strings.Repeat(" ", c.size)
	if c.body != "" {
		body = strings.TrimSuffix(ts.ReadFile(c.body), "\n")
	}
	k := created{}
	for _, file := range []string{c.key, c.sign} {
		if file == "" {
			continue
		}
		var err error
		if k, err = readKey(ts, file); err != nil {
			return nil, err
		}
	}
	put := strings.NewReplacer("@KEY", k.Key.ID, "SECRET", k.Secret)
	body = put.Replace(body)
	url, err := h.httpURL()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(context.Background(), c.method, url+put.Replace(c.path), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" && !strings.Contains(c.path+body, k.Secret) {
		r.Header.Set("Authorization", "Bearer "+k.Secret)
	}
	if c.sign != "" {
		c.signed(r, k.Secret, body)
	}
	for _, line := range c.headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r, nil
}

// signed signs as GitHub does, or with a secret of that form as Standard
// Webhooks have it.
func (c httpCall) signed(r *http.Request, secret, body string) {
	text, standard := strings.CutPrefix(secret, "whsec_")
	if !standard {
		m := hmac.New(sha256.New, []byte(secret))
		_, _ = io.WriteString(m, body) // it never fails
		r.Header.Set("X-Hub-Signature-256", fmt.Sprintf("sha256=%x", m.Sum(nil)))
		return
	}
	raw, _ := base64.StdEncoding.DecodeString(text) // a wrong one signs wrongly
	stamp := time.Now().Add(-c.late).Unix()
	m := hmac.New(sha256.New, raw)
	fmt.Fprintf(m, "%s.%d.%s", c.id, stamp, body)
	r.Header.Set("Webhook-Id", c.id)
	r.Header.Set("Webhook-Timestamp", fmt.Sprint(stamp))
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// httpURL is where the daemon says that it takes calls.
func (h *house) httpURL() (string, error) {
	text, err := h.said()
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`url=(http://\S+)`).FindSubmatch(text)
	if found == nil {
		return "", errors.New("the daemon does not say where it takes calls")
	}
	return string(found[1]), nil
}
