package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/state"
)

// asDaemon in the environment makes this binary penstockd.
const asDaemon = "PENSTOCKD_TEST_AS_DAEMON"

func TestMain(m *testing.M) {
	if os.Getenv(asDaemon) != "" {
		os.Exit(serve(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want flags
	}{
		{nil, flags{}},
		{[]string{"--state", "a", "--socket=b", "--config", "c"}, flags{state: "a", socket: "b", config: "c"}},
		{[]string{"--plugin-dir", "a,b", "--plugin-dir=c"}, flags{pluginDirs: []string{"a,b", "c"}}},
		{[]string{"--check-config"}, flags{check: true}},
		{[]string{"--version"}, flags{version: true}},
	} {
		f, err := parseFlags(c.args)
		if err != nil || f.state != c.want.state || f.socket != c.want.socket || f.config != c.want.config ||
			f.check != c.want.check || f.version != c.want.version || !slices.Equal(f.pluginDirs, c.want.pluginDirs) {
			t.Errorf("%q: %+v, %v", c.args, f, err)
		}
	}
}

func TestWrongFlags(t *testing.T) {
	for args, says := range map[string]string{
		"--stat=x": "--stat", "surplus": `"surplus"`, "--state": "--state", "--check-config=perhaps": "perhaps",
	} {
		if f, err := parseFlags([]string{args}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %+v, %v", args, f, err)
		}
	}
	if _, err := parseFlags([]string{"--help"}); !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("--help: %v", err)
	}
}

// configuration writes a configuration file.
func configuration(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "penstockd.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFlagWinsOverTheFileAndTheFileOverTheDefault(t *testing.T) {
	defaults := config.Paths{State: "/default/state", Socket: "/default/s", Config: "/default/c"}
	for _, c := range []struct {
		what          string
		flags         flags
		file          config.Daemon
		state, socket string
	}{
		{"nothing", flags{}, config.Daemon{}, "/default/state", "/default/s"},
		{"the file", flags{}, config.Daemon{State: "/file/state", Socket: "/file/s"}, "/file/state", "/file/s"},
		{"a flag", flags{state: "/flag/state"}, config.Daemon{State: "/file/state", Socket: "/file/s"}, "/flag/state", "/file/s"},
		{"flags alone", flags{state: "/flag/state", socket: "/flag/s"}, config.Daemon{}, "/flag/state", "/flag/s"},
	} {
		got, err := c.flags.complete(c.file, defaults)
		if err != nil || got.State != c.state || got.Socket != c.socket {
			t.Errorf("%s: %s and %s, %v", c.what, got.State, got.Socket, err)
		}
	}
}

func TestPluginDirectories(t *testing.T) {
	file := config.Daemon{PluginDirs: []string{"/file"}}
	f := flags{pluginDirs: []string{"/a", "/b"}}
	if c, err := f.complete(file, config.Paths{}); err != nil || !slices.Equal(c.PluginDirs, []string{"/a", "/b"}) {
		t.Errorf("those of flags replace all others: %v, %v", c.PluginDirs, err)
	}
	c, err := new(flags).complete(file, config.Paths{})
	if n := len(c.PluginDirs); err != nil || n < 2 || c.PluginDirs[n-1] != "/file" {
		t.Errorf("those beside the daemon come first: %v, %v", c.PluginDirs, err)
	}
	if !slices.Equal(file.PluginDirs, []string{"/file"}) || !slices.Equal(f.pluginDirs, []string{"/a", "/b"}) {
		t.Errorf("what was given was changed: %v %v", file.PluginDirs, f.pluginDirs)
	}
}

func TestPathsOfFlagsAreMadeAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	f := flags{state: "state", socket: "run/../s", pluginDirs: []string{"plugins"}}
	c, err := f.complete(config.Daemon{}, config.Paths{})
	want := []string{filepath.Join(dir, "state"), filepath.Join(dir, "s"), filepath.Join(dir, "plugins")}
	if got := []string{c.State, c.Socket, c.PluginDirs[0]}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if f.pluginDirs[0] != "plugins" {
		t.Errorf("the flags were changed, and a reload comes here again: %v", f.pluginDirs)
	}
}

