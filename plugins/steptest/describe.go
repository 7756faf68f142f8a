package steptest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/penstock/penstock/plugins/protocol"
)

// byHand: a person who starts the binary is told what it is.
func byHand(b *bench) {
	p := b.prepare()
	stdout, stderr := p.open("stdout"), p.open("stderr")
	p.command.Stdout, p.command.Stderr = stdout, stderr
	p.command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, b.suite.Environment...)
	p.launch()
	p.close(stdout)
	p.close(stderr)
	if state := p.awaitEnd(p.suite.Patience); state.ExitCode() <= 0 {
		b.Errorf("without the handshake cookie the process ends with %s, want an exit code above 0", state)
	}
	if said := p.text("stdout") + p.text("stderr"); len(strings.Fields(said)) < 4 {
		b.Errorf("without the handshake cookie the process says %q, want a sentence for people", said)
	}
}

// choosesVersion: the list has no order and may hold what is not known yet.
func choosesVersion(b *bench) {
	p := b.prepare()
	for i, variable := range p.command.Env {
		if strings.HasPrefix(variable, "PLUGIN_PROTOCOL_VERSIONS=") {
			p.command.Env[i] = "PLUGIN_PROTOCOL_VERSIONS=9000,1"
		}
	}
	stdout := p.open("stdout")
	p.command.Stdout, p.command.Stderr = stdout, stdout
	p.launch()
	p.close(stdout)
	p.handshake(func() string { return p.text("stdout") })
}

// outputName is what ParseOutputs takes for a name.
var outputName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func describes(b *bench) {
	d := b.process().alive()
	if name := filepath.Base(b.suite.Binary); name != protocol.BinaryPrefix+d.Type {
		b.Errorf("type %q in a binary named %q: the name is %s and the type", d.Type, name, protocol.BinaryPrefix)
	}
	if d.Version == "" {
		b.Error("no version")
	}
	if d.Summary == "" || strings.ContainsAny(d.Summary, "\r\n") {
		b.Errorf("summary %q is not one line", d.Summary)
	}
	seen := map[string]bool{}
	for _, o := range d.Outputs {
		if !outputName.MatchString(o.Name) || seen[o.Name] {
			b.Errorf("output %q is no name or there twice", o.Name)
		}
		seen[o.Name] = true
	}
	schemaKnows(b, d.SettingsSchema)
}

// schemaKnows checks that the schema is of an object and names the suite's
// settings.
func schemaKnows(b *bench, text []byte) {
	b.Helper()
	var schema struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		b.Fatalf("the settings schema is no JSON: %v", err)
	}
	if schema.Type != "object" {
		b.Errorf("the settings schema is of type %q, not object", schema.Type)
	}
	for key := range b.suite.Good {
		if schema.Properties[key] == nil {
			b.Errorf("the settings schema does not name %q", key)
		}
	}
}
