package http

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Statuses is a set of HTTP statuses. In the settings it is one of, or a list
// of: a number (204), a class ("2xx"), a range ("200-204").
type Statuses []span

// A span holds the statuses from first to last, both included.
type span struct{ first, last int }

// Has says whether the status is in the set.
func (s Statuses) Has(status int) bool {
	for _, r := range s {
		if r.first <= status && status <= r.last {
			return true
		}
	}
	return false
}

// String writes the set as the settings would: "200, 3xx, 400-404".
func (s Statuses) String() string {
	words := make([]string, len(s))
	for i, r := range s {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}

func (r span) String() string {
	switch {
	case r.first == r.last:
		return strconv.Itoa(r.first)
	case r.first%100 == 0 && r.last == r.first+99:
		return fmt.Sprintf("%dxx", r.first/100)
	}
	return fmt.Sprintf("%d-%d", r.first, r.last)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Statuses) UnmarshalJSON(text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	if len(list) == 0 {
		return fmt.Errorf("the list is empty, so no status would do: name one or leave the key out")
	}
	spans := make(Statuses, len(list))
	for i, one := range list {
		var err error
		if spans[i], err = parseSpan(one); err != nil {
			return err
		}
	}
	*s = spans
	return nil
}

func parseSpan(value any) (span, error) {
	var r span
	switch v := value.(type) {
	case float64:
		r = span{int(v), int(v)}
		if float64(r.first) != v {
			r = span{}
		}
	case string:
		r = parseSpanText(v)
	}
	if r.first < 100 || r.last > 599 || r.first > r.last {
		return span{}, fmt.Errorf("%v is no HTTP status: write 204, \"2xx\" or \"200-204\"", value)
	}
	return r, nil
}

// parseSpanText answers the zero span to what is none.
func parseSpanText(text string) span {
	if class, ok := strings.CutSuffix(text, "xx"); ok {
		n := number(class)
		return span{n * 100, n*100 + 99}
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	return span{number(first), number(last)}
}

// number reads decimal digits; anything else is 0.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}
