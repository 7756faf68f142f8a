package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
)

// Check is why value cannot be given for the input, nil where it can: the type
// (string, float64, bool or []any), the options, the regex.
func (i *Input) Check(value any) error {
	if !i.Type.holds(value) {
		return fmt.Errorf("must be %s, not %s", i.Type.describe(), describeJSON(value))
	}
	if i.Options != nil && !i.isOption(value) {
		return fmt.Errorf("must be one of %s, not %s", i.optionList(), shown(value))
	}
	if text, ok := value.(string); ok && !i.matches(text) {
		return fmt.Errorf("must match %s, which %s does not", i.Regex, shown(value))
	}
	return nil
}

func (t InputType) holds(value any) bool {
	switch v := value.(type) {
	case string:
		return t == String
	case float64:
		return t == Number && !math.IsNaN(v) && !math.IsInf(v, 0)
	case bool:
		return t == Boolean
	case []any:
		return t == Array
	}
	return false
}

// describe names the type with its article.
func (t InputType) describe() string {
	if t == Array {
		return "an array"
	}
	return "a " + string(t)
}

func describeJSON(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "the text " + quote(v)
	case float64:
		return "a number"
	}
	return describe(value)
}

func (i *Input) isOption(value any) bool {
	for _, option := range i.Options {
		if reflect.DeepEqual(option, value) {
			return true
		}
	}
	return false
}

func (i *Input) optionList() string {
	words := make([]string, len(i.Options))
	for k, option := range i.Options {
		words[k] = shown(option)
	}
	return strings.Join(words, ", ")
}

// matches tells whether the regex takes the whole of text. One that does not
// compile has its own problem and takes everything.
func (i *Input) matches(text string) bool {
	if i.Regex == "" {
		return true
	}
	pattern, err := regexp.Compile(`\A(?:` + i.Regex + `)\z`)
	return err != nil || pattern.MatchString(text)
}

func shown(value any) string {
	if text, ok := value.(string); ok {
		return quote(text)
	}
	return fmt.Sprint(value)
}
