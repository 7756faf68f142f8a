package step

import (
	"cmp"
	"fmt"
)

// Failure is the error of work that came to a no: a test that fails, a server
// that refuses. Any other error says that the machinery broke.
type Failure struct {
	ExitCode *int   // of the process that said no, where there was one
	Message  string // for people; empty where there is nothing to say but the exit code

	program string // that ended with ExitCode
}

func (f *Failure) Error() string {
	if f.Message == "" && f.ExitCode != nil {
		return fmt.Sprintf("%s ended with exit code %d", cmp.Or(f.program, "a process"), *f.ExitCode)
	}
	return f.Message
}

// message is what the result of work that returned err, which is f or wraps
// it, says beside the exit code.
func (f *Failure) message(err error) string {
	if text := err.Error(); text != f.Error() {
		return text
	}
	return f.Message
}

// Failf returns a Failure without an exit code.
func Failf(format string, args ...any) error {
	return &Failure{Message: fmt.Sprintf(format, args...)}
}
