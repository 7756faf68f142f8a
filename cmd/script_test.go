package cmd_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the whole system: each file of testdata/script is a script
// with a private daemon, the real client and the real plugins. Beside
// testscript's own commands there are
//
//	daemon start [-crash POINT:N] [-program FILE] [-boot FILE] [-activate] [-notify] [ARG…]
//	                      start a daemon; wait until it answers, or has ended as it was to.
//	                      It dies at a crash point, is another binary, sees another
//	                      boot of the machine, has its socket or service manager from us
//	daemon stop           SIGTERM; it must end within 30 s
//	daemon kill           SIGKILL
//	daemon restart [ARG…] kill and start
//	daemon hangup         SIGHUP
//	daemon died [CODE]    wait until it ended: of SIGKILL, or with the exit code
//	[!] await exists PATH wait for a path
//	await grep RE PATH    wait until a file matches
//	await NAME STATUS     wait until a run (a/1) or a step (a/1/s/x) has the status
//	await settled         wait until the daemon owes no run anything: no end, no seal, no erasure
//	await joined N        wait until the daemon has N attempts in its hands
//	await gone PID        wait until a process has ended; PID may be a file with it
//	fifo PATH…            make FIFOs
//	gate PATH             wait for the reader of a FIFO, and let it go on
//	exits CODE PROG ARG…  run a program that must end with the code
//	json PATH VALUE       the JSON in stdout has the value at stages.0.name
//	keys PATH KEY…        the object there has these members
//	pid VAR RE            the one process of this script whose command line matches
//	[!] alive PID         a process lives; PID may be a file with the number
//	survivors [all]       no process of a step is left; all: none but the daemon
//	talk FILE             send a file over the socket, half close it, show the answers
//	endless MIB           send a line without an end and show the answer
//	everywhere RUN AFTER  run a pipeline over the death of its daemon at every crash point;
//	                      it and the pipeline that follows it must succeed each time
//	deaf FILE N           send a file N times and never read an answer
//	http [-from ADDRESS] [-key FILE] [-sign FILE] [-body FILE] [-size N] [-late DURATION] [-id ID] [-header H]… METHOD PATH
//	                      call the HTTP listener; FILE of a key is what key create -o json printed. The
//	                      answer is on stdout, its headers on stderr. @KEY and SECRET stand for the key's
//	hides FILE PATH…      the secret of the key in FILE is in no file below the paths
//
// Nothing sleeps: what is waited for is pushed or polled, with a deadline.
// $WORK in the files of a script stands for its directory.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole system takes minutes")
	}
	root := shortDir(t)
	bin := buildAll(t, root)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), WorkdirRoot: root, RequireUniqueNames: true,
		Setup:     func(env *testscript.Env) error { return setUp(env, bin) },
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"daemon": command((*house).daemonCommand), "await": command((*house).await),
			"fifo": command((*house).fifo), "gate": command((*house).gate),
			"exits": command((*house).exits), "json": command((*house).json), "keys": command((*house).keys),
			"pid": command((*house).pid), "alive": command((*house).alive), "survivors": command((*house).survivors),
			"talk": command((*house).talk), "endless": command((*house).endless), "deaf": command((*house).deaf),
			"http": command((*house).http), "hides": command((*house).hides),
			"everywhere": command((*house).everywhere),
		},
	})
}

// shortDir is a directory with a short path: a socket's has 107 bytes at most.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "ps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	// Another user reads scripts' files in the tests of access.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// house is where one script lives.
type house struct {
	dir, bin string
	daemon   *process          // nil: there was none
	listener *net.UnixListener // of socket activation, once there was one
	closers  []func() error
}

type houseKey struct{}

// command makes a testscript command. What it complains of ends the script.
func command(do func(*house, *testscript.TestScript, bool, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		h, _ := ts.Value(houseKey{}).(*house)
		if err := do(h, ts, neg, args); err != nil {
			ts.Fatalf("%v", err)
		}
	}
}

var errArguments = errors.New("wrong arguments: see TestScripts")

const settings = `[steps]
grace = "2s"
[storage]
min_free = 0
ballast = 0
`

// setUp makes a house of a script's directory.
func setUp(env *testscript.Env, bin string) error {
	h := &house{dir: env.WorkDir, bin: bin}
	env.Values[houseKey{}] = h
	env.Setenv("PATH", bin+":"+env.Getenv("PATH"))
	env.Setenv("BIN", bin)
	env.Setenv("PENSTOCK_SOCKET", h.socket())
	env.Setenv("NO_COLOR", "1")
	env.Setenv("TZ", "UTC")
	env.Defer(func() { h.leave(env.T()) })
	if _, err := os.Stat(h.path("penstockd.toml")); err != nil {
		if err := os.WriteFile(h.path("penstockd.toml"), []byte(settings), 0o644); err != nil {
			return err
		}
	}
	return h.expand()
}

// expand puts the directory in the place of $WORK in the files of the script.
func (h *house) expand() error {
	paths, err := filepath.Glob(h.path("*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "$WORK", h.dir)), info.Mode())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *house) path(elements ...string) string {
	return filepath.Join(append([]string{h.dir}, elements...)...)
}

func (h *house) socket() string { return h.path("r", "s") }

// leave ends all that the script left running, whether it failed or not: the
// daemon last and gently, for it takes its cgroups away.
func (h *house) leave(t testscript.T) {
	problems := []error{h.killAll(), h.end(), h.unmountAll()}
	for _, c := range h.closers {
		problems = append(problems, c())
	}
	log, err := os.ReadFile(h.path("daemon.log"))
	if err == nil {
		t.Log("the daemon's log:\n" + string(log))
	}
	if text := string(log); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic: ") {
		problems = append(problems, errors.New("the daemon's log tells of a data race or a panic"))
	}
	if err := errors.Join(problems...); err != nil {
		t.Fatal(fmt.Sprint(err))
	}
}

// condition knows [root].
func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
}
