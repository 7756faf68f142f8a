// Package steptest is the conformance suite of step plugins: [Run] takes the
// path of any plugin's binary, written in any language, and tests what package
// protocol asks of it. A plugin that passes may be trusted with real runs.
//
//	func TestConformance(t *testing.T) {
//		steptest.Run(t, steptest.Suite{
//			Binary: "bin/penstock-step-greet",
//			Good:   map[string]any{"name": "world"},
//			Bad:    []map[string]any{{"name": 7}},
//			Long:   map[string]any{"name": "world", "every": "24h"},
//		})
//	}
//
// # What it owns
//
// The host's half of the contract, in small: it starts the binary as the
// daemon does (a session of its own, files as stdout and stderr, a nearly empty
// environment), reads the handshake line, speaks gRPC over the socket, makes
// attempt directories and reads what is left in them. It imports nothing of the
// daemon, so that the two cannot err together.
//
// # What it promises
//
// Each test starts processes of its own, beneath a directory of its own, and
// ends whatever it started, the children of a killed step included; the tests
// run in parallel. It waits for events (the stream, the lock, the end of a
// process), not for time to pass; only what must be seen not to happen takes its
// time. The suite's own tests hold it against a plugin that breaks one rule at
// a time, and fail where it does not notice.
//
// # What it refuses
//
// It does not judge what the step does: outputs and effects are checked where
// the [Suite] names them. It cannot see into the process: that nothing but the
// go file decides who begins is tested by counting what the work does
// ([Suite.Count]), not by reading code. It needs Linux: processes of a step are
// found in /proc by the mark in their environment.
package steptest
