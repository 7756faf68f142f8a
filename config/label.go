package config

import (
	"fmt"
	"regexp"
	"strings"
)

// The bounds of what runs are called.
const (
	maxTitle  = 255 // bytes of the name of a run, or of the value of a label
	MaxLabels = 50  // of one run
)

var labelName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`)

// CheckLabel is why a run cannot have the label, nil where it can.
func CheckLabel(name, value string) error {
	switch {
	case !labelName.MatchString(name):
		return fmt.Errorf("label %s: a name is 1 to 63 letters, digits, _ . and -, beginning with a letter, a digit or _", quote(name))
	case len(value) > maxTitle:
		return fmt.Errorf("label %s: its value has %d bytes; at most %d are allowed", quote(name), len(value), maxTitle)
	case strings.IndexFunc(value, isControl) >= 0:
		return fmt.Errorf("label %s: its value holds a control character", quote(name))
	}
	return nil
}

// RunName makes the name of a run of text: on one line, and cut where it has
// more than 255 bytes. A name is for people only, so that none is a reason to
// refuse a run.
func RunName(text string) string {
	line := strings.ToValidUTF8(strings.Join(strings.FieldsFunc(text, isControl), " "), "\ufffd")
	line = strings.TrimSpace(line)
	if len(line) <= maxTitle {
		return line
	}
	return strings.ToValidUTF8(line[:maxTitle-len("…")], "") + "…"
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

// labels reads the labels that every run of the pipeline has.
func (t table) labels() []Variable {
	labels, ok := t.sub("labels")
	if !ok {
		return nil
	}
	if n := len(labels.values); n > MaxLabels {
		t.report(t.key("labels"), "there are %d labels; at most %d are allowed", n, MaxLabels)
	}
	var all []Variable
	for _, name := range sortedKeys(labels.values) {
		at := labels.key(name)
		value, reason := variableText(at, labels.values[name])
		if reason != "" {
			t.report(at, "label %s: %s", quote(name), reason)
			continue
		}
		constant := value
		if holdsPlaceholder(value) {
			constant = ""
		}
		if err := CheckLabel(name, constant); err != nil {
			t.report(at, "%v", err)
			continue
		}
		all = append(all, Variable{Name: name, Value: value})
	}
	return all
}

func (t table) runName() string {
	text, ok := t.text("run_name")
	switch {
	case ok && strings.TrimSpace(text) == "":
		t.report(t.key("run_name"), "run_name is empty; leave it out where runs need no name but their number")
	case len(text) > maxTitle && !holdsPlaceholder(text):
		t.report(t.key("run_name"), "run_name has %d bytes; at most %d are kept", len(text), maxTitle)
	}
	return text
}
