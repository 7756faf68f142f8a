package listener

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// Listener takes calls.
type Listener struct {
	daemon  Daemon
	metrics Metrics
	log     *slog.Logger
	times   Times
	now     func() time.Time

	network  string // tcp or unix
	secure   bool   // it speaks TLS, whatever a reload says
	listener net.Listener
	server   *http.Server
	settings atomic.Pointer[settings]

	failures  *buckets[netip.Prefix]
	uses      *buckets[string] // of each key
	calls     *places          // of those whose key is looked at before their body is read
	strangers *places          // of all others
	waits     *places
}

// settings are what a reload changes.
type settings struct {
	trusted, allow, metrics config.Callers
	certificate             *tls.Certificate
}

// Config is what a listener is made of.
type Config struct {
	HTTP    config.HTTP // with Listen
	Daemon  Daemon
	Metrics Metrics
	Log     *slog.Logger
	Times   Times            // zero values are the defaults
	Now     func() time.Time // nil: the clock of the machine
}

// Times bound how long a connection may take for what.
type Times struct {
	Header  time.Duration // to send the head of a request; default 5 s
	Body    time.Duration // to send its body, and as much again for each half MiB that came; default 10 s
	Request time.Duration // to send all of it; default 30 s
	Answer  time.Duration // to take the answer, from the head on, without what ?wait asks for; default 60 s
	Idle    time.Duration // between two requests; default 2 min
	Stop    time.Duration // for calls under way when it ends; default 2 s
}

func (t Times) orDefault() Times {
	for _, d := range []struct {
		of      *time.Duration
		standby time.Duration
	}{{&t.Header, 5 * time.Second}, {&t.Body, 10 * time.Second}, {&t.Request, 30 * time.Second}, {&t.Answer, time.Minute}, {&t.Idle, 2 * time.Minute}, {&t.Stop, 2 * time.Second}} {
		if *d.of == 0 {
			*d.of = d.standby
		}
	}
	return t
}

// Open listens. Nobody is answered before Serve.
func Open(c Config) (*Listener, error) {
	l := &Listener{
		daemon: c.Daemon, metrics: c.Metrics, log: c.Log, times: c.Times.orDefault(), now: c.Now,
		failures: newBuckets[netip.Prefix](20, 3*time.Second), uses: newBuckets[string](100, time.Second/20),
		calls: newPlaces(64, 32), strangers: newPlaces(64, 32), waits: newPlaces(256, 64),
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.secure = c.HTTP.TLSCert != ""
	take, err := l.Prepare(c.HTTP)
	if err != nil {
		return nil, err
	}
	take()
	if err := l.listen(c.HTTP); err != nil {
		return nil, fmt.Errorf("http.listen = %q: %w", c.HTTP.Listen, err)
	}
	l.server = l.newServer()
	return l, nil
}

func (l *Listener) listen(h config.HTTP) (err error) {
	path, isPath := strings.CutPrefix(h.Listen, config.UnixListen)
	var inner net.Listener
	if isPath {
		l.network = "unix"
		inner, err = rpc.Listen(path, true)
	} else {
		l.network = "tcp"
		inner, err = net.Listen("tcp", h.Listen)
	}
	if err != nil {
		return err
	}
	l.listener = newCrowd(inner, l.isProxy)
	if l.secure {
		l.listener = tls.NewListener(l.listener, &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return l.settings.Load().certificate, nil },
		})
	}
	return nil
}

func (l *Listener) isProxy(a netip.Addr) bool { return l.settings.Load().trusted.Has(a) }

func (l *Listener) newServer() *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler: http.HandlerFunc(l.serve), Protocols: protocols, DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout: l.times.Header, ReadTimeout: l.times.Request, WriteTimeout: l.times.Answer, IdleTimeout: l.times.Idle,
		MaxHeaderBytes: maxHeader - headerSlop, ErrorLog: log.New(complaints{l.log}, "", 0), ConnContext: withMember, ConnState: rest,
	}
}

// complaints takes what net/http complains of.
type complaints struct{ log *slog.Logger }

// Write logs a complaint: those about the other side are no news.
func (c complaints) Write(text []byte) (int, error) {
	level := slog.LevelDebug
	if strings.Contains(string(text), "panic") {
		level = slog.LevelError
	}
	c.log.Log(context.Background(), level, "http", "complaint", strings.TrimSpace(string(text)))
	return len(text), nil
}

// Prepare reads what may change, the certificate as well; take then takes it
// over and cannot fail. Whether there is TLS at all, and where to listen, needs a
// new listener.
func (l *Listener) Prepare(h config.HTTP) (take func(), err error) {
	s := &settings{trusted: h.TrustedProxies, allow: h.Allow, metrics: h.Metrics}
	if was := l.settings.Load(); was != nil {
		s.certificate = was.certificate
	}
	if l.secure && h.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(h.TLSCert, h.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("http.tls_cert %s, http.tls_key %s: %w", h.TLSCert, h.TLSKey, err)
		}
		l.checkTime(h.TLSCert, pair.Leaf)
		s.certificate = &pair
	}
	return func() { l.settings.Store(s) }, nil
}

// checkTime says that nobody will believe a certificate. To end for that would
// help nobody: those who call over the Unix socket, schedules and people are
// not concerned.
func (l *Listener) checkTime(file string, leaf *x509.Certificate) {
	if now := l.now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		l.log.Warn("the certificate is not good now: callers will not believe it", "http.tls_cert", file, "not_before", leaf.NotBefore, "not_after", leaf.NotAfter)
	}
}

// Address is where it listens: http://127.0.0.1:8420, or with a socket its path
// and a URL whose host means nothing.
func (l *Listener) Address() (url, socket string) {
	scheme := "http://"
	if l.secure {
		scheme = "https://"
	}
	if l.network == "unix" {
		return scheme + "localhost", l.listener.Addr().String()
	}
	return scheme + l.listener.Addr().String(), ""
}

// Serve answers until ctx ends, gives calls under way a moment, and closes.
// Those that wait for a run are answered with what is known by then.
func (l *Listener) Serve(ctx context.Context) error {
	l.server.BaseContext = func(net.Listener) context.Context { return ctx }
	done := make(chan error, 1)
	go func() { done <- l.server.Serve(l.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("http: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.times.Stop)
	defer cancel()
	err := l.server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.server.Close()
	}
	<-done
	return err
}
