package rpc

import "fmt"

// Code classifies an error for programs. The values are stable. Beside them
// JSON-RPC's own occur: -32700 not JSON, -32600 not a request, -32601 no such
// method, -32602 wrong parameters, -32603 internal error.
type Code int

// The codes, outside the range that JSON-RPC 2.0 §5.1 reserves.
const (
	CodeInternal    Code = -32603 // a fault of the daemon; its log has the rest
	CodeInvalid     Code = 1      // refused input; data is InvalidData
	CodeNotFound    Code = 2      // no such pipeline, revision, run, step or attempt
	CodeConflict    Code = 3      // the state of things forbids it now
	CodePermission  Code = 4      // the caller's role does not reach; data is PermissionData
	CodeUnavailable Code = 5      // the daemon is stopping; ask again
	CodeDiskLow     Code = 6      // too little free space to begin anything; data is DiskLowData
	CodeBusy        Code = 7      // too many calls in flight on this connection
)

// Error is an error as it travels.
type Error struct {
	Code    Code
	Message string // what, where, why, what to do; no trailing point
	Data    any    // one of the Data types here, or nil
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an Error without data.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidData lists all that is wrong with an input, in the order of the text.
type InvalidData struct {
	Problems []Problem `json:"problems"`
}

// Problem is one thing wrong with a text.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 is unknown
	Column  int    `json:"column,omitempty"` // from 1, in bytes
	Path    string `json:"path,omitempty"`   // stage[0].step[2].with.script
	Message string `json:"message"`
}

// PermissionData says what was missing.
type PermissionData struct {
	Method string `json:"method"`
	Needs  string `json:"needs"` // role
	Role   string `json:"role"`  // the caller's; "" is none
}

// DiskLowData says how much is missing.
type DiskLowData struct {
	FreeBytes    uint64 `json:"free_bytes"`
	MinFreeBytes uint64 `json:"min_free_bytes"`
}
