package listener

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	asJSON   = "Content-Type: application/json"
	nightly  = "/v1/pipelines/nightly/trigger"
	notThere = `{"code":"not_found","message":"404 Not Found"}` + "\n"
)

func TestTheRightSecretStartsARun(t *testing.T) {
	h := newHouse(t)
	for _, body := range []string{
		fmt.Sprintf(`{"secret": %q, "inputs": {"keep": 7}, "variables": {"A": "1", "N": 2, "B": true}, "advanced": {"sub_queue": "q"}}`, h.secrets["api"]),
	} {
		h.wants(h.call("POST", nightly, body, asJSON), 202, `"run":"nightly/1"`, `"id":7`, `"status":"pending"`, `"duplicate":false`)
	}
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.wants(h.call("POST", nightly, `{}`, h.bearer("api"), asJSON, "Idempotency-Key: once"), 202)
	all := h.started()
	if len(all) != 3 {
		t.Fatalf("%d runs were started", len(all))
	}
	c := all[0]
	if c.Key.Name != "api" || c.Pipeline != "nightly" || c.Inputs["keep"] != 7.0 || c.SubQueue != "q" ||
		fmt.Sprint(c.Variables) != "map[A:1 B:true N:2]" || c.Request != "" || c.Payload != "" {
		t.Errorf("%+v", c)
	}
	if want := "key " + h.id("api") + " asked once"; all[2].Request != want {
		t.Errorf("the request is called %q, not %q", all[2].Request, want)
	}
}

