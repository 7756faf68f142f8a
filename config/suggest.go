package config

import (
	"strings"

	"github.com/penstock/penstock/config/spelling"
)

// didYouMean is the end of a message: the suggestion as a question, or what
// there is to choose from.
func didYouMean(word string, known []string) string {
	if s := spelling.Nearest(word, known); s != "" {
		return "; did you mean " + quote(s) + "?"
	}
	return "; known are " + strings.Join(known, ", ")
}
