package daemon

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/listener"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

const idle = `name = "%s"
type = "dynamic"
[variables]
WHO = "me"
[[input]]
name = "n"
type = "number"
[[input]]
name = "pick"
options = ["one", "two"]
[[input]]
name = "on"
type = "boolean"
default = true
[[stage]]
name = "s"
[[stage.step]]
name = "x"
uses = "sleep"
with = { for = "0s" }
resource_group = "production"
`

func withHTTP(c *config.Daemon) { c.HTTP.Listen = "127.0.0.1:0" }

func TestAKeyIsMadeListedChangedAndDeleted(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	h.apply(fmt.Sprintf(idle, "b"))
	soon := time.Now().Add(time.Hour)
	made := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{
		Pipeline: "a", Name: "ci", Addresses: []string{"10.0.0.1", "2001:db8::/32"}, ExpiresAt: &soon, MaySkipLocks: true,
	}))
	url, _ := h.d.http.Address()
	if made.URL != url+"/v1/pipelines/a/trigger" || key.ID(made.Secret) != made.Key.ID || !strings.HasPrefix(made.Key.Secret, made.Secret[20:24]) {
		t.Errorf("%+v", made)
	}
	if got, want := fmt.Sprint(made.Inputs, made.Variables), `[{n number true  0} {pick string true  "one"} {on boolean false  true}] [WHO]`; got != want {
		t.Errorf("a call may give %s, want %s", got, want)
	}
	hook := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "b", Name: "git", Form: "github"}))
	if hook.URL != url+"/v1/hooks/"+hook.Key.ID {
		t.Errorf("%+v", hook)
	}
	all := must[*rpc.KeyListResponse](t)(h.KeyList(t.Context(), &rpc.KeyListRequest{})).Keys
	if len(all) != 2 || fmt.Sprint(all[0].Addresses) != "[10.0.0.1/32 2001:db8::/32]" || !all[0].ExpiresAt.Equal(soon) || !all[0].MaySkipLocks || all[1].Form != "github" {
		t.Errorf("%+v", all)
	}
	if text := fmt.Sprintf("%+v", all); strings.Contains(text, made.Secret[30:]) || strings.Contains(text, hook.Secret[30:]) {
		t.Error("the list has a secret")
	}
	changed := must[*rpc.Key](t)(h.KeyUpdate(t.Context(), &rpc.KeyUpdateRequest{Pipeline: "a", Key: "ci", Rename: "build", AnyAddress: true, NoExpiry: true}))
	if changed.Name != "build" || changed.Addresses != nil || changed.ExpiresAt != nil || changed.ID != made.Key.ID {
		t.Errorf("%+v", changed)
	}
	must[*rpc.Key](t)(h.KeyUpdate(t.Context(), &rpc.KeyUpdateRequest{Pipeline: "a", Key: "build", Addresses: []string{"10.0.0.2"}, ExpiresAt: &soon}))
	one := must[*rpc.KeyListResponse](t)(h.KeyList(t.Context(), &rpc.KeyListRequest{Pipeline: "a"})).Keys
	if len(one) != 1 || one[0].Name != "build" || fmt.Sprint(one[0].Addresses) != "[10.0.0.2/32]" || one[0].ExpiresAt == nil {
		t.Errorf("%+v", one)
	}
	must[*rpc.Key](t)(h.KeyDelete(t.Context(), &rpc.KeyDeleteRequest{Pipeline: "a", Key: made.Key.ID}))
	_, err := h.KeyDelete(t.Context(), &rpc.KeyDeleteRequest{Pipeline: "a", Key: made.Key.ID})
	refused(t, err, rpc.CodeNotFound, "no trigger key")
}

