// Package step is the Go SDK for steps: all that the author of a plugin
// imports. A plugin is one function and one struct of settings:
//
//	type Settings struct {
//		For step.Duration `json:"for" jsonschema:"how long to wait"`
//	}
//
//	func wait(ctx context.Context, s Settings, t *step.Task) error {
//		fmt.Fprintln(t, "waiting", s.For)
//		select {
//		case <-time.After(s.For.Duration()):
//			return nil
//		case <-ctx.Done():
//			return ctx.Err()
//		}
//	}
//
//	func main() {
//		step.Serve(step.About{Type: "wait", Version: "1.0.0", Summary: "Let time pass"}, wait)
//	}
//
// Build it as penstock-step-wait, put it into a plugin directory, and a
// pipeline may say uses = "wait".
//
// # What it promises
//
// The work of one attempt begins at most once, whatever dies and however often
// it is asked for; it needs nothing of the daemon to finish; its output,
// outputs and result are files in the attempt directory when it has ended
// (package protocol says how). What an author prints to os.Stdout and os.Stderr
// goes to the plugin's own files, never to the daemon, never to the step's log.
//
// # Settings
//
// The `with` table of the step is decoded into the settings by their json tags.
// It is strict: a key that the struct does not have, a missing one (a field
// without omitempty or omitzero), and a value of the wrong type are refused, all
// of them at once, when the pipeline is applied and again before the work
// begins. The jsonschema tag of a field is its documentation. Settings with a
// method Validate() error have the last word; on a pointer receiver it may set
// defaults. It must touch nothing outside the process; it returns Problems
// to say where each problem is.
//
// # How an attempt ends
//
//	work returns nil         success
//	a *Failure (Failf)       failed, script_failure: the work said no
//	any other error, a panic failed, plugin_failure: the machinery broke
//	canceled before that     canceled, whatever work returns
//	the time ran out         failed, step_timeout, whatever work returns
//	it was silent too long   failed, stuck_or_timeout, whatever work returns
//
// A panic ends its attempt, not the process. Cancel and both timeouts end the
// context; the commands that a Task started get TERM at that moment and KILL
// after the grace of the request. What the commands left running is ended
// before the result is written: TERM, KILL after two seconds, or when the grace of
// a cancel or timeout is over, and it is listed in the result. Work that returns only after it is told to is waited for: an attempt
// is canceled when it is gone, not before. Work that has not returned five seconds
// after the grace can only be ended with its process: the process then takes
// no new attempts, lets the others in it finish, writes nothing about the one
// that hangs, says so on stderr and exits with status 3.
//
// What has to be done after the work, however that ended, is a cleanup
// (Task.Cleanup): it begins when nothing of the work is left, has its own limit,
// and cannot change how the attempt ends.
//
// # The way of the output
//
// What work and commands write goes through one type, stream, to the log
// (package steplog), and touches the disk there. Whatever has to see output
// first belongs into stream: the watch for silence is there, and the masking of
// secrets will be. Beside it only outputs (SetOutput, and what a command writes to
// $PENSTOCK_OUTPUT itself) and the message of a result reach the disk.
//
// # Silence
//
// Request.SilenceTimeout ends work that writes nothing for so long, counted from
// go and from each byte on, by the monotonic clock. A byte counts when it is read
// here: a program that keeps its output in a buffer is silent. Because a process
// that was stopped or starved has output in its pipes that only was not read, the
// end comes a quarter of a second late, if there still is none.
//
// # The process
//
// It serves About.Capacity attempts at a time. It ignores SIGINT, SIGHUP and
// SIGPIPE; at SIGTERM it takes no new attempts and exits when the running ones
// have ended. It exits by itself when it has had no attempt and no
// daemon connected to it for ten seconds. A result that finds no space on the
// disk is tried again until it does, for as long as the process lives. Results are synced to disk
// only while no daemon is connected: one that is commits them at once.
package step

// About says what a plugin is.
type About struct {
	Type          string   // the word after `uses`; required
	Version       string   // the plugin's own version; required
	Summary       string   // one line
	Documentation string   // Markdown
	Outputs       []Output // what later steps may read
	Capacity      int      // attempts that one process serves at a time; 0 means 1
}

// Output is a value that a step hands to later ones.
type Output struct {
	Name        string
	Description string
}
