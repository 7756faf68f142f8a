package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock/penstock/rpc"
)

// disturb pauses a schedule and freezes everything now and then, until drain.
// Then it stops what the clock starts: those instants are skipped from there on.
func (l *load) disturb(ctx context.Context) error {
	c := &client{socket: l.socket}
	defer c.drop()
	second := &rpc.SchedulePauseRequest{Schedule: "clock/second", Reason: "torture"}
	for l.during(ctx, 2*time.Second) {
		if err := once(ctx, c, (*rpc.Client).SchedulePause, second); err != nil {
			return err
		}
		l.during(ctx, 1500*time.Millisecond)
		if err := once(ctx, c, (*rpc.Client).ScheduleResume, &rpc.ScheduleResumeRequest{Schedule: second.Schedule}); err != nil {
			return err
		}
		l.during(ctx, 2*time.Second)
		if err := once(ctx, c, (*rpc.Client).FreezeSet, &rpc.FreezeSetRequest{Reason: "torture"}); err != nil {
			return err
		}
		l.during(ctx, 300*time.Millisecond)
		if err := once(ctx, c, (*rpc.Client).FreezeLift, &rpc.Empty{}); err != nil {
			return err
		}
	}
	for _, ticking := range []string{"clock", "dated"} {
		if err := once(ctx, c, (*rpc.Client).SchedulePause, &rpc.SchedulePauseRequest{Schedule: ticking, Reason: "the torture ends"}); err != nil {
			return err
		}
	}
	return nil
}

// during waits, and reports whether the load is to go on.
func (l *load) during(ctx context.Context, t time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-l.drain:
		return false
	case <-time.After(t):
		return true
	}
}

// deliver puts files where they are waited for, each under its name at once.
func (l *load) deliver(ctx context.Context) error {
	for n := 1; l.during(ctx, 250*time.Millisecond); n++ {
		made := filepath.Join(l.files, fmt.Sprintf(".%d", n))
		if err := os.WriteFile(made, fmt.Appendf(nil, "file %d\n", n), 0o600); err != nil {
			return err
		}
		if err := os.Rename(made, filepath.Join(l.files, fmt.Sprintf("%d.job", n))); err != nil {
			return err
		}
		l.delivered = n
	}
	return nil
}

// call starts runs over HTTP, and asks again with the same idempotency key where
// the answer was lost.
func (l *load) call(ctx context.Context) error {
	c := &client{socket: l.socket}
	defer c.drop()
	key, err := ask(ctx, c, (*rpc.Client).KeyCreate, &rpc.KeyCreateRequest{Pipeline: l.calls.name, Name: "torture"})
	if err != nil {
		return err
	}
	for n := 1; l.during(ctx, 0); n++ {
		run, err := callOnce(ctx, key, fmt.Sprint("call-", n), []byte("{}"))
		if err != nil {
			return err
		}
		l.acknowledge(run, l.calls)
		if err := l.watch(ctx, c, l.calls, run); err != nil {
			return fmt.Errorf("%s: %w", run, err)
		}
	}
	return nil
}

// callOnce calls until there is an answer that is not for now only.
func callOnce(ctx context.Context, key *rpc.KeyCreateResponse, id string, body []byte) (run string, err error) {
	web := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", key.Socket)
		},
	}}
	for until := time.Now().Add(patience); time.Now().Before(until); {
		var again bool
		if run, again, err = post(ctx, web, key, id, body); !again {
			return run, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return "", err
}

// post calls; again is whether it is worth another try.
func post(ctx context.Context, web *http.Client, key *rpc.KeyCreateResponse, id string, body []byte) (run string, again bool, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, key.URL, bytes.NewReader(body))
	if err != nil {
		return "", false, err
	}
	q.Header.Set("Authorization", "Bearer "+key.Secret)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Idempotency-Key", id)
	answer, err := web.Do(q)
	if err != nil {
		return "", true, err
	}
	said, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return "", true, err
	}
	var told struct{ Run string }
	switch answer.StatusCode {
	case http.StatusAccepted, http.StatusOK:
		err = json.Unmarshal(said, &told)
		return told.Run, err != nil, err
	case http.StatusConflict, http.StatusServiceUnavailable:
		again = true
	}
	return "", again, fmt.Errorf("POST %s: %s: %s", key.URL, answer.Status, said)
}