func TestKeysThatAreNotMade(t *testing.T) {
	h := newHouse(t)
	h.apply(fmt.Sprintf(idle, "a"))
	past := time.Now().Add(-time.Hour)
	for says, q := range map[string]*rpc.KeyCreateRequest{
		"is no name":   {Pipeline: "a", Name: "CI server"},
		"want one of":  {Pipeline: "a", Name: "ci", Form: "gitlab"},
		"no address":   {Pipeline: "a", Name: "ci", Addresses: []string{"example.org"}},
		"bits beyond":  {Pipeline: "a", Name: "ci", Addresses: []string{"10.0.0.1/8"}},
		"at most 100":  {Pipeline: "a", Name: "ci", Addresses: make([]string, 101)},
		"past already": {Pipeline: "a", Name: "ci", ExpiresAt: &past},
	} {
		_, err := h.KeyCreate(t.Context(), q)
		refused(t, err, rpc.CodeInvalid, says)
	}
	_, err := h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "nosuch", Name: "ci"})
	refused(t, err, rpc.CodeNotFound, "nosuch")
	_, err = h.KeyList(t.Context(), &rpc.KeyListRequest{Pipeline: "nosuch"})
	refused(t, err, rpc.CodeNotFound, "nosuch")
	for says, q := range map[string]*rpc.KeyUpdateRequest{
		"one of the two": {Pipeline: "a", Key: "x", AnyAddress: true, Addresses: []string{"10.0.0.1"}},
		"no expiry":      {Pipeline: "a", Key: "x", NoExpiry: true, ExpiresAt: &past},
		"is no name":     {Pipeline: "a", Key: "x", Rename: "X Y"},
	} {
		_, err := h.KeyUpdate(t.Context(), q)
		refused(t, err, rpc.CodeInvalid, says)
	}
	for i := range maxKeys {
		must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: fmt.Sprintf("k%d", i/2)}))
	}
	_, err = h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "more"})
	refused(t, err, rpc.CodeConflict, "100 trigger keys")
	_, err = h.KeyDelete(t.Context(), &rpc.KeyDeleteRequest{Pipeline: "a", Key: "k1"})
	refused(t, err, rpc.CodeConflict, "2 trigger keys", "by its id")
}

// post makes a call with a key.
func (h *house) post(path, secret, body string, headers ...string) (int, string) {
	h.t.Helper()
	url, _ := h.d.http.Address()
	r, err := http.NewRequestWithContext(h.t.Context(), "POST", url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Close = true
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestACallIsAStartLikeOthersAndLeavesItsTraces(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci", MaySkipLocks: true}))
	const path, right = "/v1/pipelines/a/trigger?wait=1m", `{"inputs": {"n": 7, "pick": "two"}, "variables": {"WHO": "you"}}`
	if code, text := h.post(path, k.Secret, right); code != 200 {
		t.Fatal(code, text)
	}
	r := must[*rpc.Run](t)(h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "a/1"}))
	if r.Cause.Source != "trigger" || r.Cause.Actor != "key:ci" || r.Cause.Trigger != "ci" || r.Inputs["n"] != 7.0 || r.Variables["WHO"] != "you" {
		t.Errorf("%+v", r)
	}
	if r.Stages[0].Steps[0].ResourceGroup != "production" {
		t.Error("a call that did not ask skips locks")
	}
	if used := must[*rpc.KeyListResponse](t)(h.KeyList(t.Context(), &rpc.KeyListRequest{})).Keys[0].LastUsed; used == nil {
		t.Error("the key was never used")
	}
	skip := fmt.Sprintf(`{"inputs": {"n": 7, "pick": "two"}, "advanced": {"skip_locks": %d}}`, time.Now().Unix())
	if code, text := h.post(path, k.Secret, skip); code != 200 {
		t.Fatal(code, text)
	}
	r = must[*rpc.Run](t)(h.RunGet(t.Context(), &rpc.RunGetRequest{Run: "a/2"}))
	if r.Stages[0].Steps[0].ResourceGroup != "" || !strings.Contains(r.Cause.Note, "skip_locks") {
		t.Errorf("%+v", r)
	}
	for body, says := range map[string]string{
		`{}`: "pick", `{"inputs": {"n": "x", "pick": "two"}}`: "must be a number", `{"inputs": {"m": 1}}`: "there is no input m",
		`{"variables": {"PENSTOCK_RUN": "x"}}`:                           "daemon's own",
		`{"variables": {"GIT_SSH": "x"}}`:                                "the pipeline's to set",
		`{"advanced": {"sub_queue": "` + strings.Repeat("q", 26) + `"}}`: "at most 25",
	} {
		if code, text := h.post(path, k.Secret, body); code != 400 || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s, want 400 and %s", body, code, text, says)
		}
	}
	if all := must[*rpc.RunListResponse](t)(h.RunList(t.Context(), &rpc.RunListRequest{})).Runs; len(all) != 2 {
		t.Errorf("%d runs", len(all))
	}
}

