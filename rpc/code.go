package rpc

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Code classifies an error for programs. The values are stable.
type Code int

// The codes of JSON-RPC 2.0 §5.1.
const (
	CodeNotJSON    Code = -32700 // the line is not JSON; the answer's id is null
	CodeNotRequest Code = -32600 // JSON, but not a request within the limits
	CodeNoMethod   Code = -32601 // no such method: the daemon may be older than the client
	CodeParams     Code = -32602 // wrong parameters; the message names the member
	CodeInternal   Code = -32603 // a fault of the daemon; its log has the rest
)

// The codes of Penstock, outside the range that JSON-RPC reserves.
const (
	CodeInvalid     Code = 1 // refused input; data is InvalidData
	CodeNotFound    Code = 2 // no such pipeline, revision, run, step or attempt
	CodeConflict    Code = 3 // the state of things forbids it now
	CodePermission  Code = 4 // the caller's role does not reach; data is PermissionData
	CodeUnavailable Code = 5 // the daemon is stopping; ask again
	CodeDiskLow     Code = 6 // too little free space to begin anything; data is DiskLowData
	CodeBusy        Code = 7 // too many calls in flight on this connection, or too many connections
	CodeConfirm     Code = 8 // a person has to confirm it first; data is ConfirmData
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
	Problems []Problem `json:"problems"` // at least one
}

// Problem is one thing wrong with a text.
type Problem struct {
	File    string `json:"file,omitempty"`   // the name that came with the text
	Line    int    `json:"line,omitempty"`   // from 1; 0 is unknown
	Column  int    `json:"column,omitempty"` // from 1, in bytes
	Path    string `json:"path,omitempty"`   // stage[0].step[2].with.script
	Message string `json:"message"`          // what is wrong, and what would be right
}

// PermissionData says what was missing.
type PermissionData struct {
	Method string `json:"method"` // which was called
	Needs  string `json:"needs"`  // role
	Role   string `json:"role"`   // the caller's; "" is none
}

// DiskLowData says how much is missing.
type DiskLowData struct {
	FreeBytes    uint64 `json:"free_bytes"`     // on the state directory's file system
	MinFreeBytes uint64 `json:"min_free_bytes"` // below it nothing is begun
}

// ConfirmData says what a person has to confirm.
type ConfirmData struct {
	Steps []Confirmation `json:"steps"` // those that ask to be confirmed
}

// Confirmation is the text that a step wants confirmed before it is played.
type Confirmation struct {
	Step string `json:"step"` // deploy/prod
	Text string `json:"text"` // as the definition has it
}

// codeRow is what is known of a code.
type codeRow struct {
	code    Code
	name    string
	meaning string
	data    reflect.Type // nil: no data
}

// codes returns the table of codes.
func codes() []codeRow {
	return []codeRow{
		{CodeNotJSON, "not_json", "the line is not JSON", nil},
		{CodeNotRequest, "not_request", "the line is not a request within the limits", nil},
		{CodeNoMethod, "no_method", "there is no such method", nil},
		{CodeParams, "params", "wrong parameters", nil},
		{CodeInternal, "internal", "a fault of the daemon", nil},
		{CodeInvalid, "invalid", "refused input", reflect.TypeFor[InvalidData]()},
		{CodeNotFound, "not_found", "no such pipeline, revision, run, step or attempt", nil},
		{CodeConflict, "conflict", "the state of things forbids it now", nil},
		{CodePermission, "permission", "the caller's role does not reach", reflect.TypeFor[PermissionData]()},
		{CodeUnavailable, "unavailable", "the daemon is stopping", nil},
		{CodeDiskLow, "disk_low", "too little free space", reflect.TypeFor[DiskLowData]()},
		{CodeBusy, "busy", "too many calls in flight, or too many connections", nil},
		{CodeConfirm, "confirm", "a person has to confirm it first", reflect.TypeFor[ConfirmData]()},
	}
}

func (c Code) row() (codeRow, bool) {
	for _, r := range codes() {
		if r.code == c {
			return r, true
		}
	}
	return codeRow{}, false
}

// String returns the code's name in the description of the API, as not_found.
func (c Code) String() string {
	if r, ok := c.row(); ok {
		return r.name
	}
	return fmt.Sprintf("code %d", int(c))
}

// data decodes what came with an error: a value of the code's Data type where
// it has one and the text fits, else whatever JSON it is.
func (c Code) data(text json.RawMessage) any {
	if len(text) == 0 {
		return nil
	}
	if r, _ := c.row(); r.data != nil {
		v := reflect.New(r.data)
		if json.Unmarshal(text, v.Interface()) == nil {
			return v.Elem().Interface()
		}
	}
	var v any
	if json.Unmarshal(text, &v) != nil {
		return text
	}
	return v
}
