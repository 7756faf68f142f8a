package http

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// An exchange is one attempt's request and all that its tries share.
type exchange struct {
	settings Settings // with defaults
	target   *url.URL
	body     body
	root     *os.Root // the workspace
	client   *http.Client
	key      string // Idempotency-Key; "" sends none
	log      io.Writer
}

// newExchange makes ready what can fail before anything is sent.
func newExchange(s Settings, root *os.Root, payload string, log io.Writer) (*exchange, error) {
	s = s.withDefaults()
	target, err := parseURL(s.URL)
	if err != nil {
		return nil, err
	}
	content, err := bodyOf(s, root, payload)
	if err != nil {
		return nil, err
	}
	client, err := newClient(s, root, log)
	if err != nil {
		return nil, err
	}
	e := &exchange{settings: s, target: target, body: content, root: root, client: client, log: log}
	if s.Retry != nil && !idempotent(s.Method) {
		e.key = rand.Text()
	}
	return e, nil
}

// perform tries until a try counts. The outcome is the last try's; an error is
// the log's or the context's.
func (e *exchange) perform(ctx context.Context) (outcome, error) {
	defer e.client.CloseIdleConnections()
	for number := 1; ; number++ {
		if err := e.logRequest(); err != nil {
			return outcome{}, err
		}
		begun := time.Now()
		o := e.try(ctx)
		if ctx.Err() != nil {
			return o, context.Cause(ctx)
		}
		wait, again := e.next(number, o)
		if err := e.logOutcome(o, time.Since(begun), wait, number, again); err != nil || !again {
			return o, err
		}
		if err := sleep(ctx, wait); err != nil {
			return o, err
		}
	}
}

func (e *exchange) next(number int, o outcome) (time.Duration, bool) {
	if e.settings.Retry == nil || e.expected(o) {
		return 0, false
	}
	return e.settings.Retry.next(number, o, time.Now())
}

func (e *exchange) expected(o outcome) bool {
	return o.err == nil && e.settings.Status.Has(o.answer.status)
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// try sends the request once and reads the answer to its end.
func (e *exchange) try(ctx context.Context) outcome {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(e.settings.Timeout))
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	a, err := e.send(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no whole answer within %s, the timeout of a try", e.settings.Timeout)
	}
	return outcome{answer: a, err: err, sent: sent.Load()}
}

func (e *exchange) send(ctx context.Context) (answer, error) {
	request, err := e.request(ctx)
	if err != nil {
		return answer{}, err
	}
	response, err := e.client.Do(request)
	if err != nil {
		return answer{}, bare(err)
	}
	defer response.Body.Close()
	return e.take(response)
}

// bare takes from net/http's error the URL, which may hold secrets.
func bare(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

// take reads the answer into the file where it is to be saved and its status
// is an expected one, else into memory.
func (e *exchange) take(response *http.Response) (a answer, err error) {
	a = answer{status: response.StatusCode, header: response.Header}
	if a.saved = e.settings.Save != "" && e.settings.Status.Has(a.status); a.saved {
		a.size, err = save(e.root, e.settings.Save, response.Body)
	} else {
		a.kept, a.size, err = read(response.Body)
	}
	if err != nil && !final(err) {
		err = fmt.Errorf("the answer (%d) broke off: %w", a.status, err)
	}
	return a, err
}
