package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// state is what an attempt directory says of its attempt.
type state int

const (
	unbegun  state = iota // no go: whoever may start it may
	held                  // somebody holds the lock: it is alive
	finished              // there is a result
	gone                  // go, and neither lock nor result: nobody knows
)

// finding is the answer of examine.
type finding struct {
	state   state
	begun   bool
	outcome Outcome         // of a finished one
	holder  protocol.Holder // of a held one; zero where it does not say
}

// examine looks at an attempt directory in the order that package protocol
// gives, and at the result once more, for the end may fall between two looks.
func examine(dir, attempt string) (finding, error) {
	outcome, err := readOutcome(dir, attempt)
	if err == nil {
		return finding{state: finished, outcome: outcome, begun: true}, nil
	}
	locked, holder, err := probe(filepath.Join(dir, protocol.LockFile))
	if err != nil {
		return finding{}, fmt.Errorf("attempt directory: %w", err)
	}
	begun := !begunAt(dir).IsZero()
	if locked {
		return finding{state: held, begun: begun, holder: holder}, nil
	}
	if outcome, err = readOutcome(dir, attempt); err == nil {
		return finding{state: finished, outcome: outcome, begun: true}, nil
	}
	if begun {
		return finding{state: gone, begun: true}, nil
	}
	return finding{state: unbegun}, nil
}

// probe says whether somebody holds the lock, and who says so in it. It takes
// the lock, shared, for an instant: a plugin that just wants it tries again.
func probe(path string) (bool, protocol.Holder, error) {
	var holder protocol.Holder
	file, _, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, holder, nil
	}
	if err != nil {
		return false, holder, err
	}
	defer file.Close()
	err = unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if err == nil {
		return false, holder, nil
	}
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return false, holder, fmt.Errorf("probe %s: %w", path, err)
	}
	text := make([]byte, 4<<10)
	n, _ := file.ReadAt(text, 0) // a short one is the rule; an unreadable one names nobody
	if json.Unmarshal(text[:n], &holder) != nil {
		return true, protocol.Holder{}, nil
	}
	return true, holder, nil
}