// Who is not admitted gets the same answer, byte for byte, and nothing starts.
// Each call comes from an address of its own, for the limit of failures.
func TestWhoIsNotAdmittedLearnsNothing(t *testing.T) {
	h := newHouse(t)
	wrong := h.secrets["api"][:len(h.secrets["api"])-1] + "!"
	almost := h.secrets["api"][:len(h.secrets["api"])-1] + "0"
	body := func(secret string) string { return fmt.Sprintf(`{"secret": %q}`, secret) }
	gitLab := "/api/v4/projects/nightly/trigger/pipeline"
	hook := func(name string) string { return "/v1/hooks/" + h.id(name) }
	calls := map[string]*http.Request{
		"no path":                   h.asked("POST", "/", "{}", asJSON),
		"another path":              h.asked("POST", "/v1/pipelines/nightly", "{}", asJSON),
		"path with a slash":         h.asked("POST", nightly+"/", "{}", asJSON),
		"dots in the path":          h.asked("POST", "/v1/../v1/pipelines/nightly/trigger", "", h.bearer("api")),
		"two slashes":               h.asked("POST", "/"+nightly, "", h.bearer("api")),
		"GET":                       h.asked("GET", nightly, "", h.bearer("api")),
		"PUT":                       h.asked("PUT", nightly, "", h.bearer("api")),
		"OPTIONS":                   h.asked("OPTIONS", nightly, "", "Origin: https://evil.example", "Access-Control-Request-Method: POST"),
		"no secret":                 h.asked("POST", nightly, "{}", asJSON),
		"no body":                   h.asked("POST", nightly, ""),
		"a wrong secret":            h.asked("POST", nightly, body(almost), asJSON),
		"a wrong bearer":            h.asked("POST", nightly, "", "Authorization: Bearer "+almost),
		"no secret at all":          h.asked("POST", nightly, "", "Authorization: Bearer "+wrong),
		"basic":                     h.asked("POST", nightly, "", "Authorization: Basic "+h.secrets["api"]),
		"two bearers":               h.asked("POST", nightly, "", h.bearer("api"), h.bearer("api")),
		"an unknown id":             h.asked("POST", nightly, "", "Authorization: Bearer pk_ffffffffffffffff_"+strings.Repeat("a", 43)),
		"an unknown pipeline":       h.asked("POST", "/v1/pipelines/nosuch/trigger", "", h.bearer("api")),
		"another pipeline's":        h.asked("POST", nightly, "", h.bearer("other")),
		"for another pipeline":      h.asked("POST", "/v1/pipelines/weekly/trigger", body(h.secrets["api"]), asJSON),
		"an address":                h.asked("POST", nightly, "", h.bearer("listed")),
		"a forged address":          h.asked("POST", nightly, "", h.bearer("listed"), "X-Forwarded-For: 10.0.0.1", "X-Real-Ip: 10.0.0.1", "Forwarded: for=10.0.0.1"),
		"expired":                   h.asked("POST", nightly, "", h.bearer("expired")),
		"of another form":           h.asked("POST", nightly, "", h.bearer("webhook")),
		"a secret that signs":       h.asked("POST", nightly, "", h.bearer("github")),
		"in the query":              h.asked("POST", nightly+"?secret="+h.secrets["api"], ""),
		"GitLab GET":                h.asked("GET", gitLab+"?token="+h.secrets["api"], ""),
		"GitLab wrong":              h.asked("POST", gitLab+"?token="+almost, ""),
		"GitLab other":              h.asked("POST", gitLab, "token="+h.secrets["other"], "Content-Type: application/x-www-form-urlencoded"),
		"GitLab without":            h.asked("POST", gitLab, ""),
		"GitLab hook":               h.asked("POST", "/api/v4/projects/nightly/ref/main/trigger/pipeline?token="+almost, "{}"),
		"GitLab hook, in its body":  h.asked("POST", "/api/v4/projects/nightly/ref/main/trigger/pipeline", "token="+h.secrets["api"], "Content-Type: application/x-www-form-urlencoded"),
		"a hook without a secret":   h.asked("POST", hook("webhook"), "{}"),
		"a hook that is not there":  h.asked("POST", "/v1/hooks/ffffffffffffffff", "{}", h.bearer("webhook")),
		"a hook that is none":       h.asked("POST", "/v1/hooks/x", "{}", h.bearer("webhook")),
		"a hook of an api key":      h.asked("POST", hook("api"), "{}", h.bearer("api")),
		"another hook's":            h.asked("POST", hook("github"), "{}", h.bearer("webhook")),
		"a hook unsigned":           h.asked("POST", hook("github"), "{}", asJSON),
		"a hook by its secret":      h.asked("POST", hook("github"), "{}", asJSON, h.bearer("github")),
		"a hook forged":             h.asked("POST", hook("github"), "{}", asJSON, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64)),
		"a hook forged, unknown":    h.asked("POST", "/v1/hooks/ffffffffffffffff", "{}", asJSON, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64)),
		"a hook without its key":    h.asked("POST", hook("orphan"), "{}", asJSON, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64)),
		"a hook signed, plain":      h.asked("POST", hook("webhook"), "{}", asJSON, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64)),
		"stale":                     h.standard("m", h.clock.Now().Add(-6*time.Minute), "{}"),
		"from the future":           h.standard("m", h.clock.Now().Add(6*time.Minute), "{}"),
		"metrics":                   h.asked("GET", "/metrics", ""),
		"debug":                     h.asked("GET", "/debug/pprof/", ""),
		"a key that is to be found": h.asked("GET", "/v1/hooks/"+h.id("webhook"), ""),
	}
	n, want := 0, ""
	for name, r := range calls {
		n++
		a := h.do(h.from(fmt.Sprintf("127.0.1.%d", n)), r)
		if want == "" {
			want = a.raw
		}
		if a.code != 404 || a.body != notThere || a.raw != want {
			t.Errorf("%s is answered with\n%s\nwant\n%s", name, a.raw, want)
		}
	}
	if all := h.started(); len(all) != 0 {
		t.Errorf("runs were started: %+v", all)
	}
}