func TestCallsThatAreOneAtOnceMakeOneRun(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci"}))
	const calls = 30
	answers := make(chan string, calls)
	for range calls {
		go func() {
			_, text := h.post("/v1/pipelines/a/trigger", k.Secret, `{"inputs": {"n": 7, "pick": "two"}}`, "Idempotency-Key", "once")
			answers <- text
		}()
	}
	first := 0
	for range calls {
		text := <-answers
		if !strings.Contains(text, `"run":"a/1"`) {
			t.Error(text)
		}
		if strings.Contains(text, `"duplicate":false`) {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d calls made the run", first)
	}
}

func TestARefGoesToTheInputOfThatName(t *testing.T) {
	with, without := &config.Pipeline{Inputs: []config.Input{{Name: "ref"}}}, &config.Pipeline{}
	for _, c := range []struct {
		p     *config.Pipeline
		ref   string
		given map[string]any
		want  string // "!" is refused
	}{
		{with, "feature/x", nil, "map[ref:feature/x]"},
		{with, "feature/x", map[string]any{"ref": "mine"}, "map[ref:mine]"},
		{with, "", nil, "map[]"},
		{without, "", nil, "map[]"}, {without, "main", nil, "map[]"}, {without, "master", nil, "map[]"}, {without, "nope", nil, "!"},
	} {
		inputs, err := refInputs(c.p, c.ref, c.given)
		got := fmt.Sprint(inputs)
		if err != nil {
			got = "!"
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.ref, got, c.want)
		}
	}
}

// What callers are told names nobody and no path of ours.
func TestWhatCallersAreTold(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&plan.Refusal{Problems: []plan.Problem{{Message: "x"}}}, "400 refused"},
		{&engine.PausedError{Pause: store.Pause{Actor: "alice", Reason: "hush"}}, "409 paused"},
		{&engine.FrozenError{Freeze: store.Freeze{Actor: "alice", Reason: "hush"}}, "409 frozen"},
		{&engine.OverlapError{}, "409 overlap"},
		{engine.ErrStopping, "503 unavailable"},
		{engine.ErrNotFound, "404 not_found"},
		{rpc.Errorf(rpc.CodeDiskLow, "/var/lib/alice is full: hush"), "503 disk_low"},
		{rpc.Errorf(rpc.CodeInvalid, "x"), "400 invalid"},
		{rpc.Errorf(rpc.CodeConflict, "x"), "409 conflict"}, {engine.ErrExpired, "409 conflict"},
	} {
		told := toCaller(fmt.Errorf("wrapped: %w", c.err))
		refusal, ok := told.(*listener.Refusal)
		if !ok {
			t.Errorf("%v is not told: %v", c.err, told)
			continue
		}
		if got := fmt.Sprint(refusal.Status, " ", refusal.Code); got != c.want || strings.Contains(told.Error(), "alice") || strings.Contains(told.Error(), "hush") {
			t.Errorf("%v: %s %q, want %s", c.err, got, told, c.want)
		}
	}
	if err := fmt.Errorf("a fault"); toCaller(err) != err {
		t.Error("a fault is told")
	}
}

func TestAnotherSigningKeyFitsNoKeyThatWasMadeBefore(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "git", Form: "github"}))
	o := door{h.d}
	record, known, err := o.Key(k.Key.ID)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	if name, known, err := o.Pipeline(record); name != "a" || !known || err != nil {
		t.Fatal(name, known, err)
	}
	if s := must[key.Secret](t)(o.Secret(record)); s.Reveal() != k.Secret {
		t.Error("the secret is another than was shown")
	}
	h.d.signing = &state.SigningKey{Path: filepath.Join(h.dir, "other"), Size: key.SigningKeySize}
	if _, err := o.Secret(record); err == nil {
		t.Error("without a signing key there is a secret")
	}
	must[[]byte](t)(h.d.signing.Make())
	if _, err := o.Secret(record); err == nil || !strings.Contains(err.Error(), "another signing key") {
		t.Error(err)
	}
	nobody, known, err := o.Key("ffffffffffffffff")
	if known || err != nil || nobody.ID != "ffffffffffffffff" || len(nobody.Digest) != len(record.Digest) {
		t.Errorf("%+v, %v, %v", nobody, known, err)
	}
}

