package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// What is taken of a plugin's result.
const (
	maxResult    = 256 << 10
	maxLeftovers = 100
	maxLeftover  = 256
)

// readOutcome reads how the attempt in dir ended. It returns fs.ErrNotExist
// while it has not. A result that is not what the contract says is an outcome
// too: the plugin failed.
func readOutcome(dir, attempt string) (Outcome, error) {
	text, err := readLimited(filepath.Join(dir, protocol.ResultFile), maxResult)
	if errors.Is(err, fs.ErrNotExist) {
		return Outcome{}, err
	}
	if err != nil {
		return broken(dir, err), nil
	}
	var result protocol.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return broken(dir, fmt.Errorf("%s: %w", protocol.ResultFile, err)), nil
	}
	if err := checkResult(result, attempt); err != nil {
		return broken(dir, err), nil
	}
	return outcomeOf(dir, result), nil
}

// broken is the outcome of an attempt whose result cannot be believed.
func broken(dir string, err error) Outcome {
	return Outcome{
		Status: protocol.Failed, FailureReason: protocol.PluginFailure,
		Message: clipped(printable([]byte("the plugin left a result that cannot be used: "+err.Error())), protocol.MaxMessage),
		BegunAt: begunAt(dir), EndedAt: time.Now(), LogSize: logSize(dir),
	}
}

func checkResult(r protocol.Result, attempt string) error {
	if r.Attempt != attempt {
		return fmt.Errorf("%s is of attempt %.100q", protocol.ResultFile, r.Attempt)
	}
	failed := r.Status == protocol.Failed
	if !failed && r.Status != protocol.Success && r.Status != protocol.Canceled {
		return fmt.Errorf("%s has status %.100q", protocol.ResultFile, r.Status)
	}
	reasons := []string{protocol.ScriptFailure, protocol.StepTimeout, protocol.StuckOrTimeout, protocol.PluginFailure}
	if failed != slices.Contains(reasons, r.FailureReason) || !failed && r.FailureReason != "" {
		return fmt.Errorf("%s has status %s with failure reason %.100q", protocol.ResultFile, r.Status, r.FailureReason)
	}
	return nil
}

func outcomeOf(dir string, r protocol.Result) Outcome {
	o := Outcome{
		Status: r.Status, FailureReason: r.FailureReason, ExitCode: r.ExitCode,
		Message: clipped(printable([]byte(r.Message)), protocol.MaxMessage),
		BegunAt: r.BegunAt, EndedAt: r.EndedAt, LogSize: max(0, r.LogSize),
		Plugin: pluginOf(r),
	}
	for _, leftover := range r.Leftovers[:min(len(r.Leftovers), maxLeftovers)] {
		o.Leftovers = append(o.Leftovers, clipped(printable([]byte(leftover)), maxLeftover))
	}
	outputs, err := protocol.ReadOutputs(dir)
	if o.Outputs = outputs; err != nil && o.Status == protocol.Success {
		o.Status, o.FailureReason = protocol.Failed, protocol.PluginFailure
		o.Message = clipped(printable([]byte("the step succeeded, but its outputs cannot be used: "+err.Error())), protocol.MaxMessage)
	}
	return o
}

// pluginOf is what a result says of the plugin that made it.
func pluginOf(r protocol.Result) Plugin {
	if !digest256.MatchString(r.SHA256) {
		return Plugin{}
	}
	return Plugin{Version: clipped(printable([]byte(r.Version)), 100), SHA256: r.SHA256}
}

var digest256 = regexp.MustCompile("^[0-9a-f]{64}$")

// begunAt is when the go file was made; zero where there is none.
func begunAt(dir string) time.Time {
	info, err := os.Lstat(filepath.Join(dir, protocol.GoFile))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// logSize is what lies on disk of the log of an attempt that left no result.
func logSize(dir string) int64 {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	var size int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && (entry.Name() == "log" || strings.HasPrefix(entry.Name(), "log.")) {
			size += info.Size()
		}
	}
	return size
}
