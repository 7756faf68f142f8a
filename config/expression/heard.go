package expression

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// heard are the roots of what triggers hear of: where they are known, and which
// key of a trigger that is.
var heard = map[string]struct {
	place Place
	key   string
}{
	"upstream": {InAfter, "after"}, "file": {InFiles, "files"}, "payload": {InKey, "key"},
}

// isRoot reports whether word begins a name here. In a run the words of triggers
// do not: there they may be inputs.
func (r *rewriting) isRoot(word string) bool {
	_, ok := heard[word]
	return roots[word] || ok && r.scope.Place != InRun
}

// unheard says why a root is not known here, "" where it is.
func (r *rewriting) unheard(root string) string {
	of, isHeard := heard[root]
	switch {
	case isHeard && of.place != r.scope.Place:
		return fmt.Sprintf("%s is known only in the inputs and variables of a trigger with %s", root, of.key)
	case r.scope.Place != InRun && !isHeard && root != "trigger" && root != "pipeline":
		return "a trigger does not know " + root + ": there is no run yet"
	}
	return ""
}

// upstreamOutputs are the outputs of a run that ended.
type upstreamOutputs map[string]map[string]string

func (o upstreamOutputs) get(step, output string) (string, error) {
	if value, ok := o[step][output]; ok {
		return value, nil
	}
	return "", fmt.Errorf("upstream.outputs%s%s is missing: that run has no such output; ?? gives it a default", member(step), member(output))
}

func (o upstreamOutputs) has(step, output string) bool {
	_, ok := o[step][output]
	return ok
}

// payload is what a caller sent.
type payload struct{ value any }

// get is the member at the end of a way of keys and of places in arrays.
func (p payload) get(way ...any) (any, error) {
	value, at := p.value, "payload"
	for _, step := range way {
		inner, why := enter(value, step)
		if why != "" {
			return nil, fmt.Errorf("%s%s is missing: %s %s; ?? gives it a default", at, member(step), at, why)
		}
		value, at = inner, at+member(step)
	}
	return value, nil
}

// has reports whether get has a value that is not null.
func (p payload) has(way ...any) bool {
	value, err := p.get(way...)
	return err == nil && value != nil
}

// enter is a member of a value, or why there is none.
func enter(value, step any) (inner any, why string) {
	key, isKey := step.(string)
	switch v := value.(type) {
	case nil:
		return nil, "is null"
	case map[string]any:
		if !isKey {
			return nil, "is an object, whose members have names"
		}
		if inner, ok := v[key]; ok {
			return inner, ""
		}
		return nil, "has no such member"
	case []any:
		if isKey {
			return nil, "is an array, whose elements have numbers: [0], [-1]"
		}
		return element(v, step.(float64))
	}
	return nil, "is " + describe(value)
}

// element counts from the end where the place is negative.
func element(items []any, place float64) (inner any, why string) {
	if place < 0 {
		place += float64(len(items))
	}
	if place < 0 || place >= float64(len(items)) || place != math.Trunc(place) {
		return nil, fmt.Sprintf("has %d elements", len(items))
	}
	return items[int(place)], ""
}

// member is a step of a way as a person writes it.
func member(step any) string {
	key, ok := step.(string)
	if !ok {
		return "[" + Text(step) + "]"
	}
	if bare(key) {
		return "." + key
	}
	return "[" + strconv.Quote(key) + "]"
}

// ParsePayload reads what a caller sent, for Values.Payload.
func ParsePayload(text string) (any, error) {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("the payload is no JSON: %w", err)
	}
	return value, nil
}