// What is done with a key that there is not is what is done with one that is
// called with a wrong secret: nobody can tell them apart by the time.
func TestAnUnknownKeyTakesTheWorkOfAWrongSecret(t *testing.T) {
	h := newHouse(t)
	const unknown = "ffffffffffffffff"
	forged, almost := "sha256="+strings.Repeat("0", 64), "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, c := range map[string]struct {
		id   string
		call func(id string) *http.Request
	}{
		"a bearer": {h.id("api"), func(id string) *http.Request {
			return h.asked("POST", nightly, "", "Authorization: Bearer pk_"+id+"_"+strings.Repeat("a", 43))
		}},
		"in the body": {h.id("api"), func(id string) *http.Request {
			return h.asked("POST", nightly, `{"secret": "pk_`+id+"_"+strings.Repeat("a", 43)+`"}`, asJSON)
		}},
		"GitLab's token": {h.id("api"), func(id string) *http.Request {
			return h.asked("POST", "/api/v4/projects/nightly/trigger/pipeline?token=pk_"+id+"_"+strings.Repeat("a", 43), "")
		}},
		"a webhook": {h.id("webhook"), func(id string) *http.Request {
			return h.asked("POST", "/v1/hooks/"+id, "{}", "X-Gitlab-Token: pk_"+id+"_"+strings.Repeat("a", 43))
		}},
		"GitHub": {h.id("github"), func(id string) *http.Request {
			return h.asked("POST", "/v1/hooks/"+id, "{}", asJSON, "X-Hub-Signature-256: "+forged)
		}},
		"Standard Webhooks": {h.id("standard"), func(id string) *http.Request {
			return h.asked("POST", "/v1/hooks/"+id, "{}", asJSON, "webhook-id: m", "webhook-timestamp: 1", "webhook-signature: "+almost)
		}},
		"a key that does not sign": {h.id("api"), func(id string) *http.Request {
			return h.asked("POST", "/v1/hooks/"+id, "{}", asJSON, "X-Hub-Signature-256: "+forged)
		}},
	} {
		asks := func(id string) string {
			h.mu.Lock()
			h.asks = nil
			h.mu.Unlock()
			h.wants(h.do(h.from("127.0.0.1"), c.call(id)), 404, notThere)
			h.clock.pass(time.Hour)
			h.mu.Lock()
			defer h.mu.Unlock()
			return fmt.Sprint(h.asks)
		}
		if known, not := asks(c.id), asks(unknown); known != not || !strings.HasPrefix(known, "[key") {
			t.Errorf("%s: the daemon is asked %s for a key that there is, %s for one that there is not", name, known, not)
		}
	}
}

func TestADeletedKeyIsRefusedAtOnce(t *testing.T) {
	h := newHouse(t)
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 202)
	h.mu.Lock()
	for id, k := range h.keys {
		if k.Name == "api" {
			delete(h.keys, id)
		}
	}
	h.mu.Unlock()
	if a := h.call("POST", nightly, "", h.bearer("api")); a.code != 404 || a.body != notThere {
		t.Error(a)
	}
}

