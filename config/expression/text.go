package expression

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Text is a value as it stands in a text: numbers without needless digits,
// arrays as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return numberText(v)
	case bool:
		return strconv.FormatBool(v)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err.Error() // no value of this package: the caller's
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// numberText writes numbers as JSON does.
func numberText(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// ParseNumber reads a number as people and JSON write it: 7, -2.5, 1e3; no
// infinity, no hexadecimal.
func ParseNumber(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// size is about what a value takes in bytes; it stops counting at some point
// beyond most.
func size(v any, most int) int {
	total := 0
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		for _, item := range v {
			if total += 16 + size(item, most-total); total > most {
				break
			}
		}
	case map[string]any:
		for key, item := range v {
			if total += 32 + len(key) + size(item, most-total); total > most {
				break
			}
		}
	}
	return total
}
