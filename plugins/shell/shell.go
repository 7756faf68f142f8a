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
// shell, also get -o pipefail. It is no longer than 127 KiB, what Linux
// takes as one argument (execve(2)): a longer one belongs into a file of the
// workspace. A command runs as it is, with args, and no shell looks at it.
// Values reach a script as environment variables; it has no placeholders.
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
// are outputs for later steps.
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
			"Lines `name=value` in the file `$PENSTOCK_OUTPUT` are outputs of the step.",
		Capacity: 1, // a process of its own for each step: what kills one touches no other
	}
}

// Settings are the `with` table.
type Settings struct {
	Script  string            `json:"script,omitempty" jsonschema:"what a shell is to run; its first failing command ends it"`
	Command string            `json:"command,omitempty" jsonschema:"a program instead of a script: a path, or a name to be found in PATH"`
	Args    []string          `json:"args,omitempty" jsonschema:"arguments of the command"`
	Shell   string            `json:"shell,omitempty" jsonschema:"the shell of the script: sh (default), bash, dash, ash, ksh, zsh or the absolute path of one of these"`
	Dir     string            `json:"dir,omitempty" jsonschema:"where it runs, below the workspace"`
	Env     map[string]string `json:"env,omitempty" jsonschema:"environment variables over those of the pipeline"`
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
	switch {
	case s.Script == "" && s.Command == "":
		add("", "one of script and command is required")
	case s.Script != "" && s.Command != "":
		add("command", "must not be given together with script")
	}
	if s.Command == "" && len(s.Args) > 0 {
		add("args", "are for command; a script has none")
	}
	if s.Command != "" && s.Shell != "" {
		add("shell", "is for script; a command has none")
	}
	if len(s.Script) > maxScript {
		add("script", "has %d bytes, at most %d can be passed to a shell: put it into a file of the workspace", len(s.Script), maxScript)
	}
	if _, ok := flags(s.shell()); !ok {
		add("shell", "%q is none of sh, bash, dash, ash, ksh, zsh; for another interpreter use command and args", s.Shell)
	}
	if s.Dir != "" && !filepath.IsLocal(s.Dir) {
		add("dir", "%q is not below the workspace", s.Dir)
	}
	if nul(s.Script, s.Command, s.Dir) || nul(s.Args...) {
		add("", "no text may hold a NUL byte")
	}
	return append(problems, s.checkEnv()...).Err()
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

// Work runs the script or the command of s.
func Work(ctx context.Context, s Settings, t *step.Task) error {
	program, args := s.program()
	c := t.Command(ctx, program, args...)
	c.Dir = s.Dir
	c.Setenv(s.Env)
	return c.Run()
}

// program is what to execute.
func (s Settings) program() (string, []string) {
	if s.Command != "" {
		return s.Command, s.Args
	}
	args, _ := flags(s.shell()) // Validate has seen it
	return s.shell(), append(args, s.Script)
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
