package steptest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// TestMain makes the test binary a plugin where it goes by a plugin's name.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), protocol.BinaryPrefix) {
		os.Exit(plugin())
	}
	os.Exit(m.Run())
}

// honestSuite tests the honest plugin, or the liar that it becomes.
func honestSuite(t *testing.T, lie string) Suite {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), protocol.BinaryPrefix+"honest")
	if err := os.Symlink(self, binary); err != nil {
		t.Fatal(err)
	}
	s := Suite{
		Binary:      binary,
		Environment: []string{"STEPTEST_LIE=" + lie},
		Good:        map[string]any{"say": "hello"},
		Bad:         []map[string]any{{"say": 7}, {"word": "hello"}},
		Long:        map[string]any{"wait": true},
		Fails:       map[string]any{"no": true},
		Flood:       map[string]any{"flood": true},
		Talks:       map[string]any{"talk": true},
		Cleans:      map[string]any{"clean": true},
		Outputs:     map[string]string{"said": "hello"},
		Log:         "hello\n",
		Count:       effects(t),
		Alone:       10 * time.Second,
	}
	if lie != "" {
		s.Patience = 4 * time.Second
	}
	return s
}

func effects(t *testing.T) func(string) int {
	return func(workspace string) int {
		text, err := os.ReadFile(filepath.Join(workspace, "effects"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		return len(text)
	}
}

func TestHonestPluginPasses(t *testing.T) {
	t.Parallel()
	Run(t, honestSuite(t, ""))
}

// lieVariable tells TestLiar, in a process of its own, which rule is broken.
const lieVariable = "STEPTEST_TELL"

func TestLiar(t *testing.T) {
	lie := os.Getenv(lieVariable)
	if lie == "" {
		t.Skip("started by TestEachBrokenRuleIsNoticed")
	}
	Run(t, honestSuite(t, lie))
}

func TestEachBrokenRuleIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	t.Parallel()
	for lie, rule := range map[string]string{
		"by hand":     "refuses to be started by hand, with words",
		"version":     "chooses the version that both speak",
		"type":        "describes itself",
		"schema":      "describes itself",
		"refuses":     "check accepts good settings",
		"accepts":     "check refuses bad settings",
		"unknown":     "check refuses an unknown key",
		"garbage":     "survives garbage settings",
		"bad starts":  "bad settings that reach a start fail the attempt",
		"directory":   "a start without directory is an error",
		"frames":      "good settings succeed",
		"size":        "good settings succeed",
		"doorbell":    "good settings succeed",
		"holds on":    "good settings succeed",
		"rewrites":    "an ended attempt stays as it is",
		"holder":      "the lock names its holder",
		"lock":        "another process stands back",
		"joins":       "a second start joins",
		"history":     "a second start joins",
		"next":        "who told the end takes the next attempt at once",
		"go":          "what was begun and lost is not begun again",
		"canceled":    "cancel ends the attempt",
		"leaves":      "cancel ends the attempt",
		"cancels all": "cancel leaves other attempts alone",
		"timeout":     "the timeout ends the attempt",
		"silence":     "silence ends the attempt",
		"deaf":        "output ends the silence",
		"record":      "a cleanup is on record and goes on",
		"no record":   "a cleanup is on record and goes on",
		"in a hurry":  "a cleanup is on record and goes on",
		"force":       "force ends a cleanup",
		"inherits":    "a killed process frees the lock and leaves no result",
		"connection":  "a lost connection changes nothing",
		"limit":       "output without a host is kept within the limit",
		"pipe":        "closed stdout and stderr change nothing",
		"signals":     "INT and HUP change nothing",
		"term":        "TERM lets the work finish",
		"alone":       "a process alone ends",
		"impatient":   "a process alone with work goes on",
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			noticed(t, lie, rule)
		})
	}
}

// noticed runs one rule's test against the liar and wants it to fail.
func noticed(t *testing.T, lie, rule string) {
	t.Helper()
	name := "TestLiar/" + strings.ReplaceAll(rule, " ", "_")
	test := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(name, "/", "$/^")+"$", "-test.v")
	test.Env = append(os.Environ(), lieVariable+"="+lie)
	said, err := test.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) || !strings.Contains(string(said), "--- FAIL: "+name) {
		t.Errorf("the suite does not notice: %v\n%s", err, said)
	}
}
