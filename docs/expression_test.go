package docs_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/penstock/penstock/config/expression"
)

// example is a row of the manual: an expression and what it is.
var example = regexp.MustCompile("(?m)^\\| `(.+?)` \\| `(.+?)` \\|")

func TestTheExpressionsOfTheManualAreWhatItSays(t *testing.T) {
	text, err := os.ReadFile("pipeline-file.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| expression | is |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := example.FindAllStringSubmatch(table, -1)
	if len(rows) < 15 {
		t.Fatalf("only %d rows were found", len(rows))
	}
	for _, row := range rows {
		if got, want := evaluate(t, row[1]), evaluate(t, row[2]); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, not %s", row[1], got, row[2])
		}
	}
}

func evaluate(t *testing.T, source string) any {
	t.Helper()
	template, err := expression.ParseTemplate("{{ "+source+" }}", expression.Scope{})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	value, err := template.Evaluate(expression.Values{})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return value
}
