package rpc

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
)

func TestParametersAreReadStrictly(t *testing.T) {
	var performed atomic.Bool
	r := start(t, echo(func(_ context.Context, method string, _ any) (any, error) {
		if method != DaemonInfo {
			performed.Store(true)
		}
		return nil, nil
	}), nil).raw(t)
	for _, c := range []struct{ method, params, says string }{
		{RunGet, `{"run":"a/1","dry":true}`, `unknown member "dry"`},
		{RunGet, `{"Run":"a/1"}`, `unknown member "Run"`},
		{RunGet, `{"run":"a/1","run":"b/1"}`, `"run" is given twice`},
		{RunGet, `{"run":7}`, `"run" must be a string, not a number`},
		{RunGet, `{"run":null}`, `"run" is missing`},
		{RunGet, `{}`, `"run" is missing`},
		{RunGet, `["a/1"]`, `must be an object`},
		{RunGet, `null`, `"run" is missing`},
		{RunGet, `{"run":"a/1","` + strings.Repeat("x", 500_000) + `":1}`, `unknown member "xxx`},
		{RunDelete, `{"run":"a/1","dry_run":1}`, `"dry_run" must be true or false`},
		{RunList, `{"before":-1}`, `"before" must be a whole number, 0 or more`},
		{RunList, `{"limit":1.5}`, `"limit" must be a whole number`},
		{RunList, `{"limit":1e400}`, `"limit" must be a whole number`},
		{LogRead, `{"run":"a/1","step":"s","offset":99999999999999999999}`, `"offset" must be a whole number`},
		{RunPlay, `{"run":"a/1","steps":"x"}`, `"steps" must be an array of strings`},
		{RunPlay, `{"run":"a/1","steps":[1]}`, `"steps" must be an array of strings`},
		{RunPlay, `{"run":"a/1","variables":["K=V"]}`, `"variables" must be an object of strings`},
		{RunPlay, `{"run":"a/1","variables":{"K":1}}`, `"variables" must be an object of strings`},
		{RunUnschedule, `{"run":"a/1"}`, `"steps" is missing`},
		{RunStart, `{"pipeline":"a","inputs":[]}`, `"inputs" must be an object`},
		{RunStart, `{"pipeline":"a","priority":"high"}`, `"priority" must be a whole number`},
		{PipelinePause, `{"name":"a","until":"noon"}`, `"noon" is no time`},
		{DaemonInfo, `{"a":1}`, `the method has no parameters`},
		{Discover, `{"a":1}`, `the method has no parameters`},
	} {
		r.send(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, c.method, c.params)
		a := r.receive()
		if a.Error.Code != CodeParams || !strings.Contains(a.Error.Message, c.says) || !strings.Contains(a.Error.Message, c.method) {
			t.Errorf("%s %.80s: %+v, want %s", c.method, c.params, a.Error, c.says)
		}
		if len(a.Error.Message) > 300 {
			t.Errorf("%s: a message of %d bytes", c.method, len(a.Error.Message))
		}
	}
	if performed.Load() {
		t.Error("a method was performed")
	}
	r.ok()
}

func TestWhatIsLeftOutIsZero(t *testing.T) {
	got := make(chan any, 1)
	r := start(t, echo(func(_ context.Context, _ string, q any) (any, error) {
		got <- q
		return nil, nil
	}), nil).raw(t)
	r.send(`{"jsonrpc":"2.0","id":1,"method":"run.watch","params":{"run":"a/1","wait_ms":null}}`)
	if a := r.receive(); a.Error.Code != 0 {
		t.Fatalf("%+v", a.Error)
	}
	if q := *(<-got).(*RunWatchRequest); q != (RunWatchRequest{Run: "a/1"}) {
		t.Errorf("%+v", q)
	}
}
