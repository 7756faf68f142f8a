package rpc

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/creachadair/jrpc2"
)

// parse judges a line before jrpc2 sees it and returns it without needless
// space, with the requests in it. The error is the answer to the line.
//
// Space goes because a call that waits keeps its line: padding would be a way
// to hold memory.
func parse(text []byte, lim limits) ([]byte, []*jrpc2.ParsedRequest, *Error) {
	if !utf8.Valid(text) {
		return nil, nil, Errorf(CodeNotJSON, "the line is not UTF-8")
	}
	depth, commas := measure(text)
	if depth > lim.depth {
		return nil, nil, Errorf(CodeNotRequest, "the request is nested more than %d deep", lim.depth)
	}
	if text[0] == '[' && commas >= lim.batch {
		return nil, nil, Errorf(CodeNotRequest, "the batch has %d requests; at most %d are taken", commas+1, lim.batch)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, nil, Errorf(CodeNotJSON, "the line is not JSON: %v", err)
	}
	requests, err := jrpc2.ParseRequests(compact.Bytes())
	switch {
	case err != nil:
		return nil, nil, Errorf(CodeNotJSON, "the line is not a request: %v", err)
	case len(requests) == 0:
		return nil, nil, Errorf(CodeNotRequest, "the batch is empty")
	}
	for _, r := range requests {
		if len(r.ID) > lim.id {
			return nil, nil, Errorf(CodeNotRequest, "the request's id has %d bytes; at most %d are taken", len(r.ID), lim.id)
		}
	}
	return compact.Bytes(), requests, nil
}

// measure returns how deep the brackets of a JSON text go, and how many commas
// stand in its outermost pair. Of what is not JSON it measures something.
func measure(text []byte) (depth, commas int) {
	level, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			level++
			depth = max(depth, level)
		case c == ']' || c == '}':
			level--
		case c == ',' && level == 1:
			commas++
		}
	}
	return depth, commas
}

// isCall reports whether r is owed an answer: all but well-formed
// notifications are, as jrpc2 has it and JSON-RPC 2.0 §4.1 wants it.
func isCall(r *jrpc2.ParsedRequest) bool {
	return r.Error != nil || r.ID != "" || r.Method == ""
}

// answers counts the answers in a line that jrpc2 sends.
func answers(text []byte) int {
	if text[0] != '[' {
		return 1
	}
	_, commas := measure(text)
	return commas + 1
}

// response is an error as an answer that jrpc2 has no part in.
type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   *jrpc2.Error    `json:"error"`
}

func refusal(id string, e *Error) response {
	if id == "" {
		id = "null"
	}
	return response{Version: jrpc2.Version, ID: json.RawMessage(id), Error: wire(e)}
}

// refusals answers every request of a line with the same error.
func refusals(requests []*jrpc2.ParsedRequest, e *Error) any {
	if !requests[0].Batch {
		return refusal(requests[0].ID, e)
	}
	var all []response
	for _, r := range requests {
		if isCall(r) {
			all = append(all, refusal(r.ID, e))
		}
	}
	return all
}
