package host

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// readCleanup reads how the work of the attempt in dir ended that has something
// to clean up. Its error says that there is none, or none that is well formed,
// which is the same: it is no more than a promise to the host.
func readCleanup(dir, attempt string) (protocol.Cleanup, error) {
	text, err := readLimited(filepath.Join(dir, protocol.CleanupFile), maxResult)
	if err != nil {
		return protocol.Cleanup{}, err
	}
	var c protocol.Cleanup
	if err := json.Unmarshal(text, &c); err != nil {
		return protocol.Cleanup{}, fmt.Errorf("%s: %w", protocol.CleanupFile, err)
	}
	if err := checkResult(c.Result, attempt); err != nil {
		return protocol.Cleanup{}, fmt.Errorf("%s: %w", protocol.CleanupFile, err)
	}
	if r := c.Result; r.Status == protocol.Failed && r.FailureReason != protocol.ScriptFailure {
		return protocol.Cleanup{}, fmt.Errorf("%s: work that ended with %s has no cleanup", protocol.CleanupFile, r.FailureReason)
	}
	return c, nil
}

// cleaning is how much longer the cleanup of e may take, the grace included: 0
// or less where there is none, where it is overdue, and where nothing waits any
// more. The wall clock is asked once; setting it back gains nobody time.
func (e *entry) cleaning() time.Duration {
	if e.forced {
		return 0
	}
	if e.cleaned.IsZero() {
		c, err := readCleanup(e.attempt.Directory, e.name)
		if err != nil {
			return 0
		}
		span := min(c.Limit, protocol.MaxCleanup) + e.attempt.Request.Grace
		e.cleaned = time.Now().Add(min(span, time.Until(c.Result.EndedAt.Add(span))))
	}
	return time.Until(e.cleaned)
}

// cutShort is the outcome of an attempt whose work ended and whose cleanup did
// not; false where it is none.
func (h *Host) cutShort(e *entry, watched bool) (Outcome, bool) {
	c, err := readCleanup(e.attempt.Directory, e.name)
	if err != nil {
		return Outcome{}, false
	}
	o := outcomeOf(e.attempt.Directory, c.Result)
	why := "the plugin process ended while no daemon was watching"
	switch {
	case e.sentence != nil && e.measures > 1:
		why = "it did not end in time, and was killed"
	case watched && !e.process.alive():
		why = e.process.fate()
	case watched:
		why = "the plugin let go of the attempt"
	case e.attempt.BootID != h.bootID:
		why = "the machine went down"
	}
	o.Message = cmp.Or(o.Message, "the work had ended") + "; the cleanup after it was cut short: " + why
	return o, true
}
