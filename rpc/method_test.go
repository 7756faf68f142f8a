package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
)

// fill gives every field of v a value that is not its zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[Causes]() { // it has no end
			v.Set(reflect.ValueOf(Causes{{Subject: "s", Text: "t"}}))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	case reflect.String:
		v.SetString("a <b> \x1b ü")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(7)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	default:
		panic("no sample of " + v.Type().String())
	}
}

// wireName is the method that a Go method of Service stands for: PipelineApply
// is pipeline.apply.
func wireName(goName string) string {
	var b strings.Builder
	for i, r := range goName {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('.')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func TestEveryMethodHasItsRow(t *testing.T) {
	table, service := index(methods()), reflect.TypeFor[Service]()
	for m := range service.Methods() {
		row, ok := table[wireName(m.Name)]
		if !ok {
			t.Errorf("%s has no row in the table", m.Name)
			continue
		}
		if row.role < Viewer || row.role > Admin || row.summary == "" {
			t.Errorf("%s: role %d, summary %q", row.name, row.role, row.summary)
		}
		if q := m.Type.In(1).Elem(); q != row.request {
			t.Errorf("%s is bound to a request of type %v, not %v", row.name, row.request, q)
		}
	}
	if want := service.NumMethod() + 1; len(table) != want || len(methods()) != want {
		t.Errorf("the table has %d rows, %d names; want %d: the Service and %s", len(methods()), len(table), want, Discover)
	}
}

func TestEveryMethodThroughASocket(t *testing.T) {
	type received struct {
		method  string
		request any
	}
	var got atomic.Pointer[received]
	table := index(methods())
	d := start(t, echo(func(_ context.Context, method string, request any) (any, error) {
		got.Store(&received{method, request})
		answer := reflect.New(table[method].response)
		fill(answer.Elem())
		return answer.Interface(), nil
	}), nil)
	client := d.dial(t)
	schemas := resultSchemas(t, client)
	for m := range reflect.TypeFor[Service]().Methods() {
		name := wireName(m.Name)
		t.Run(name, func(t *testing.T) {
			request := reflect.New(m.Type.In(1).Elem())
			fill(request.Elem())
			out := reflect.ValueOf(client).MethodByName(m.Name).Call([]reflect.Value{reflect.ValueOf(t.Context()), request})
			if err := out[1].Interface(); err != nil {
				t.Fatal(err)
			}
			if r := got.Load(); r.method != name || !reflect.DeepEqual(r.request, request.Interface()) {
				t.Errorf("the service got %s %+v, want %s %+v", r.method, r.request, name, request)
			}
			want := reflect.New(m.Type.Out(0).Elem())
			fill(want.Elem())
			if !reflect.DeepEqual(out[0].Interface(), want.Interface()) {
				t.Errorf("the client got %+v, want %+v", out[0], want)
			}
			for _, answer := range []any{want.Interface(), reflect.New(want.Type().Elem()).Interface()} {
				text := plain(t, answer)
				if err := schemas[name].Validate(text); err != nil {
					t.Errorf("rpc.discover describes another answer: %v", err)
				}
				sayMore(text)
				if err := schemas[name].Validate(text); err != nil {
					t.Errorf("rpc.discover allows no answer that says more: %v", err)
				}
			}
		})
	}
}

// sayMore adds a member to every object in a JSON value.
func sayMore(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			sayMore(inner)
		}
		v["moon"] = "full"
	case []any:
		for _, inner := range v {
			sayMore(inner)
		}
	}
}