// What can be said without the key says nothing of the key: it is the same for
// every pipeline and secret.
func TestWhatIsDecidedBeforeTheKeyIsLookedAt(t *testing.T) {
	h := newHouse(t)
	paths := []string{nightly, "/v1/pipelines/nosuch/trigger"}
	n := 0
	for name, c := range map[string]struct {
		body, kind string
		code       int
	}{
		"not JSON":      {"secret=x", asJSON, 400},
		"an array":      {"[]", asJSON, 400},
		"null":          {"null", asJSON, 400},
		"another kind":  {"{}", "Content-Type: text/plain", 415},
		"deep brackets": {`{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}", asJSON, 400},
		"10 MiB":        {strings.Repeat(" ", 10<<20), asJSON, 413},
	} {
		var first answer
		for i, path := range paths {
			n++
			a := h.do(h.from(fmt.Sprintf("127.0.2.%d", n)), h.asked("POST", path, c.body, c.kind))
			if i == 0 {
				first = a
			}
			if a.code != c.code || a.raw != first.raw {
				t.Errorf("%s: %s, want %d and %s", name, a.raw, c.code, first.raw)
			}
		}
	}
}

func TestALargeBodyIsRefusedOnlyToWhomTheKeyAdmits(t *testing.T) {
	h := newHouse(t)
	large := strings.Repeat(" ", 10<<20)
	h.wants(h.call("POST", nightly, large, asJSON, h.bearer("api")), 413, "too_large")
	h.wants(h.call("POST", nightly, large, asJSON, h.bearer("other")), 404, notThere)
	h.wants(h.call("POST", "/v1/hooks/"+h.id("webhook"), large, h.bearer("webhook")), 413)
	h.wants(h.call("POST", "/v1/hooks/"+h.id("webhook"), large, h.bearer("api")), 404)
	r := h.asked("POST", nightly, large, asJSON, h.bearer("api"))
	r.ContentLength = -1 // chunked: it says nothing beforehand
	h.wants(h.do(h.from("127.0.0.1"), r), 413)
	if len(h.started()) != 0 {
		t.Error("a run was started")
	}
}

func TestWhatAnAdmittedCallerMayNotGive(t *testing.T) {
	h := newHouse(t)
	for body, says := range map[string]string{
		`{"variable": {}}`:                       "unknown field",
		`{"variables": {"A": {}}}`:               `variable \"A\"`,
		`{"variables": {"A": null}}`:             `variable \"A\"`,
		`{"variables": []}`:                      "variables: want an object, not array",
		`{"advanced": {"skip_locks": "now"}}`:    "advanced.skip_locks: want a whole number, not string",
		`{"advanced": {"sub_queue": 1}}`:         "advanced.sub_queue: want a text, not number",
		`{"inputs": ` + strings.Repeat("9", 400): "JSON",
		`{"inputs": {"n": 1e400}}`:               "want a number that 64 bits can hold, not number 1e400",
		"{\"inputs\": {\"n\": \"\xff\"}}":        "not UTF-8",
	} {
		h.wants(h.call("POST", nightly, body, asJSON, h.bearer("api")), 400, says)
	}
	for _, wait := range []string{"x", "11m", "-1s", "1h"} {
		h.wants(h.call("POST", nightly+"?wait="+wait, "", h.bearer("api")), 400, "wait")
	}
	h.wants(h.call("POST", nightly, "", h.bearer("api"), "Idempotency-Key: "+strings.Repeat("x", 256)), 400, "Idempotency-Key")
	h.wants(h.call("POST", nightly, "", h.bearer("api"), "Idempotency-Key: "), 400, "Idempotency-Key")
	h.wants(h.call("POST", nightly, "", h.bearer("api"), "Idempotency-Key: a", "Idempotency-Key: b"), 400, "Idempotency-Key")
	h.wants(h.call("POST", "/api/v4/projects/nightly/trigger/pipeline", `{"token": "`+h.secrets["api"]+`", "inputs": ["a"]}`, asJSON), 400, "inputs: want an object")
	if len(h.started()) != 0 {
		t.Error("a run was started")
	}
}

func TestBracketsInTextsAreNotDeep(t *testing.T) {
	many := strings.Repeat("[", 100)
	for text, deep := range map[string]bool{
		`"` + many + `"`: false, `"\"` + many + `"`: false, `"\\` + many + `"`: false, `"\\"` + many: true, many: true,
		strings.Repeat("[", 64): false, strings.Repeat("[]", 100): false, strings.Repeat(`{"a":[`, 33): true, `"`: false, `"\`: false,
	} {
		if err := checkDepth([]byte(text)); (err != nil) != deep {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSkippingLocksWantsThePresent(t *testing.T) {
	h := newHouse(t)
	for offset, code := range map[time.Duration]int{0: 202, 10 * time.Minute: 202, -10 * time.Minute: 202, -time.Hour: 400, 11 * time.Minute: 400} {
		body := fmt.Sprintf(`{"advanced": {"skip_locks": %d}}`, h.clock.Now().Add(offset).Unix())
		h.wants(h.call("POST", nightly, body, asJSON, h.bearer("skipper")), code)
		h.wants(h.call("POST", nightly, body, asJSON, h.bearer("api")), 400, "may not skip locks")
	}
	for _, c := range h.started() {
		if !c.SkipLocks {
			t.Error("it is not passed on")
		}
	}
	if len(h.started()) != 3 {
		t.Errorf("%d runs were started", len(h.started()))
	}
}

func TestWhyNothingWasStartedIsToldToTheAdmitted(t *testing.T) {
	h := newHouse(t)
	h.refusal = &Refusal{Status: 409, Code: "paused", Message: "the pipeline is paused", Problems: []string{"x"}}
	h.wants(h.call("POST", nightly, "", h.bearer("api")), 409, `"code":"paused"`, `"problems":["x"]`)
	h.refusal = fmt.Errorf("the disk says %s", "/var/lib/penstock")
	a := h.call("POST", nightly, "", h.bearer("api"))
	if h.wants(a, 500, `"code":"internal"`); strings.Contains(a.body, "penstock") {
		t.Error("a fault of the daemon is told to callers")
	}
}

// standard is a call of the standard key, as those sign who send webhooks.
func (h *house) standard(id string, at time.Time, body string) *http.Request {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.secrets["standard"], "whsec_"))
	if err != nil {
		h.t.Fatal(err)
	}
	m := hmac.New(sha256.New, secret)
	fmt.Fprintf(m, "%s.%d.%s", id, at.Unix(), body)
	return h.asked("POST", "/v1/hooks/"+h.id("standard"), body, asJSON, "webhook-id: "+id, fmt.Sprint("webhook-timestamp: ", at.Unix()),
		"webhook-signature: v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// gitHub is a call of the github key.
func (h *house) gitHub(body string, headers ...string) *http.Request {
	m := hmac.New(sha256.New, []byte(h.secrets["github"]))
	fmt.Fprint(m, body)
	return h.asked("POST", "/v1/hooks/"+h.id("github"), body, append(headers, fmt.Sprintf("X-Hub-Signature-256: sha256=%x", m.Sum(nil)))...)
}

func TestHooksHandOverTheirPayloadAndNameThemselves(t *testing.T) {
	h := newHouse(t)
	c := h.from("127.0.0.1")
	const body = `{"ref": "main", "text": "ü <b>"}`
	h.wants(h.do(c, h.standard("m1", h.clock.Now(), body)), 202)
	h.wants(h.do(c, h.standard("m1", h.clock.Now(), body)), 202)
	h.wants(h.do(c, h.gitHub(body, asJSON)), 202)
	h.wants(h.call("POST", "/v1/hooks/"+h.id("webhook"), "not JSON at all", "X-Gitlab-Token: "+h.secrets["webhook"], "Idempotency-Key: k"), 202)
	h.wants(h.do(c, h.gitHub(`{"zen": "x"}`, asJSON, "X-GitHub-Event: ping")), 200, "ping")
	h.wants(h.do(c, h.gitHub("payload=%7B%7D", "Content-Type: application/x-www-form-urlencoded")), 415, "application/json")
	h.wants(h.do(c, h.gitHub("{\"a\": \"\xff\"}", asJSON)), 400, "UTF-8")
	all := h.started()
	if len(all) != 4 {
		t.Fatalf("%d runs were started", len(all))
	}
	if all[0].Remember != 24*time.Hour || all[2].Remember != 8*24*time.Hour || all[3].Remember != 0 {
		t.Errorf("they are remembered for %v, %v, %v", all[0].Remember, all[2].Remember, all[3].Remember)
	}
	if all[0].Payload != body || all[2].Payload != body || all[3].Payload != "not JSON at all" {
		t.Errorf("%+v", all)
	}
	if name := all[0].Request; name != "key "+h.id("standard")+" signed m1" || all[1].Request != name {
		t.Errorf("a replay is called %q and %q", name, all[1].Request)
	}
	if !strings.HasPrefix(all[2].Request, "key "+h.id("github")+" signed sha256=") || all[3].Request != "key "+h.id("webhook")+" asked k" {
		t.Errorf("%q, %q", all[2].Request, all[3].Request)
	}
}

func TestGitLabsCall(t *testing.T) {
	h := newHouse(t)
	secret := h.secrets["api"]
	path := "/api/v4/projects/nightly/trigger/pipeline"
	form := "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n" + secret + "\r\n--b\r\nContent-Disposition: form-data; name=\"variables[A]\"\r\n\r\n1\r\n--b--\r\n"
	for _, c := range []struct {
		path, body, kind string
		want             Call
	}{
		{path, "token=" + secret + "&ref=main&variables%5BA%5D=1&inputs[k]=v", "Content-Type: application/x-www-form-urlencoded",
			Call{Ref: "main", Variables: map[string]string{"A": "1"}, Inputs: map[string]any{"k": "v"}}},
		{path, fmt.Sprintf(`{"token": %q, "ref": "main", "variables": {"A": "1"}, "inputs": {"k": [1]}}`, secret), asJSON,
			Call{Ref: "main", Variables: map[string]string{"A": "1"}, Inputs: map[string]any{"k": []any{1.0}}}},
		{path + "?token=" + secret + "&ref=x&variables[A]=1", "", "X: y", Call{Ref: "x", Variables: map[string]string{"A": "1"}}},
		{path, form, "Content-Type: multipart/form-data; boundary=b", Call{Variables: map[string]string{"A": "1"}}},
		{"/api/v4/projects/nightly/ref/feature%2Fx/trigger/pipeline?ref=main&token=" + secret, `{"x":1}`, asJSON, Call{Ref: "feature/x", Payload: `{"x":1}`}},
	} {
		before := len(h.started())
		h.wants(h.call("POST", c.path, c.body, c.kind), 201, `"id":7`, `"iid":1`, `"source":"trigger"`, fmt.Sprintf(`"ref":%q`, c.want.Ref))
		all := h.started()
		if len(all) != before+1 {
			t.Fatalf("%s starts nothing", c.path)
		}
		got := all[before]
		if got.Ref != c.want.Ref || fmt.Sprint(got.Variables) != fmt.Sprint(c.want.Variables) || fmt.Sprint(got.Inputs) != fmt.Sprint(c.want.Inputs) || got.Payload != c.want.Payload {
			t.Errorf("%s: %+v, want %+v", c.path, got, c.want)
		}
	}
	for body, kind := range map[string]string{
		"nonsense": "Content-Type: multipart/form-data; boundary=b", form: "Content-Type: multipart/form-data", "%zz": "Content-Type: application/x-www-form-urlencoded",
	} {
		h.wants(h.call("POST", path, body, kind), 400)
	}
	for member, says := range map[string]string{
		`"variables": 1`: "variables: want an object", `"variables": {"A": [1]}`: `variable \"A\"`, `"ref": 7`: "ref: want a text",
		`"inputs": {"n": 1e400}`: "want a number that 64 bits can hold",
	} {
		h.wants(h.call("POST", path, fmt.Sprintf(`{"token": %q, %s}`, secret, member), asJSON), 400, says)
	}
}

// A form says nothing of its characters, and what is none cannot be kept.
func TestWhatIsNoTextIsRefusedInFormsAndPathsToo(t *testing.T) {
	h := newHouse(t)
	const form = "Content-Type: application/x-www-form-urlencoded"
	path, token := "/api/v4/projects/nightly/trigger/pipeline", "token="+h.secrets["api"]
	for _, wrong := range []string{"ref=%ff", "variables[A]=%ff", "variables[%ff]=a", "inputs[n]=%c3", "variables[A]=a&variables[A]=%ff"} {
		h.wants(h.call("POST", path, token+"&"+wrong, form), 400, "not UTF-8")
		h.wants(h.call("POST", path+"?"+token+"&"+wrong, ""), 400, "not UTF-8")
	}
	h.wants(h.call("POST", "/api/v4/projects/nightly/ref/%ff/trigger/pipeline?"+token, ""), 404)
	if len(h.started()) != 0 {
		t.Error("a run was started")
	}
	h.wants(h.call("POST", path, token+"&ref=%C3%A9&variables[A]=%E2%9C%93", form), 201, `"ref":"é"`)
}

func TestNumbersBecomeVariablesAsTheyAreWritten(t *testing.T) {
	h := newHouse(t)
	const numbers = `"variables": {"A": 1.10, "B": 1234567890123456789, "C": -0.0, "D": 1e400, "E": 12.50e-3, "F": true, "G": "1.10"}`
	h.wants(h.call("POST", nightly, "{"+numbers+"}", asJSON, h.bearer("api")), 202)
	h.wants(h.call("POST", "/api/v4/projects/nightly/trigger/pipeline", fmt.Sprintf(`{"token": %q, %s}`, h.secrets["api"], numbers), asJSON), 201)
	for _, c := range h.started() {
		if got, want := fmt.Sprint(c.Variables), "map[A:1.10 B:1234567890123456789 C:-0.0 D:1e400 E:12.50e-3 F:true G:1.10]"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
