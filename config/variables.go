package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxVariable is what Linux takes as one string of an environment: execve(2),
// MAX_ARG_STRLEN, with the NUL at its end.
const (
	maxVariable = 128<<10 - 1
	tooLong     = "name and value have more than 131071 bytes together, which no process can be given"
)

// variables reads a table of environment variables, in the order of their
// names. Integers and booleans become text in their usual form, floats as they
// are written.
func (t table) variables(key string) []Variable {
	vars, ok := t.sub(key)
	if !ok {
		return nil
	}
	var all []Variable
	for _, name := range sortedKeys(vars.values) {
		if v, ok := vars.variable(name); ok {
			all = append(all, v)
		}
	}
	return all
}

func (t table) variable(name string) (Variable, bool) {
	if reason := refuseVariable(name); reason != "" {
		t.report(t.key(name), "variable %s: %s", quote(name), reason)
		return Variable{}, false
	}
	value, reason := variableText(t.key(name), t.values[name])
	if len(name)+len("=")+len(value) > maxVariable {
		reason = tooLong
	}
	if reason != "" {
		t.report(t.key(name), "variable %s: %s", quote(name), reason)
	}
	return Variable{Name: name, Value: value}, reason == ""
}

// variableText is a value as the text of a variable, or why it cannot be one.
func variableText(at *place, v any) (text, reason string) {
	switch v := v.(type) {
	case string:
		return v, ""
	case int64:
		return strconv.FormatInt(v, 10), ""
	case bool:
		return strconv.FormatBool(v), ""
	case float64:
		return floatText(at.float, v)
	case map[string]any:
		if _, ok := v["secret"]; ok {
			return "", "secrets are not supported by this version"
		}
	}
	return "", "its value must be a string, a number or a boolean, not " + describe(v)
}

// floatText is a float as it is written, without underscores: a version 1.10
// must not become 1.1.
func floatText(written string, v float64) (text, reason string) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "", "its value must be a number; put nan and inf in quotes"
	}
	if written == "" {
		return strconv.FormatFloat(v, 'g', -1, 64), ""
	}
	return strings.ReplaceAll(strings.TrimPrefix(written, "+"), "_", ""), ""
}

// CheckVariable is why a step cannot be given the environment variable, nil
// where it can: a name that a pipeline's text could not set either, a value
// that no process can be given.
func CheckVariable(name, value string) error {
	switch reason := refuseVariable(name); {
	case reason != "":
		return fmt.Errorf("variable %s: %s", quote(name), reason)
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("variable %s: its value holds the character \\u0000, which no process can be given", quote(name))
	case len(name)+len("=")+len(value) > maxVariable:
		return fmt.Errorf("variable %s: %s", quote(name), tooLong)
	}
	return nil
}

// refuseVariable says why a pipeline cannot set the variable name, "" where it
// can.
//
// Refused is what would make a program other than the step's own run code or
// lose its way before the step's work begins: the dynamic loader (ld.so(8)),
// the C library's tables, and what a shell reads or runs at its start (sh(1),
// bash(1)). PATH, PYTHONPATH, NODE_OPTIONS, GIT_* and their like are allowed:
// they act on programs which the same author calls, and pipelines need them.
func refuseVariable(name string) string {
	switch {
	case !validVariable(name):
		return "a name is letters, digits and _, and does not begin with a digit"
	case strings.HasPrefix(name, "PENSTOCK_"):
		return "names that begin with PENSTOCK_ are the daemon's own"
	case hijacks(name):
		return "it would change how every program of the step starts; set it inside the script, for the one that needs it"
	}
	return ""
}

func hijacks(name string) bool {
	switch name {
	case "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "GCONV_PATH", "GLIBC_TUNABLES":
		return true
	}
	return strings.HasPrefix(name, "LD_")
}

func validVariable(name string) bool {
	for i := range len(name) {
		if c := name[i]; !lower(c) && !upper(c) && c != '_' && (!digit(c) || i == 0) {
			return false
		}
	}
	return name != ""
}