func TestLoadReadsTheFile(t *testing.T) {
	f := flags{config: configuration(t, "state = \"/file/state\"\nsteps.max_running = 3\n"), socket: "/flag/s"}
	c, err := f.load()
	if err != nil || c.State != "/file/state" || c.Socket != "/flag/s" || c.Steps.MaxRunning != 3 ||
		c.Storage.MinFree != config.DefaultDaemon().Storage.MinFree {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestOnlyTheDefaultFileMayBeAbsent(t *testing.T) {
	if os.Getuid() != 0 { // root's is in /etc
		t.Setenv("XDG_CONFIG_HOME", t.TempDir())
		t.Setenv("XDG_STATE_HOME", "/default")
		c, err := new(flags).load()
		if err != nil || c.State != "/default/penstock" {
			t.Errorf("%+v, %v", c, err)
		}
	}
	f := flags{config: filepath.Join(t.TempDir(), "absent.toml")}
	if _, err := f.load(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), f.config) {
		t.Errorf("%v", err)
	}
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		exitHeld: fmt.Errorf("open: %w", state.ErrHeld), exitFull: fmt.Errorf("open: %w", state.ErrDiskFull),
		exitFailed: errors.New("something else"),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: %d, not %d", err, got, want)
		}
	}
}

// penstockd runs the command.
func penstockd(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asDaemon+"=1")
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	err = cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), diagnostics.String()
}

func TestTheCommandSaysWhatIsWrongAndStartsNothing(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	good := configuration(t, "[steps]\nmax_running = 3\n")
	bad := configuration(t, "stat = \"/tmp\"\n[steps]\nmax_running = 0\n")
	unknown := configuration(t, "[access]\nviewers = [\"no-such-user-here\"]\n")
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr []string
	}{
		{[]string{"--check-config", "--config", good}, 0, nil, []string{"the configuration is right"}},
		{[]string{"--check-config", "--config", bad}, exitUsage, nil, []string{bad + ":1:1: ", "state", bad + ":3:"}},
		{[]string{"--config", bad}, exitConfig, nil, []string{bad + ":1:1: "}},
		{[]string{"--check-config", "--config", unknown}, exitUsage, nil, []string{unknown, "no-such-user-here", "no such user"}},
		{[]string{"--check-config", "--config", bad + ".absent"}, exitUsage, nil, []string{bad + ".absent"}},
		{[]string{"--no-such-flag"}, exitUsage, nil, []string{"penstockd: ", "--no-such-flag"}},
		{[]string{"surplus"}, exitUsage, nil, []string{`unexpected argument "surplus"`}},
		{[]string{"--version"}, 0, []string{"penstockd " + version + "\n"}, nil},
		{[]string{"--help"}, 0, nil, []string{"--check-config"}},
	} {
		code, stdout, stderr := penstockd(t, append(c.args, "--state", state, "--socket", state+".s")...)
		if code != c.code {
			t.Errorf("%q: exit code %d\n%s", c.args, code, stderr)
		}
		for _, part := range c.stdout {
			if !strings.Contains(stdout, part) {
				t.Errorf("%q: %q is not on stdout:\n%s", c.args, part, stdout)
			}
		}
		for _, part := range c.stderr {
			if !strings.Contains(stderr, part) {
				t.Errorf("%q: %q is not on stderr:\n%s", c.args, part, stderr)
			}
		}
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a state directory: %v", err)
	}
}

func TestADaemonThatCannotStartExitsWithAReason(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := penstockd(t, "--config", configuration(t, ""), "--state", filepath.Join(file, "state"), "--socket", filepath.Join(dir, "s"))
	if code != exitFailed || !strings.Contains(stderr, "penstockd: make the state directory: ") {
		t.Errorf("%d: %s", code, stderr)
	}
}
