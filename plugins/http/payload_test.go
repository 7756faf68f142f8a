package http

import (
	"os"
	"path/filepath"
	"testing"
)

func TestThePayloadOfTheRunIsTheBody(t *testing.T) {
	d := newDesk(t)
	path := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(path, []byte(`{"ref":"main"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Settings{URL: "http://127.0.0.1", Method: "POST", Payload: true}
	e, err := newExchange(s, d.root, path, &d.log)
	if err != nil {
		t.Fatal(err)
	}
	if e.body.size != 14 || e.body.kind != "application/octet-stream" {
		t.Errorf("%+v", e.body)
	}
	if _, err := newExchange(s, d.root, "", &d.log); err == nil {
		t.Error("a run without a payload sends one")
	}
}