// plain is v as JSON has it.
func plain(t *testing.T, v any) (p any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func resultSchemas(t *testing.T, c *Client) map[string]*jsonschema.Resolved {
	t.Helper()
	schemas := map[string]*jsonschema.Resolved{}
	d := discovered(t, c)
	for _, m := range d.Methods {
		if m.Result.Schema.Ref != "" {
			m.Result.Schema.Defs = d.Components.Schemas
		}
		resolved, err := m.Result.Schema.Resolve(nil)
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		schemas[m.Name] = resolved
	}
	return schemas
}

func discovered(t *testing.T, c *Client) document {
	t.Helper()
	text, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var d document
	// A schema that stands alone has its definitions inside of it.
	text = bytes.ReplaceAll(text, []byte("#/components/schemas/"), []byte("#/$defs/"))
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDiscoverDescribesTheTable(t *testing.T) {
	d := discovered(t, start(t, echo(silent), nil).dial(t))
	if d.OpenRPC != "1.3.2" || d.Info.Version != fmt.Sprint(Version) {
		t.Errorf("openrpc %q, version %q", d.OpenRPC, d.Info.Version)
	}
	rows := methods()
	if len(d.Methods) != len(rows) {
		t.Fatalf("%d methods described, %d in the table", len(d.Methods), len(rows))
	}
	for i, m := range d.Methods {
		if m.Name != rows[i].name || m.Role != rows[i].role.String() || m.Summary == "" {
			t.Errorf("%+v, want %s for a %s", m, rows[i].name, rows[i].role)
		}
		for _, e := range m.Errors {
			name := strings.TrimPrefix(e.Ref, "#/components/errors/")
			if _, ok := d.Components.Errors[name]; !ok {
				t.Errorf("%s: no such error: %s", m.Name, e.Ref)
			}
		}
	}
	if f := d.Components.Errors["permission"]; f.Code != CodePermission || f.Data == nil || f.Data.Ref != "#/$defs/PermissionData" {
		t.Errorf("permission: %+v", f)
	}
}

func TestDiscoverSaysWhatIsRequired(t *testing.T) {
	for _, m := range discovered(t, start(t, echo(silent), nil).dial(t)).Methods {
		if m.Name != LogRead {
			continue
		}
		var required []string
		for _, p := range m.Params {
			if p.Required {
				required = append(required, p.Name)
			}
		}
		if got := strings.Join(required, " "); got != "run step" {
			t.Errorf("log.read requires %q", got)
		}
	}
}

// sample returns parameters that the method takes.
func sample(t *testing.T, m method) string {
	t.Helper()
	request := reflect.New(m.request)
	fill(request.Elem())
	text, err := json.Marshal(request.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryMethodForEveryRole(t *testing.T) {
	var performed atomic.Int32
	service := echo(func(context.Context, string, any) (any, error) {
		performed.Add(1)
		return nil, nil
	})
	roles := Roles()
	for role := NoRole; role <= Admin; role++ {
		d := startWith(t, service, ServerOptions{Authorize: func(_ context.Context, _ Peer, method string) error {
			return Permit(method, roles[method], role)
		}}, nil)
		r := d.raw(t)
		for _, m := range methods() {
			t.Run(fmt.Sprintf("%s/%v", m.name, role), func(t *testing.T) {
				before := performed.Load()
				r.send(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, m.name, sample(t, m))
				a := r.receive()
				done := performed.Load() - before
				if role >= m.role {
					if a.Error.Code != 0 || (m.name != Discover && done != 1) {
						t.Errorf("refused: %+v", a.Error)
					}
				} else if a.Error.Code != CodePermission || done != 0 {
					t.Errorf("permitted: %+v, performed %d times", a.Error, done)
				}
			})
		}
	}
}

func TestOnlyTheTableIsCallable(t *testing.T) {
	r := start(t, echo(silent), nil).raw(t)
	for _, name := range []string{"rpc.serverInfo", "rpc.cancel", "run", "Run.Get", "run.get ", "RunGet", "$/cancel", strings.Repeat("x", 100_000)} {
		r.send(`{"jsonrpc":"2.0","id":1,"method":%q}`, name)
		if a := r.receive(); a.Error.Code != CodeNoMethod || len(a.Error.Message) > 300 {
			t.Errorf("%.20s: %+v", name, a.Error)
		}
	}
}

func TestWithoutAuthorizeNothingIsPermitted(t *testing.T) {
	c := startWith(t, echo(silent), ServerOptions{}, nil).dial(t)
	_, err := c.DaemonInfo(t.Context(), new(Empty))
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodePermission {
		t.Errorf("%v", err)
	}
}

func TestPermitRefusesWhatIsInNoTable(t *testing.T) {
	if err := Permit("run.steal", Roles()["run.steal"], Admin); err == nil {
		t.Error("permitted")
	}
}

func TestParseRoleIsTheInverseOfString(t *testing.T) {
	for r := Viewer; r <= Admin; r++ {
		if got, err := ParseRole(r.String()); got != r || err != nil {
			t.Errorf("%v: %v, %v", r, got, err)
		}
	}
	for _, s := range []string{"", "root", "Admin"} {
		if _, err := ParseRole(s); err == nil {
			t.Errorf("%q is a role", s)
		}
	}
}
