package step

import (
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/plugins/protocol"
)

// defaultPath is the search path of a command where the request has none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Environment is the whole environment of a command of this attempt, as
// name=value sorted by name: PATH, LANG=C.UTF-8, and HOME, USER, LOGNAME of the
// account; over these the variables of the request, among which the daemon has
// put why the run exists (docs/variables.md); over these
//
//	PENSTOCK_ATTEMPT         nightly/42/build/compile/1
//	PENSTOCK_ATTEMPT_NUMBER  1
//	PENSTOCK_OUTPUT          path of the file that takes outputs, name=value a line
//	PENSTOCK_PIPELINE        nightly
//	PENSTOCK_RUN             42
//	PENSTOCK_RUN_ID          the run's number over all pipelines
//	PENSTOCK_STAGE           build
//	PENSTOCK_STEP            compile
//	PENSTOCK_WORKSPACE       the directory in which the step works
//	PENSTOCK_STATUS          success, failed or canceled; only for a cleanup
//
// Nothing comes from the plugin's own environment.
func (t *Task) Environment() []string { return t.environment(nil) }

// environment is Environment with more over the request's variables.
func (t *Task) environment(more map[string]string) []string {
	variables := map[string]string{"PATH": defaultPath, "LANG": "C.UTF-8"}
	if account, err := user.Current(); err == nil { // it is read once in a process
		variables["HOME"] = account.HomeDir
		variables["USER"] = account.Username
		variables["LOGNAME"] = account.Username
	}
	maps.Copy(variables, t.request.Environment)
	maps.Copy(variables, more)
	variables[protocol.EnvAttempt] = t.request.Attempt
	variables["PENSTOCK_ATTEMPT_NUMBER"] = strconv.Itoa(t.request.Number)
	variables[protocol.EnvOutput] = t.outputs
	variables["PENSTOCK_PIPELINE"] = t.request.Pipeline
	variables["PENSTOCK_RUN"] = strconv.FormatUint(t.request.Run, 10)
	variables["PENSTOCK_RUN_ID"] = strconv.FormatUint(t.request.RunID, 10)
	variables["PENSTOCK_STAGE"] = t.request.Stage
	variables["PENSTOCK_STEP"] = t.request.Step
	variables["PENSTOCK_WORKSPACE"] = t.request.Workspace
	delete(variables, protocol.EnvStatus)
	if t.status != "" {
		variables[protocol.EnvStatus] = t.status
	}
	return list(variables)
}

func list(variables map[string]string) []string {
	pairs := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		pairs = append(pairs, name+"="+variables[name])
	}
	return pairs
}

// lookup returns the last value of name in environment, which counts.
func lookup(environment []string, name string) string {
	for _, pair := range slices.Backward(environment) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// checkEnvironment refuses what execve(2) would cut short or misread.
func checkEnvironment(environment []string) error {
	for _, pair := range environment {
		name, _, ok := strings.Cut(pair, "=")
		if !ok || name == "" || strings.ContainsRune(pair, 0) {
			return fmt.Errorf("environment variable %.40q: a name is not empty, and neither name nor value holds a NUL", name)
		}
	}
	return nil
}
