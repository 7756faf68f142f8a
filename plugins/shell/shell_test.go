package shell_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/shell"
	"github.com/penstock/penstock/plugins/step"
	"github.com/penstock/penstock/plugins/steplog"
)

// run rehearses settings and returns the standard output and the error.
func run(t *testing.T, dir string, s shell.Settings) (string, error) {
	t.Helper()
	err := step.Rehearse(t.Context(), dir, s, shell.Work)
	return output(t, dir, steplog.Stdout), err
}

// output is what one stream of the log holds.
func output(t *testing.T, dir, stream string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, steplog.Head))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []byte
	for f, err := range steplog.All(text) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Stream == stream {
			out = f.AppendText(out)
		}
	}
	return string(out)
}

func TestWhatRuns(t *testing.T) {
	for name, test := range map[string]struct {
		settings shell.Settings
		want     string
	}{
		"script":           {shell.Settings{Script: "echo one\necho two"}, "one\ntwo\n"},
		"command":          {shell.Settings{Command: "printf", Args: []string{"%s|", "a b", "$HOME"}}, "a b|$HOME|"},
		"path":             {shell.Settings{Command: "/bin/echo", Args: []string{"x"}}, "x\n"},
		"bash":             {shell.Settings{Script: "shopt -q -o pipefail && echo $((1+1))", Shell: "bash"}, "2\n"},
		"shell":            {shell.Settings{Script: "echo x", Shell: "/bin/sh"}, "x\n"},
		"before":           {shell.Settings{BeforeScript: "X=1; cd /", Script: `echo $X $PWD`}, "1 /\n"},
		"after":            {shell.Settings{BeforeScript: "X=1", Script: "echo $X", AfterScript: `echo "[$X] $A $PENSTOCK_STATUS"; basename "$PWD"`, Dir: "sub/dir", Env: map[string]string{"A": "b"}}, "1\n[] b success\nworkspace\n"},
		"after a command":  {shell.Settings{Command: "echo", Args: []string{"x"}, AfterScript: "shopt -q -o pipefail && echo y", Shell: "bash"}, "x\ny\n"},
		"after that fails": {shell.Settings{Script: "echo x", AfterScript: "echo y; false; echo z"}, "x\ny\n"},
		"env":              {shell.Settings{Script: `echo "$A $PENSTOCK_PIPELINE"`, Env: map[string]string{"A": "b c"}}, "b c rehearsal\n"},
		"path of the step": {shell.Settings{
			Script: "tool", Env: map[string]string{"PATH": "tools:/usr/bin:/bin"},
		}, "found\n"},
		"dir": {shell.Settings{Script: `basename "$PWD"`, Dir: "sub/dir"}, "dir\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			workspace := filepath.Join(dir, "workspace")
			if err := os.MkdirAll(filepath.Join(workspace, "sub/dir"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(workspace, "tools"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(workspace, "tools/tool"), []byte("#!/bin/sh\necho found\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			if got, err := run(t, dir, test.settings); got != test.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestHowItFails(t *testing.T) {
	for name, test := range map[string]struct {
		settings shell.Settings
		code     int // 0: none
		message  string
	}{
		"exit":            {shell.Settings{Script: "exit 7"}, 7, "sh ended with exit code 7"},
		"first failure":   {shell.Settings{Script: "false\necho not reached"}, 1, "exit code 1"},
		"pipe":            {shell.Settings{Script: "false | true", Shell: "bash"}, 1, "exit code 1"},
		"signal":          {shell.Settings{Script: "kill -SEGV $$"}, 139, "killed by SIGSEGV"},
		"not found":       {shell.Settings{Command: "nosuchprogram"}, 127, `"nosuchprogram" not found in PATH=/`},
		"no file":         {shell.Settings{Command: "./none"}, 127, "not found"},
		"not executable":  {shell.Settings{Command: "/etc/passwd"}, 126, "cannot be executed"},
		"a directory":     {shell.Settings{Command: "/etc"}, 126, "is a directory"},
		"no directory":    {shell.Settings{Script: "true", Dir: "none"}, 0, "the directory cannot be used"},
		"broken #!":       {shell.Settings{Script: "printf '#!/none\n' > x; chmod +x x; exec ./x"}, 127, "exit code 127"},
		"missing program": {shell.Settings{Script: "nosuchprogram"}, 127, "exit code 127"},
	} {
		out, err := run(t, t.TempDir(), test.settings)
		failure, ok := errors.AsType[*step.Failure](err)
		if !ok || !strings.Contains(failure.Error(), test.message) || out != "" {
			t.Errorf("%s: %q, %v", name, out, err)
			continue
		}
		if test.code == 0 != (failure.ExitCode == nil) || test.code != 0 && *failure.ExitCode != test.code {
			t.Errorf("%s: code %v, want %d", name, failure.ExitCode, test.code)
		}
	}
}

func TestAfterScriptRunsWhateverTheScriptDid(t *testing.T) {
	for _, test := range []struct {
		settings shell.Settings
		want     string // output
		code     int
	}{
		{shell.Settings{Script: "echo x; exit 7"}, "x\nfailed\n", 7},
		{shell.Settings{BeforeScript: "exit 7", Script: "echo x"}, "failed\n", 7},
		{shell.Settings{Command: "nosuchprogram"}, "failed\n", 127},
	} {
		dir := t.TempDir()
		test.settings.AfterScript = `echo $PENSTOCK_STATUS; exit 3`
		out, err := run(t, dir, test.settings)
		failure, ok := errors.AsType[*step.Failure](err)
		if out != test.want || !ok || failure.ExitCode == nil || *failure.ExitCode != test.code {
			t.Errorf("%+v: %q, %v", test.settings, out, err)
		}
		if said := output(t, dir, steplog.Stderr); !strings.HasPrefix(said, "--- after_script ---\n") || !strings.Contains(said, "sh ended with exit code 3") {
			t.Errorf("%+v: the log says %q", test.settings, said)
		}
	}
}

func TestAfterScriptRunsAfterACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	work := func(ctx context.Context, s shell.Settings, task *step.Task) error {
		cancel()
		return shell.Work(ctx, s, task)
	}
	err := step.Rehearse(ctx, dir, shell.Settings{Script: "sleep 600", AfterScript: "echo $PENSTOCK_STATUS"}, work)
	if out := output(t, dir, steplog.Stdout); !errors.Is(err, context.Canceled) || out != "canceled\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAfterScriptSeesNothingOfTheScriptAlive(t *testing.T) {
	out, err := run(t, t.TempDir(), shell.Settings{
		Script:      "sleep 600 & echo $! > pid",
		AfterScript: "kill -0 $(cat pid) 2> /dev/null || echo gone",
	})
	if out != "gone\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestOutputsReachTheFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := run(t, dir, shell.Settings{Script: `echo size=3 >> "$PENSTOCK_OUTPUT"; printf 'list<<E\na\nb\nE\n' >> "$PENSTOCK_OUTPUT"`}); err != nil {
		t.Fatal(err)
	}
	if got, err := protocol.ReadOutputs(dir); err != nil || got["size"] != "3" || got["list"] != "a\nb" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestACanceledScriptIsGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stop := context.AfterFunc(ctx, func() {})
	defer stop()
	dir := t.TempDir()
	work := func(ctx context.Context, s shell.Settings, task *step.Task) error {
		cancel()
		return shell.Work(ctx, s, task)
	}
	if err := step.Rehearse(ctx, dir, shell.Settings{Script: "sleep 600"}, work); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestSettingsAreRefusedWithTheirPlace(t *testing.T) {
	for settings, want := range map[string]string{
		`{}`:                                            "one of script and command is required",
		`{"script": "x", "command": "y"}`:               "command must not be given together",
		`{"script": "x", "args": ["y"]}`:                "args are for command",
		`{"command": "x", "shell": "sh"}`:               "shell is for script",
		`{"command": "x", "before_script": "y"}`:        "before_script stands in front of script",
		`{"script": "x", "after_script_timeout": "1m"}`: "after_script_timeout is for after_script",
		`{"script": "x", "after_script": "y", "after_script_timeout": "-1m"}`:      "after_script_timeout is -1m0s; it is above 0s",
		`{"script": "x", "after_script": "y", "after_script_timeout": "61m"}`:      "after_script_timeout is 1h1m0s; it is above 0s and at most 1h0m0s",
		`{"script": "x", "after_script": "y\u0000"}`:                               "no text may hold a NUL byte",
		`{"script": "x", "after_script": "` + strings.Repeat("x", 128<<10) + `"}`:  "after_script has 131072 bytes",
		`{"script": "x", "before_script": "` + strings.Repeat("x", 128<<10) + `"}`: "script has 131074 bytes",
		`{"script": "x", "shell": "python3"}`:                                      "shell \"python3\" is none of",
		`{"script": "x", "shell": "bin/sh"}`:                                       "shell ",
		`{"script": "x", "dir": "../up"}`:                                          "dir ",
		`{"script": "x", "dir": "/abs"}`:                                           "dir ",
		`{"script": "x", "env": {"A B": "x"}}`:                                     "env has \"A B\", which is no name",
		`{"script": "x", "env": {"PENSTOCK_X":""}}`:                                "env has PENSTOCK_X, which is set by Penstock",
		`{"script": "x", "env": {"LD_PRELOAD": "/x.so"}}`:                          "env has LD_PRELOAD, which would change how every program",
		`{"script": "x", "env": {"LD_LIBRARY_PATH": ""}}`:                          "env has LD_LIBRARY_PATH",
		`{"script": "x", "env": {"BASH_ENV": "x"}}`:                                "env has BASH_ENV",
		`{"command": "x", "env": {"ENV": "x", "PATH": "y"}}`:                       "env has ENV",
		`{"script": "x\u0000"}`:                                                    "no text may hold a NUL byte",
		`{"script": "` + strings.Repeat("x", 128<<10) + `"}`:                       "script has 131072 bytes",
		`{"skript": "x"}`: "skript is no setting of this step; did you mean \"script\"?",
	} {
		_, err := step.Decode[shell.Settings]([]byte(settings))
		problems, ok := errors.AsType[step.Problems](err)
		if !ok || len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%.60s: %v, want %q", settings, err, want)
		}
	}
}

func TestTheLongestScriptRuns(t *testing.T) {
	script := "echo x #" + strings.Repeat("y", 127<<10-8)
	if out, err := run(t, t.TempDir(), shell.Settings{Script: script}); out != "x\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}
