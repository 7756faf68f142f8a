package http

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/penstock/penstock/plugins/step"
)

// Version is the step's version.
const Version = "1.0.0"

// About describes the step. A process serves sixteen attempts at a time: they
// mostly wait for servers.
func About() step.About {
	return step.About{
		Type:          "http",
		Version:       Version,
		Summary:       "Send an HTTP request, judge and keep the answer",
		Documentation: documentation,
		Outputs: []step.Output{
			{Name: "status", Description: "status of the answer, such as 200"},
			{Name: "body", Description: "the first 32 KiB of the answer, without newlines at its end; not set where it is saved to a file or is no text"},
		},
		Capacity: 16,
	}
}

// Do makes the exchange. An answer with another status than expected, and no
// answer, are the work's no; so is what keeps a request from being sent.
func Do(ctx context.Context, s Settings, t *step.Task) error {
	root, err := os.OpenRoot(t.Workspace())
	if err != nil {
		return err
	}
	defer root.Close()
	e, err := newExchange(s, root, t.Payload(), t)
	if err != nil {
		return step.Failf("%s %s: %v", s.withDefaults().Method, hidden(s.URL), err)
	}
	o, err := e.perform(ctx)
	if err != nil {
		return err
	}
	kept := setOutputs(t, s.Outputs, o.answer)
	if err := e.judge(o); err != nil {
		return err
	}
	if kept != nil {
		return step.Failf("keep the answer as outputs: %v", kept)
	}
	return nil
}

// hidden is public for a URL that may be none.
func hidden(text string) string {
	u, err := parseURL(text)
	if err != nil {
		return "(no URL)"
	}
	return public(u)
}

// maxExcerpt is how much of an unexpected answer stands in the failure's
// message, in bytes.
const maxExcerpt = 512

func (e *exchange) judge(o outcome) error {
	asked := e.settings.Method + " " + public(e.target)
	switch {
	case o.err != nil:
		return step.Failf("%s: %v", asked, o.err)
	case e.expected(o):
		return nil
	}
	message := fmt.Sprintf("%s: the answer is %s, expected %s", asked, named(o.answer.status), e.settings.Status)
	if text := o.answer.excerpt(maxExcerpt); text != "" {
		message += ": " + text
	}
	return step.Failf("%s", message)
}

// setOutputs sets what later steps may read, of an answer that failed the step
// too. There is nothing to set where there was no answer.
func setOutputs(t *step.Task, headers map[string]string, a answer) error {
	if a.status == 0 {
		return nil
	}
	err := t.SetOutput("status", strconv.Itoa(a.status))
	if text, is := a.text(); is && !a.saved {
		err = errors.Join(err, t.SetOutput("body", text))
	}
	for name, header := range headers {
		err = errors.Join(err, t.SetOutput(name, a.header.Get(header)))
	}
	return err
}

const documentation = `Sends one request and judges the answer by its status.

    with = { url = "https://api.internal/health" }

    [stage.step.with]
    method  = "PUT"
    url     = "https://backup.internal/app.sql"
    file    = "app.sql"                      # or body = "text", json = { … }, payload = true
    status  = [200, 201]                     # default "2xx"
    timeout = "10m"                          # of each try; default 5m
    headers = { X-Kind = "dump" }
    auth    = { username = "u", password = "p" }   # or { token = "…" }
    retry   = { max = 3, delay = "10s" }     # status = [429, 502, 503, 504]
    outputs = { etag = "ETag" }              # a header of the answer

The outputs are "status" and "body", or the answer goes to a file of the
workspace (save = "answer.json"), there whole or not at all.

A POST or PATCH whose connection fails is tried again only where the server
cannot have seen it, unless retry.connection = "any". Redirects are followed to
the same scheme, host and port (follow_redirects = "any" or "none" otherwise);
headers and credentials of the step never go to another host.

TLS: tls = { ca_file, cert_file, key_file, server_name, insecure_skip_verify }.
A Unix socket: unix_socket = "/run/app.sock", url = "http://app/path".
`
