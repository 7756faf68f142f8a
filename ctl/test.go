package ctl

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// testSuffix is how the name of a file of tests ends.
const testSuffix = ".test.toml"

func (a *app) testCommand() *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use:   "test FILE|DIRECTORY...",
		Short: "Test pipelines without a daemon",
		Long: "Test pipelines without a daemon. The tests of nightly.toml stand beside it, in\n" +
			"nightly.test.toml: what a run is started with, how its steps end, what people do, and\n" +
			"what is to come of it. Nothing is performed, and no time passes. FILE is either of the\n" +
			"two; a directory means all tests in it. See docs/testing.md.\n\n" +
			"The exit code is 0 where all tests pass, 1 where one fails, 2 where a file is wrong or no\n" +
			"test was found.\n\n" +
			"With -o json the answer is {\"tests\": [...], \"passed\": N, \"failed\": N, \"seconds\": S}; a test\n" +
			"has file, line, pipeline, name, passed and differences, each of which has line, column,\n" +
			"path, want and got.",
		Example: "  penstockctl test nightly.toml\n  penstockctl test pipelines/ --run 'failed|canceled'",
		Args:    arguments(1, -1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.test(cmd.Context(), args, only) },
	}
	cmd.Flags().StringVar(&only, "run", "", "only tests whose name fits a regular expression")
	return a.outputs(cmd)
}

func (a *app) test(ctx context.Context, names []string, only string) error {
	fits, err := regexp.Compile(only)
	if err != nil {
		return usagef("--run %q: %w", only, err)
	}
	suites, err := a.suites(names)
	if err != nil {
		return err
	}
	report, err := a.tests(ctx, suites, fits)
	if err != nil {
		return err
	}
	if err := a.answer(report, func(s render.Style) string { return s.Tests(report) }); err != nil {
		return err
	}
	switch {
	case report.Failed > 0:
		return &exitError{code: ExitRun}
	case len(report.Tests) == 0:
		return usagef("no test of %s fits --run %q", strings.Join(names, ", "), only)
	}
	return nil
}

// tests plays the tests whose names fit.
func (a *app) tests(ctx context.Context, suites []suite, fits *regexp.Regexp) (render.TestReport, error) {
	began := time.Now()
	report := render.TestReport{Tests: []render.TestResult{}}
	for _, s := range suites {
		for i := range s.tests.Tests {
			if ctx.Err() != nil {
				return report, ctx.Err()
			}
			if test := &s.tests.Tests[i]; fits.MatchString(test.Name) {
				report.Add(s.result(test, a.Test(s.pipeline, test)))
			}
		}
	}
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// suite is the tests of one file, and their pipeline.
type suite struct {
	file     string
	tests    *config.Tests
	pipeline *config.Pipeline
}

func (s suite) result(test *config.Test, found []config.Difference) render.TestResult {
	r := render.TestResult{
		File: s.file, Line: test.Line, Pipeline: s.pipeline.Name, Name: test.Name,
		Passed: len(found) == 0, Differences: []render.TestDifference{},
	}
	for _, d := range found {
		r.Differences = append(r.Differences, render.TestDifference{Line: d.Line, Column: d.Column, Path: d.Path, Want: d.Want, Got: d.Got})
	}
	return r
}

// suites reads all files of tests that are meant, and their pipelines. All that
// is wrong with them is said before the first test is played.
func (a *app) suites(names []string) ([]suite, error) {
	files, err := testFiles(names)
	if err != nil {
		return nil, err
	}
	var suites []suite
	var problems []rpc.Problem
	for _, name := range files {
		s, wrong, err := a.suite(name)
		if err != nil {
			return nil, err
		}
		suites, problems = append(suites, s), append(problems, wrong...)
	}
	if len(problems) > 0 {
		return nil, refuse(problems)
	}
	return suites, nil
}

// suite reads a file of tests and the pipeline that it is about.
func (a *app) suite(name string) (s suite, problems []rpc.Problem, err error) {
	text, err := a.readFiles([]string{name})
	if err != nil {
		return s, nil, err
	}
	s.file = name
	if s.tests, err = config.ParseTests(name, []byte(text[0].text)); err != nil {
		return s, problemsOf(name, err), nil
	}
	beside := strings.TrimSuffix(filepath.Base(name), testSuffix) + ".toml"
	of := cmp.Or(s.tests.Pipeline, beside)
	if !filepath.IsAbs(of) {
		of = filepath.Join(filepath.Dir(name), of)
	}
	if text, err = a.readFiles([]string{of}); err != nil {
		return s, nil, fmt.Errorf("the pipeline of %s: %w", name, err)
	}
	source, err := config.ParsePipeline(of, []byte(text[0].text))
	if err != nil {
		return s, problemsOf(of, err), nil
	}
	s.pipeline = &source.Pipeline
	if err := s.tests.Check(s.pipeline); err != nil {
		return s, problemsOf(name, err), nil
	}
	return s, nil, nil
}

// testFiles are the files of tests that arguments mean, each once.
func testFiles(names []string) (files []string, err error) {
	seen := map[string]bool{}
	for _, name := range names {
		found, err := testFilesOf(name)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if !seen[file] {
				seen[file] = true
				files = append(files, file)
			}
		}
	}
	return files, nil
}

func testFilesOf(name string) ([]string, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, usagef("%w", err)
	case info.IsDir():
		return testFilesIn(name)
	case strings.HasSuffix(name, testSuffix):
		return []string{name}, nil
	}
	file := strings.TrimSuffix(name, ".toml") + testSuffix
	if _, err := os.Stat(file); err != nil {
		return nil, usagef("%s has no tests: %w", name, err)
	}
	return []string{file}, nil
}

func testFilesIn(directory string) (files []string, err error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, usagef("%w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), testSuffix) {
			files = append(files, filepath.Join(directory, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, usagef("there is no file *%s in %s", testSuffix, directory)
	}
	return files, nil
}
