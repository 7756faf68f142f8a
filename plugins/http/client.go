package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	dialTimeout = 30 * time.Second
	maxHeader   = 64 << 10 // bytes of the answer's header
)

// newClient makes the client of one attempt. Its owner closes the idle
// connections.
func newClient(s Settings, root *os.Root, log io.Writer) (*http.Client, error) {
	trust, err := s.TLS.config(root)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		CheckRedirect: redirects(s.FollowRedirects, log),
		Transport:     &ways{home: s.transport(trust), away: s.transport(anonymous(trust))},
	}, nil
}

func (s Settings) transport(trust *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:         s.dial(),
		TLSClientConfig:     trust,
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true,
		// net/http repeats a request by itself on a connection that it used
		// before: the tries would not be ours to count.
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// ways are that to the origin of the step, and that to wherever redirects lead:
// nobody there is shown the client certificate.
type ways struct{ home, away *http.Transport }

// RoundTrip sends a request by the way that its redirects came.
func (w *ways) RoundTrip(r *http.Request) (*http.Response, error) {
	chain := []*http.Request{r}
	for q := r; q.Response != nil; {
		q = q.Response.Request
		chain = append([]*http.Request{q}, chain...)
	}
	if leftHome(r, chain) {
		return w.away.RoundTrip(r)
	}
	return w.home.RoundTrip(r)
}

// CloseIdleConnections is for [http.Client].
func (w *ways) CloseIdleConnections() {
	w.home.CloseIdleConnections()
	w.away.CloseIdleConnections()
}

// anonymous is c without who the step is, and without the name that its server
// must have.
func anonymous(c *tls.Config) *tls.Config {
	if c == nil {
		return nil
	}
	other := c.Clone()
	other.Certificates, other.ServerName = nil, ""
	return other
}

func (s Settings) dial() func(context.Context, string, string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if s.UnixSocket == "" {
		return dialer.DialContext
	}
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", s.UnixSocket)
	}
}

// TLS says whom to trust and who to be.
type TLS struct {
	CAFile             string `json:"ca_file,omitempty" jsonschema:"PEM file of the authorities to trust instead of the machine's"`
	CertFile           string `json:"cert_file,omitempty" jsonschema:"PEM file of the client certificate"`
	KeyFile            string `json:"key_file,omitempty" jsonschema:"PEM file of its key"`
	ServerName         string `json:"server_name,omitempty" jsonschema:"name that the server's certificate must have, instead of the URL's host"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify,omitempty" jsonschema:"accept any certificate: anybody on the way can read and change the exchange"`
}

// config answers nil, the defaults, for a nil TLS.
func (t *TLS) config(root *os.Root) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		text, err := readPEM(root, t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile == "" {
		return c, nil
	}
	pair, err := t.keyPair(root)
	c.Certificates = []tls.Certificate{pair}
	return c, err
}

func (t *TLS) keyPair(root *os.Root) (tls.Certificate, error) {
	certificate, err := readPEM(root, t.CertFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls.cert_file: %w", err)
	}
	key, err := readPEM(root, t.KeyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls.key_file: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls.cert_file and key_file: %w", err)
	}
	return pair, nil
}

// readPEM reads an absolute path as it is and a relative one below root.
func readPEM(root *os.Root, name string) ([]byte, error) {
	if filepath.IsAbs(name) {
		return os.ReadFile(name)
	}
	return root.ReadFile(name)
}

// distrusted says whether the server's certificate was refused.
func distrusted(err error) bool {
	var refused *tls.CertificateVerificationError
	return errors.As(err, &refused)
}
