// Package shell is the step that runs a script or a program.
//
//	[[stage.step]]
//	name = "dump"
//	uses = "shell"
//	with = { script = "pg_dump app > app.sql" }
//
// # What runs
//
// Exactly one of script and command is given. A script runs as
//
//	sh -e -c <script>
//
// so that its first failing command ends it; bash, zsh and ksh, chosen with
// shell, also get -o pipefail. Before_script stands in front of it, in the same
// shell: what that sets, the script finds. Together they are no longer than 127
// KiB, what Linux takes as one argument (execve(2)): what is longer belongs
// into a file of the workspace. A command runs as it is, with args, and no shell
// looks at it. Values reach a script as environment variables; it has no
// placeholders.
//
// # What runs after it
//
// After_script runs in a shell of its own, with the same env, in the workspace
// whatever dir is, once nothing of the script or command is left. It runs after
// success, after script_failure and after a cancel; not after another failure,
// nor with a forced cancel, which also ends one that runs. It finds how the step
// ended in PENSTOCK_STATUS (success, failed, canceled) and cannot change it: its
// exit code is a line of the log. Its limit is after_script_timeout, five
// minutes unless set and an hour at most: TERM then, KILL after the grace. A
// line on standard error stands before its output.
//
// # Where and with what
//
// The working directory is the workspace or dir, a path below it. Standard input
// is empty. The environment is that of step.Task.Environment with env over
// it: PATH, LANG, HOME, USER, LOGNAME, the variables of the pipeline, and
// PENSTOCK_*; nothing else. Env takes the names that variables of a pipeline
// have, and refuses LD_PRELOAD, BASH_ENV and their like as these do. Standard output and standard error go to the log, kept
// apart, in the order in which they came as far as two pipes can tell.
//
// Lines name=value (or name<<END, lines, END) in the file $PENSTOCK_OUTPUT
// are outputs for later steps, as protocol.ParseOutputs reads them: text of at most 64 KiB
// in all, of which the last value of a name counts. After_script may add to
// them; where they cannot be read after it, they are the script's.
//
// # How it ends
//
// Exit code 0 is success; any other fails with script_failure and that code,
// as in a shell 128+n where signal n killed the process, 127 where the program
// was not found, 126 where it could not be executed. The step is over when
// its own process ends: what that left running is ended and named in the result.
package shell

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step"
)

// About is what the plugin says it is.
func About() step.About {
	return step.About{
		Type:    "shell",
		Version: "1.0.0",
		Summary: "Run a script or a program",
		Documentation: "Runs `script` with a shell (`sh -e -c`), or `command` with `args` without one. " +
			"An exit code other than 0 fails the step with `script_failure`. " +
			"`before_script` runs in front of the script in the same shell; `after_script` in another one, whether the step succeeded, failed or was canceled. " +
			"Lines `name=value` in the file `$PENSTOCK_OUTPUT` are outputs of the step.",
		Capacity: 1, // a process of its own for each step: what kills one touches no other
	}
}

// Settings are the `with` table.
type Settings struct {
	BeforeScript string            `json:"before_script,omitempty" jsonschema:"what the same shell is to run in front of the script"`
	Script       string            `json:"script,omitempty" jsonschema:"what a shell is to run; its first failing command ends it"`
	AfterScript  string            `json:"after_script,omitempty" jsonschema:"what another shell is to run in the workspace after success, failure and cancel; it cannot change how the step ended, which is in PENSTOCK_STATUS"`
	AfterTimeout step.Duration     `json:"after_script_timeout,omitempty" jsonschema:"how long after_script may take: at most 1h; default 5m"`
	Command      string            `json:"command,omitempty" jsonschema:"a program instead of a script: a path, or a name to be found in PATH"`
	Args         []string          `json:"args,omitempty" jsonschema:"arguments of the command"`
	Shell        string            `json:"shell,omitempty" jsonschema:"the shell of the scripts: sh (default), bash, dash, ash, ksh, zsh or the absolute path of one of these"`
	Dir          string            `json:"dir,omitempty" jsonschema:"where script or command runs, below the workspace"`
	Env          map[string]string `json:"env,omitempty" jsonschema:"environment variables over those of the pipeline"`
}

// maxScript is what fits into one argument (MAX_ARG_STRLEN, 128 KiB with its
// end), rounded down.
const maxScript = 127 << 10

