package step

import "fmt"

// Failure is the error of work that came to a no: a test that fails, a server
// that refuses. Any other error says that the machinery broke.
type Failure struct {
	ExitCode *int   // of the process that said no, where there was one
	Message  string // for people
}

func (f *Failure) Error() string { return f.Message }

// Failf returns a Failure without an exit code.
func Failf(format string, args ...any) error {
	return &Failure{Message: fmt.Sprintf(format, args...)}
}