func TestAReloadChangesWhoMayCall(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci"}))
	const body = `{"inputs": {"n": 7, "pick": "two"}}`
	c := h.config
	c.HTTP.Allow = config.Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	h.reload = func() (config.Daemon, error) { return c, nil }
	if err := h.d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, text := h.post("/v1/pipelines/a/trigger", k.Secret, body); code != 404 {
		t.Error(code, text)
	}
	c.HTTP.Allow, c.HTTP.Listen = config.Callers{}, "127.0.0.1:1"
	if err := h.d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, text := h.post("/v1/pipelines/a/trigger", k.Secret, body); code != 202 {
		t.Error(code, text)
	}
	c.HTTP.Allow = config.Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for range 2 { // the second time without [http]: that is no reason to let others in
		if err := h.d.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code, text := h.post("/v1/pipelines/a/trigger", k.Secret, body); code != 404 {
			t.Error(code, text)
		}
		c.HTTP = config.HTTP{}
	}
	if log := h.log.String(); !strings.Contains(log, "needs a restart to take effect\" key=http.listen") || strings.Contains(log, k.Secret[30:]) {
		t.Error("the log does not say that http.listen needs a restart, or has the secret")
	}
}

func TestKeysGoWithTheirPipeline(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(fmt.Sprintf(idle, "a"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci"}))
	must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &rpc.PipelineDeleteRequest{Name: "a"}))
	h.apply(fmt.Sprintf(idle, "a"))
	if code, text := h.post("/v1/pipelines/a/trigger", k.Secret, `{"inputs": {"n": 7, "pick": "two"}}`); code != 404 {
		t.Error(code, text)
	}
}

// What is held is told to be, however little can be made of what was sent: who
// sends it again once that is over learns the rest.
func TestACallOfWhatIsHeldIsNotFoundWanting(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply(`name = "a"
type = "dynamic"
[[input]]
name = "ref"
[[trigger]]
name = "hook"
key = "hook"
inputs = { ref = "{{ payload.ref }}" }
[[stage]]
name = "s"
[[stage.step]]
name = "x"
uses = "sleep"
with = { for = "0s" }
`)
	h.apply("name = \"b\"\ntype = \"dynamic\"\n[[trigger]]\nname = \"ci\"\nkey = \"ci\"\n" + childText(script("true")))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "hook", Form: "webhook"}))
	ci := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "b", Name: "ci"}))
	call := func(want string) {
		t.Helper()
		for _, c := range [][]string{
			{"/v1/hooks/" + k.Key.ID, k.Secret, "no JSON"},
			{"/v1/pipelines/b/trigger", ci.Secret, `{"variables": {"PATH": "/tmp"}}`},
			{"/api/v4/projects/b/trigger/pipeline?ref=nowhere&token=" + ci.Secret, "", ""},
		} {
			code, text := h.post(c[0], c[1], c[2])
			if got := fmt.Sprint(code, " ", text); !strings.HasPrefix(got, want) {
				t.Errorf("%s: answered %s, want %s", c[0], got, want)
			}
		}
	}
	call(`400 {"code":"refused"`)
	if code, text := h.post("/v1/hooks/"+k.Key.ID, k.Secret, `{"ref": "v1"}`); code != 202 {
		t.Error(code, text)
	}
	if ref := h.get("a/1").Inputs["ref"]; ref != "v1" {
		t.Errorf("the trigger of the key gives %v", ref)
	}
	for _, of := range []string{"a/hook", "b/ci"} {
		must[*rpc.SchedulesResponse](t)(h.SchedulePause(t.Context(), &rpc.SchedulePauseRequest{Schedule: of}))
	}
	call(`409 {"code":"paused"`)
	for _, of := range []string{"a", "b"} {
		must[*rpc.SchedulesResponse](t)(h.ScheduleResume(t.Context(), &rpc.ScheduleResumeRequest{Schedule: of}))
		must[*rpc.PipelinePausesResponse](t)(h.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: of}))
	}
	call(`409 {"code":"paused"`)
	must[*rpc.Freeze](t)(h.FreezeSet(t.Context(), &rpc.FreezeSetRequest{}))
	call(`409 {"code":"frozen"`)
}