// Validate says all that is wrong with s.
func (s Settings) Validate() error {
	var problems step.Problems
	add := func(path, format string, args ...any) {
		problems = append(problems, step.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	s.checkChoice(add)
	s.checkScripts(add)
	if _, ok := flags(s.shell()); !ok {
		add("shell", "%q is none of sh, bash, dash, ash, ksh, zsh; for another interpreter use command and args", s.Shell)
	}
	if s.Dir != "" && !filepath.IsLocal(s.Dir) {
		add("dir", "%q is not below the workspace", s.Dir)
	}
	if nul(s.BeforeScript, s.Script, s.AfterScript, s.Command, s.Dir) || nul(s.Args...) {
		add("", "no text may hold a NUL byte")
	}
	return append(problems, s.checkEnv()...).Err()
}

// checkChoice looks at which settings stand together.
func (s Settings) checkChoice(add func(path, format string, args ...any)) {
	command := s.Command != ""
	switch {
	case s.Script == "" && !command:
		add("", "one of script and command is required")
	case s.Script != "" && command:
		add("command", "must not be given together with script")
	}
	if !command && len(s.Args) > 0 {
		add("args", "are for command; a script has none")
	}
	if command && s.BeforeScript != "" {
		add("before_script", "stands in front of script; a command has none")
	}
	if command && s.AfterScript == "" && s.Shell != "" {
		add("shell", "is for script and after_script; a command has none")
	}
	if s.AfterTimeout != 0 && s.AfterScript == "" {
		add("after_script_timeout", "is for after_script, and there is none")
	}
}

// checkScripts looks at the sizes of the scripts and at the time for the last.
func (s Settings) checkScripts(add func(path, format string, args ...any)) {
	if n := len(s.script()); n > maxScript {
		add("script", "has %d bytes, before_script included; at most %d can be passed to a shell: put it into a file of the workspace", n, maxScript)
	}
	if n := len(s.AfterScript); n > maxScript {
		add("after_script", "has %d bytes; at most %d can be passed to a shell: put it into a file of the workspace", n, maxScript)
	}
	const most = step.Duration(protocol.MaxCleanup)
	if s.AfterTimeout < 0 || s.AfterTimeout > most {
		add("after_script_timeout", "is %s; it is above 0s and at most %s", s.AfterTimeout, most)
	}
}

func (s Settings) checkEnv() step.Problems {
	var problems step.Problems
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		message := ""
		switch {
		case !isName(name):
			message = fmt.Sprintf("has %q, which is no name of a variable: a letter or '_', then letters, digits, '_'", name)
		case strings.HasPrefix(name, "PENSTOCK_"):
			message = fmt.Sprintf("has %s, which is set by Penstock", name)
		case hijacks(name):
			message = fmt.Sprintf("has %s, which would change how every program of the step starts; set it inside the script, for the one that needs it", name)
		case nul(s.Env[name]):
			message = fmt.Sprintf("has %s with a NUL byte in its value", name)
		default:
			continue
		}
		problems = append(problems, step.Problem{Path: "env", Message: message})
	}
	return problems
}

// hijacks says whether the variable name makes programs other than the step's
// own run code, or lose their way, before the step's work begins: the dynamic
// loader (ld.so(8)), the tables of the C library, and what a shell reads or runs
// at its start (sh(1), bash(1)). A pipeline's variables refuse the same names,
// which env must not be the way around.
func hijacks(name string) bool {
	switch name {
	case "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "GCONV_PATH", "GLIBC_TUNABLES":
		return true
	}
	return strings.HasPrefix(name, "LD_")
}

// Work runs the script or the command of s, and sees to its after_script.
func Work(ctx context.Context, s Settings, t *step.Task) error {
	if s.AfterScript != "" {
		t.Cleanup(s.AfterTimeout.Duration(), s.after)
	}
	program, args := s.program()
	c := t.Command(ctx, program, args...)
	c.Dir = s.Dir
	c.Setenv(s.Env)
	return c.Run()
}

// after runs the after_script of s.
func (s Settings) after(ctx context.Context, t *step.Task) error {
	if _, err := fmt.Fprintln(t.Stderr(), divider); err != nil {
		return err
	}
	args, _ := flags(s.shell()) // Validate has seen it
	c := t.Command(ctx, s.shell(), append(args, s.AfterScript)...)
	c.Setenv(s.Env)
	return c.Run()
}

// divider is the line of the log between script and after_script.
const divider = "--- after_script ---"

// program is what to execute.
func (s Settings) program() (string, []string) {
	if s.Command != "" {
		return s.Command, s.Args
	}
	args, _ := flags(s.shell()) // Validate has seen it
	return s.shell(), append(args, s.script())
}

// script is what the shell runs.
func (s Settings) script() string {
	if s.BeforeScript == "" {
		return s.Script
	}
	return s.BeforeScript + "\n" + s.Script
}

func (s Settings) shell() string {
	if s.Shell == "" {
		return "sh"
	}
	return s.Shell
}

// flags are the arguments that make shell run the argument behind them; false
// for what is no shell that takes them.
func flags(shell string) ([]string, bool) {
	name := shell
	if filepath.IsAbs(shell) {
		name = filepath.Base(shell)
	}
	switch name {
	case "sh", "dash", "ash":
		return []string{"-e", "-c"}, true
	case "bash", "ksh", "zsh":
		return []string{"-e", "-o", "pipefail", "-c"}, true
	}
	return nil, false
}

func nul(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.ContainsRune(text, 0) })
}

func isName(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
