package ctl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check pipeline files without a daemon",
		Long: "Check pipeline files, and tests of pipelines (*.test.toml), without a daemon. \"-\" is\n" +
			"standard input. What only the daemon can know is left out: which step plugins there are\n" +
			"and what settings they take. For that use apply --dry-run.\n\n" +
			"With -o json the answer is {\"problems\": [...]}, empty where all is well.",
		Args: arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) },
	}
	return a.outputs(cmd)
}

func (a *app) validate(names []string) error {
	files, err := a.readFiles(names)
	if err != nil {
		return err
	}
	problems, text := append([]rpc.Problem{}, circles(files)...), ""
	for _, f := range files {
		line, err := examine(f)
		switch {
		case err != nil:
			problems = append(problems, problemsOf(f.name, err)...)
		case !slices.ContainsFunc(problems, func(p rpc.Problem) bool { return p.File == f.name }):
			text += render.Line(f.name) + ": " + line + "\n"
		}
	}
	if a.output == formatJSON {
		err := a.answer(rpc.InvalidData{Problems: problems}, nil)
		if err == nil && len(problems) > 0 {
			err = &exitError{code: ExitUsage}
		}
		return err
	}
	if err := a.print(text); err != nil {
		return err
	}
	if len(problems) > 0 {
		return refuse(problems)
	}
	return nil
}

// examine says what a file holds, or what is wrong with it.
func examine(f file) (string, error) {
	if strings.HasSuffix(f.name, testSuffix) {
		tests, err := config.ParseTests(f.name, []byte(f.text))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("its tests (%d) are well-formed", len(tests.Tests)), nil
	}
	source, err := config.ParsePipeline(f.name, []byte(f.text))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("pipeline %s is well-formed", source.Pipeline.Name), nil
}

// problemsOf is what config says is wrong, in rpc's words.
func problemsOf(name string, err error) []rpc.Problem {
	var found config.Problems
	if !errors.As(err, &found) {
		return []rpc.Problem{{File: name, Message: err.Error()}}
	}
	return problemsIn(found)
}

func problemsIn(found config.Problems) []rpc.Problem {
	problems := make([]rpc.Problem, len(found))
	for i, p := range found {
		problems[i] = rpc.Problem{File: p.File, Line: p.Line, Column: p.Column, Path: p.Path, Message: p.Message}
	}
	return problems
}
