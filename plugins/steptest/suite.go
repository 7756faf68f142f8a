package steptest

import (
	"testing"
	"time"
)

// A Suite is a plugin's binary and what its tests need to know of it. Good, Bad
// and Long must be set, the rest adds tests.
type Suite struct {
	Binary      string   // path; its name is penstock-step-<type>
	Environment []string // of the plugin's process, beside what the host gives; KEY=value

	Good map[string]any   // settings that succeed within a second or two
	Bad  []map[string]any // settings that Check must refuse
	Long map[string]any   // settings that work until they are canceled, and soon write no more

	Outputs map[string]string // that Good must set; others may be there
	Log     string            // that must occur in Good's log

	// Count says how often the work of Good was done in a workspace, now; it is
	// called before the work and after it.
	Count func(workspace string) int

	Fails    map[string]any // settings that Check accepts and whose work says no: script_failure
	Stubborn map[string]any // settings that work until canceled and ignore TERM
	Flood    map[string]any // settings that write more than FloodSize to the log and succeed
	Talks    map[string]any // settings that write to the log ten times a second, for at least two seconds, and succeed
	Cleans   map[string]any // settings that work until canceled, and then have something to clean up that takes a minute or more

	// Prepare puts into a new workspace what the settings need. Nil: nothing.
	Prepare func(t *testing.T, workspace string)

	// Alone is how long a process without host and attempt may live: default
	// 20 s. The two tests of it take that long, and are left out where it is
	// negative and in short tests.
	Alone time.Duration
	// Patience bounds each wait for what should come at once: default one
	// minute, for machines that have much else to do.
	Patience time.Duration
}

// FloodSize is how many bytes Flood must write at least: 4 MiB.
const FloodSize = 4 << 20

// Run tests the plugin, each rule of the contract in a subtest.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if s.Binary == "" || s.Good == nil || s.Bad == nil || s.Long == nil {
		t.Fatal("steptest: the suite needs Binary, Good, Bad and Long")
	}
	if s.Alone == 0 {
		s.Alone = 20 * time.Second
	}
	if s.Patience == 0 {
		s.Patience = time.Minute
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.holds(newBench(t, s))
		})
	}
}

// A rule is one sentence of the contract and how it is seen to hold.
type rule struct {
	name  string
	holds func(*bench)
}

var rules = []rule{
	{"refuses to be started by hand, with words", byHand},
	{"chooses the version that both speak", choosesVersion},
	{"describes itself", describes},
	{"check accepts good settings", acceptsGood},
	{"check refuses bad settings", refusesBad},
	{"check refuses an unknown key", refusesUnknown},
	{"survives garbage settings", survivesGarbage},
	{"bad settings that reach a start fail the attempt", badSettingsFail},
	{"a start without directory is an error", missingDirectory},
	{"good settings succeed", succeeds},
	{"an ended attempt stays as it is", staysEnded},
	{"the lock names its holder", namesHolder},
	{"work that says no fails the attempt", fails},
	{"a second start joins", joins},
	{"starts at once begin the work once", beginsOnce},
	{"another process stands back", standsBack},
	{"two processes at once begin the work once", twoProcesses},
	{"what was begun and lost is not begun again", notAgain},
	{"serves its capacity", servesCapacity},
	{"who told the end takes the next attempt at once", takesNext},
	{"cancel ends the attempt", cancels},
	{"cancel of an unknown attempt does nothing", cancelsUnknown},
	{"cancel leaves other attempts alone", cancelsOne},
	{"force ends the attempt without grace", forces},
	{"work that ignores TERM is killed after the grace", killsStubborn},
	{"the timeout ends the attempt", timesOut},
	{"silence ends the attempt", endsSilence},
	{"output ends the silence", endsNoTalk},
	{"a cleanup is on record and goes on", cleansUp},
	{"force ends a cleanup", forcesCleanup},
	{"a killed cleanup leaves how the work ended", losesCleanup},
	{"a killed process frees the lock and leaves no result", crashes},
	{"a lost connection changes nothing", survivesDisconnect},
	{"finishes without a host", finishesAlone},
	{"output without a host is kept within the limit", floods},
	{"closed stdout and stderr change nothing", survivesClosedStdio},
	{"INT and HUP change nothing", ignoresSignals},
	{"TERM ends an idle process", termEndsIdle},
	{"TERM lets the work finish", termWaits},
	{"a process alone ends", endsAlone},
	{"a process alone with work goes on", worksAlone},
}
