package render

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

func sampleKeys() []rpc.Key {
	later := noon.Add(24 * time.Hour)
	return []rpc.Key{
		{ID: "0011223344556677", Pipeline: "nightly", Name: "ci", Form: "api", Secret: "Ab12…", CreatedAt: before(time.Hour), CreatedBy: "alice", LastUsed: at(time.Minute)},
		{ID: "8899aabbccddeeff", Pipeline: "nightly", Name: "github", Form: "github", Secret: "zZ9x…", Addresses: []string{"10.0.0.0/8", "2001:db8::/32"}, ExpiresAt: &later},
		{ID: "0000000000000001", Pipeline: "weekly", Name: "old", Form: "webhook", Secret: "0000…", ExpiresAt: at(time.Hour)},
	}
}

func sampleCreated(form string) rpc.KeyCreateResponse {
	k := sampleKeys()[0]
	k.Form = form
	r := rpc.KeyCreateResponse{
		Key: k, Secret: "pk_0011223344556677_Ab12", URL: "http://127.0.0.1:8420/v1/hooks/0011223344556677", Variables: []string{"PGHOST", "REGION"},
		Inputs: []rpc.KeyInput{
			{Name: "environment", Type: "string", Required: true, Description: "Where to", Sample: `"it's \u003cprod\u003e"`},
			{Name: "keep", Type: "number", Sample: "7"},
		},
	}
	if form == "api" {
		r.URL, r.Socket = "http://localhost/v1/pipelines/nightly/trigger", "/run/penstock/http.sock"
	}
	return r
}

func TestAReadyCallSurvivesItsShell(t *testing.T) {
	text := plainStyle().KeyCreated(sampleCreated("api"))
	for _, part := range []string{
		"--unix-socket '/run/penstock/http.sock'", "'Authorization: Bearer pk_0011223344556677_Ab12'",
		`-d '{"inputs": {"environment": "it'\''s \u003cprod\u003e"}}'`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is not in\n%s", part, text)
		}
	}
}
