package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a program and looks at its exit code.
func (h *house) exits(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = exit.ExitCode(), nil
	}
	if err == nil && strconv.Itoa(code) != args[0] {
		err = fmt.Errorf("%s ended with the exit code %d, not %s", args[1], code, args[0])
	}
	return err
}

// json looks at one value of the JSON that the last program printed.
func (h *house) json(ts *testscript.TestScript, neg bool, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	value, err := dig(ts.ReadFile("stdout"), args[0])
	if err != nil {
		return err
	}
	if is := fmt.Sprint(value); (is == args[1]) == neg {
		return fmt.Errorf("%s is %q", args[0], is)
	}
	return nil
}

// keys looks at the members of an object.
func (h *house) keys(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) == 0 {
		return errArguments
	}
	value, err := dig(ts.ReadFile("stdout"), args[0])
	if err != nil {
		return err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", args[0])
	}
	for _, key := range args[1:] {
		if _, ok := object[key]; !ok {
			return fmt.Errorf("%s has no %s, but %v", args[0], key, slices.Sorted(maps.Keys(object)))
		}
	}
	return nil
}

// dig is the value at a path such as stages.0.name; "." is the whole.
func dig(text, path string) (value any, err error) {
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("stdout is not JSON: %w", err)
	}
	if path == "." {
		return value, nil
	}
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			member, ok := v[part]
			if !ok {
				return nil, fmt.Errorf("there is no %s on the way to %s", part, path)
			}
			value = member
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil, fmt.Errorf("there is no %s on the way to %s, which has %d", part, path, len(v))
			}
			value = v[i]
		default:
			return nil, fmt.Errorf("%s is below the value %v", part, v)
		}
	}
	return value, nil
}
