package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Keys is a list of trigger keys.
func (s Style) Keys(list []rpc.Key) string {
	rows := make([][]string, len(list))
	for i, k := range list {
		rows[i] = []string{
			s.paint(bold, KeyName(k)), Line(k.Secret), Line(k.Form), s.lastUsed(k.LastUsed), s.expiry(k.ExpiresAt),
			callers(k.Addresses), Line(k.ID),
		}
	}
	return s.table([]string{"KEY", "SECRET", "FORM", "LAST USED", "EXPIRES", "FROM", "ID"}, rows)
}

// KeyName names a key: nightly/ci.
func KeyName(k rpc.Key) string { return Line(k.Pipeline + "/" + k.Name) }

func (s Style) lastUsed(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return s.When(*t)
}

func (s Style) expiry(t *time.Time) string {
	switch {
	case t == nil:
		return "never"
	case t.After(s.Now):
		return s.Moment(*t)
	}
	return s.paint(red, "expired "+s.When(*t))
}

func callers(addresses []string) string {
	if len(addresses) == 0 {
		return "anywhere"
	}
	return Line(strings.Join(addresses, ", "))
}

// KeyCreated shows a key with its secret, and how to call with it.
func (s Style) KeyCreated(r rpc.KeyCreateResponse) string {
	var b strings.Builder
	b.WriteString(s.pairs(
		[2]string{"key", KeyName(r.Key) + " (" + Line(r.Key.ID) + ")"},
		[2]string{"form", Line(r.Key.Form)},
		[2]string{"from", callers(r.Key.Addresses)},
		[2]string{"expires", s.expiry(r.Key.ExpiresAt)},
		[2]string{"secret", s.paint(bold, Line(r.Secret))},
	))
	b.WriteString("\nThe secret is shown now and never again: the daemon keeps none.\n\n" + s.howToCall(r))
	b.WriteString(s.takes(r))
	return b.String()
}

func (s Style) howToCall(r rpc.KeyCreateResponse) string {
	switch {
	case r.URL == "":
		return "Nothing can call yet: the daemon does not listen for HTTP. Set listen in [http] of its\nconfiguration and start it again.\n"
	case r.Key.Form == "github":
		return "In the settings of the repository, Webhooks:\n" + s.pairs(
			[2]string{"Payload URL", Line(r.URL)}, [2]string{"Content type", "application/json"}, [2]string{"Secret", "the secret above"})
	case r.Key.Form == "standard":
		return "Give the sender (in GitLab: Settings, Webhooks):\n" + s.pairs(
			[2]string{"URL", Line(r.URL)}, [2]string{"Signing token", "the secret above"})
	}
	return curl(r)
}

// curl is a call that a shell can make as it is.
func curl(r rpc.KeyCreateResponse) string {
	over := ""
	if r.Socket != "" {
		over = " --unix-socket " + quote(r.Socket)
	}
	body := "{}"
	if r.Key.Form == "api" {
		body = sample(r.Inputs)
	}
	return fmt.Sprintf("curl --fail-with-body%s -X POST %s \\\n  -H %s \\\n  -H 'Content-Type: application/json' \\\n  -d %s\n",
		over, quote(r.URL), quote("Authorization: Bearer "+r.Secret), quote(body))
}

// sample is a body with the inputs that a call must give.
func sample(inputs []rpc.KeyInput) string {
	var given []string
	for _, i := range inputs {
		if i.Required {
			given = append(given, fmt.Sprintf("%q: %s", i.Name, i.Sample))
		}
	}
	if len(given) == 0 {
		return "{}"
	}
	return `{"inputs": {` + strings.Join(given, ", ") + "}}"
}

// quote quotes for a shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(Line(text), "'", `'\''`) + "'"
}

// takes says what a call may give. A webhook gives its payload alone: what
// becomes of it is said by a trigger.
func (s Style) takes(r rpc.KeyCreateResponse) string {
	var b strings.Builder
	hook := r.Key.Form != "api"
	if hook && len(r.Inputs) > 0 {
		fmt.Fprintf(&b, "\nOf its payload a [[trigger]] with key = %q makes the inputs:\n", Line(r.Key.Name))
	}
	if len(r.Inputs) > 0 {
		rows := make([][]string, len(r.Inputs))
		for i, in := range r.Inputs {
			needed := "default " + in.Sample
			if in.Required {
				needed = "required"
			}
			rows[i] = []string{Line(in.Name), Line(in.Type), Line(needed), Line(in.Description)}
		}
		b.WriteString("\n" + s.table([]string{"INPUT", "TYPE", "", ""}, rows))
	}
	if !hook && len(r.Variables) > 0 {
		b.WriteString("\nVariables that it may change: " + Line(strings.Join(r.Variables, ", ")) + "\n")
	}
	return b.String()
}
