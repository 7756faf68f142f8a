package ctl

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"
)

// values is what a run is given, as the command line has it.
type values struct {
	inputs    []string // NAME=VALUE
	inputFile string
	variables []string // KEY=VALUE
}

func (v *values) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&v.inputs, "input", nil, "NAME=VALUE, an input; may be repeated")
	f.StringVar(&v.inputFile, "input-file", "", "a file with inputs, an object in JSON; \"-\" is standard input")
	f.StringArrayVar(&v.variables, "var", nil, "KEY=VALUE, an environment variable for every step; may be repeated")
}

// given reads the inputs and variables of the command line.
func (a *app) given(v values) (inputs map[string]any, variables map[string]string, err error) {
	inputs, err = a.readInputs(v.inputFile)
	texts, wrong := pairs("--input", v.inputs)
	variables, bad := pairs("--var", v.variables)
	if err := errors.Join(err, wrong, bad); err != nil {
		return nil, nil, err
	}
	for name, text := range texts {
		if inputs == nil {
			inputs = map[string]any{}
		}
		inputs[name] = text
	}
	return inputs, variables, nil
}

// readInputs reads an object in JSON; "" is no file.
func (a *app) readInputs(name string) (inputs map[string]any, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := a.readFile(name)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if err := json.Unmarshal([]byte(f.text), &inputs); err != nil {
		return nil, usagef("%s: want an object in JSON, such as {\"keep\": 7}: %w", f.name, err)
	}
	return inputs, nil
}