// Who calls again learns what became of the first call, whatever the pipeline
// takes by then.
func TestARepeatedCallHasItsAnswerWhateverTheTextIsByThen(t *testing.T) {
	h := newHouse(t, withHTTP)
	text := "name = \"a\"\ntype = \"dynamic\"\n%s" + childText(script("true"))
	h.apply(fmt.Sprintf(text, "[[input]]\nname = \"ref\"\n"))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci"}))
	call := func(duplicate bool) {
		t.Helper()
		code, text := h.post("/api/v4/projects/a/trigger/pipeline?ref=v1&token="+k.Secret, "", "", "Idempotency-Key", "once")
		if want := fmt.Sprintf(`"duplicate":%t`, duplicate); code != 201 || !strings.Contains(text, `"run":"a/1"`) || !strings.Contains(text, want) {
			t.Errorf("answered %d %s, want a/1 with %s", code, text, want)
		}
	}
	call(false)
	h.apply(fmt.Sprintf(text, ""))
	call(true)
	code, answer := h.post("/v1/pipelines/a/trigger", k.Secret, `{"variables": {"PATH": "/tmp"}}`, "Idempotency-Key", "once")
	if code != 202 || !strings.Contains(answer, `"duplicate":true`) {
		t.Errorf("answered %d %s", code, answer)
	}
}

// The body of a call may be long on its way, and its pipeline get another name
// meanwhile.
func TestAnAdmittedCallStartsItsPipelineWhateverThatIsCalledByThen(t *testing.T) {
	h := newHouse(t, withHTTP)
	h.apply("name = \"a\"\n" + childText(script("true")))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci"}))
	o := door{h.d}
	record, known, err := o.Key(k.Key.ID)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	h.rename("a", "b")
	h.apply("name = \"a\"\n" + childText(script("false")))
	if r := must[listener.Run](t)(o.Start(t.Context(), listener.Call{Key: record, Pipeline: "a"})); r.Name != "b/1" {
		t.Errorf("%s was started", r.Name)
	}
	if _, err := o.Await(t.Context(), 4711); err != listener.NotFound {
		t.Errorf("of a run that is not there any more the door says %v", err)
	}
}

// A child is a part of the run around it.
func TestChildrenOfARunThatSkipsLocksSkipThemToo(t *testing.T) {
	h := newHouse(t, withHTTP)
	const locked = "resource_group = \"g\"\n"
	inner := childText(locked + script("true"))
	h.apply("name = \"a\"\n" + childText(descend(childText(locked+descend(inner, "depend")), "depend")))
	k := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: "ci", MaySkipLocks: true}))
	groups := func(body string) (all []string) {
		t.Helper()
		code, text := h.post("/v1/pipelines/a/trigger?wait=1m", k.Secret, body)
		if code != 200 || !strings.Contains(text, `"status":"success"`) {
			t.Fatal(code, text)
		}
		name := must[*rpc.RunListResponse](t)(h.RunList(t.Context(), &rpc.RunListRequest{Pipeline: "a"})).Runs[0].Name
		for name != "" {
			x := step(h.get(name), "x")
			all, name = append(all, x.ResourceGroup), of(x)
		}
		return all
	}
	if got := fmt.Sprintf("%q", groups(fmt.Sprintf(`{"advanced": {"skip_locks": %d}}`, time.Now().Unix()))); got != `["" "" ""]` {
		t.Errorf("a run that skips locks, its child and that one's have the groups %s", got)
	}
}

// A call that is ready to be made gives what nothing else gives, and no variable
// is offered that callers may not set.
func TestANewKeyIsExplainedByItsTrigger(t *testing.T) {
	h := newHouse(t, withHTTP)
	text := strings.Replace(fmt.Sprintf(idle, "a"), `WHO = "me"`, "WHO = \"me\"\nPATH = \"/bin\"", 1)
	h.apply(text + "[[trigger]]\nkey = \"ci\"\ninputs = { n = 3, pick = \"{{ payload.pick }}\" }\n")
	for name, want := range map[string]string{
		"ci":    `[{n number false  3} {pick string false  "{{ payload.pick }}"} {on boolean false  true}] [WHO]`,
		"other": `[{n number true  0} {pick string true  "one"} {on boolean false  true}] [WHO]`,
	} {
		made := must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "a", Name: name}))
		if got := fmt.Sprint(made.Inputs, made.Variables); got != want {
			t.Errorf("%s: a call may give %s, want %s", name, got, want)
		}
	}
}
