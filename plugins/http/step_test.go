package http

import (
	"net/http"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step"
)

func TestOutputsAreSetOfAFailedAnswerToo(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/there")
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte("taken\n"))
	})
	directory := t.TempDir()
	err := step.Rehearse(t.Context(), directory, Settings{URL: url, Outputs: map[string]string{"place": "location"}}, Do)
	refuses(t, err, "409 Conflict, expected 2xx: taken")
	got, err := protocol.ReadOutputs(directory)
	if err != nil || got["status"] != "409" || got["body"] != "taken" || got["place"] != "/there" {
		t.Errorf("the outputs are %q, %v", got, err)
	}
}

func TestWithoutAnswerThereAreNoOutputs(t *testing.T) {
	directory := t.TempDir()
	err := step.Rehearse(t.Context(), directory, Settings{URL: "http://127.0.0.1:1"}, Do)
	refuses(t, err, "connection refused")
	if got, err := protocol.ReadOutputs(directory); err != nil || len(got) > 0 {
		t.Errorf("the outputs are %q, %v", got, err)
	}
}
