package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/rpc"
)

// origin is how a drawn run comes to be.
type origin string

// The origins.
const (
	byCommand   origin = "command"
	asScheduled origin = "scheduled" // by a command, for an instant of a schedule
	afterRun    origin = "after"     // another pipeline's run
	byFile      origin = "file"
	byCall      origin = "call" // over HTTP
)

// epoch is when simulations begin.
var epoch = time.Unix(1_000_000_000, 0)

// trigger writes the trigger that the origin needs.
func (d *drawn) trigger(g *gates) {
	said := ""
	switch d.origin {
	case asScheduled:
		d.line("[[trigger]]\nname = \"at\"\nschedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"\nuntil = \"2020-01-01\"")
		said = d.pick("{{ trigger.name }} {{ trigger.scheduled_at }}", "{{ revision }}", "plain")
	case afterRun:
		d.line("[[trigger]]\nname = \"up\"\nafter = { pipeline = %q, status = [\"success\", \"failed\"] }", d.name+"-up")
		said = d.pick("{{ upstream.status }} of {{ upstream.run }}", "{{ upstream.outputs.x.k ?? 'none' }}", "{{ upstream.outputs.x.k }}")
	case byFile:
		d.line("[[trigger]]\nname = \"in\"\nfiles = { pattern = %q, settle = \"100ms\" }", filepath.Join(g.dir, "in", "*.job"))
		said = d.pick("{{ file.name }} {{ file.size }}", "{{ file.path }}")
	default:
		return
	}
	d.line("inputs = { mode = %q, said = %q }", d.pick("a", "b", "b", "c"), said)
	d.maybe(2, `variables = { GOT = %q }`, d.pick("triggered", "{{ trigger.name }}"))
}

// ask lets the run be asked for as it was drawn. It answers with what the
// simulation is to be told of that, and with the refusal, if any.
func (w *twin) ask(ctx context.Context) (config.Start, error) {
	w.Helper()
	s := config.Start{At: epoch}
	switch w.origin {
	case afterRun:
		s.Trigger, s.Upstream = "up", w.upstream(ctx)
		return s, w.heard(ctx, s.Trigger)
	case byFile:
		s.Trigger, s.File = "in", w.file()
		return s, w.heard(ctx, s.Trigger)
	case byCall:
		key := w.newKey(ctx)
		s.Source, s.Trigger, s.Inputs = "trigger", key.Key.Name, w.inputs()
		return s, w.call(ctx, key, s.Inputs)
	case asScheduled:
		at := time.Date(2026, 3, 1+w.IntN(28), 1, 30, 0, 0, time.UTC)
		s.Trigger, s.ScheduledAt = "at", at.Format(time.RFC3339)
		s.Source = "command"
		return s, w.start(ctx, &rpc.RunStartRequest{Trigger: "at", AsScheduled: &at})
	}
	s.Source, s.Inputs = "command", w.inputs()
	return s, w.start(ctx, &rpc.RunStartRequest{Inputs: s.Inputs})
}

func (w *twin) inputs() map[string]any { return map[string]any{"mode": w.mode} }

func (w *twin) start(ctx context.Context, q *rpc.RunStartRequest) error {
	q.Pipeline, q.Key = w.drawn.name, w.drawn.name
	_, err := ask(ctx, w.client, (*rpc.Client).RunStart, q)
	return err
}

// upstream lets a run end after which the drawn one is to start.
func (w *twin) upstream(ctx context.Context) expression.Upstream {
	w.Helper()
	up := expression.Upstream{Pipeline: w.drawn.name + "-up", Status: "success"}
	up.Run = up.Pipeline + "/1"
	script := ":"
	if w.IntN(3) > 0 {
		up.Outputs, script = map[string]map[string]string{"x": {"k": "up"}}, `echo k=up >> "$PENSTOCK_OUTPUT"`
	}
	if w.IntN(3) == 0 {
		up.Status, script = "failed", script+"; exit 3"
	}
	text := fmt.Sprintf("name = %q\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwith = { script = '%s' }\n", up.Pipeline, script)
	if _, err := ask(ctx, w.client, (*rpc.Client).PipelineApply, &rpc.PipelineApplyRequest{Text: text, File: up.Pipeline}); err != nil {
		w.Fatal(err)
	}
	q := &rpc.RunStartRequest{Pipeline: up.Pipeline, Key: up.Pipeline}
	if _, err := ask(ctx, w.client, (*rpc.Client).RunStart, q); err != nil {
		w.Fatal(err)
	}
	return up
}

// file puts a file where the drawn pipeline waits for it.
func (w *twin) file() expression.File {
	w.Helper()
	f := expression.File{Name: "new.job", Size: int64(w.IntN(100))}
	f.Path = filepath.Join(w.dir, "in", f.Name)
	made := filepath.Join(w.dir, "made")
	if err := errors.Join(os.WriteFile(made, bytes.Repeat([]byte("x"), int(f.Size)), 0o600), os.Rename(made, f.Path)); err != nil {
		w.Fatal(err)
	}
	return f
}

// heard waits until a trigger has decided what it heard of. The error is why it
// started nothing.
func (w *twin) heard(ctx context.Context, trigger string) error {
	w.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for until := time.Now().Add(patience); time.Now().Before(until); <-poll.C {
		ledger, err := ask(ctx, w.client, (*rpc.Client).ScheduleAudit, &rpc.ScheduleAuditRequest{Schedule: w.drawn.name + "/" + trigger})
		if err != nil {
			w.Fatal(err)
		}
		for _, t := range ledger.Ticks {
			if t.Run != "" {
				return nil
			}
			return &rpc.Error{Code: rpc.CodeInvalid, Message: t.Decision + " " + t.Reason + " " + t.Message}
		}
	}
	w.Fatalf("the trigger %s has heard of nothing\n%s", trigger, w.text.String())
	return nil
}

// newKey makes a key for calls: another where the answer, and the secret with it, was
// lost.
func (w *twin) newKey(ctx context.Context) *rpc.KeyCreateResponse {
	w.Helper()
	for n := 0; ; n++ {
		err := w.client.connect(ctx)
		if err == nil {
			var key *rpc.KeyCreateResponse
			key, err = w.client.conn.KeyCreate(ctx, &rpc.KeyCreateRequest{Pipeline: w.drawn.name, Name: fmt.Sprint("caller-", n)})
			if err == nil {
				return key
			}
		}
		if !passing(err) {
			w.Fatal(err)
		}
		w.client.drop()
	}
}

// call starts the run over HTTP.
func (w *twin) call(ctx context.Context, key *rpc.KeyCreateResponse, inputs map[string]any) error {
	w.Helper()
	body, err := json.Marshal(map[string]any{"inputs": inputs})
	if err != nil {
		w.Fatal(err)
	}
	if _, err = callOnce(ctx, key, "story", body); err != nil {
		return &rpc.Error{Code: rpc.CodeInvalid, Message: err.Error()}
	}
	return nil
}
