package http

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStatusesAreNumbersClassesAndRanges(t *testing.T) {
	for text, c := range map[string]struct {
		has, hasNot int
		written     string
	}{
		`204`:                      {204, 205, "204"},
		`"204"`:                    {204, 203, "204"},
		`"2xx"`:                    {299, 300, "2xx"},
		`"200-204"`:                {204, 205, "200-204"},
		`[201, "3xx", "400-404"]`:  {404, 200, "201, 3xx, 400-404"},
		`["5xx", 100]`:             {100, 101, "5xx, 100"},
		`[599, "100-100", "3xx"]`:  {300, 598, "599, 100, 3xx"},
		`["200-299", "404", 2e2 ]`: {200, 405, "2xx, 404, 200"},
	} {
		var s Statuses
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !s.Has(c.has) || s.Has(c.hasNot) || s.String() != c.written {
			t.Errorf("%s is %s: has %d %v, has %d %v", text, s, c.has, s.Has(c.has), c.hasNot, s.Has(c.hasNot))
		}
	}
}

func TestStatusesRefuseWhatIsNone(t *testing.T) {
	for _, text := range []string{`99`, `600`, `200.5`, `-200`, `"6xx"`, `"0xx"`, `"xx"`, `"2XX"`, `"204-200"`, `"200-"`,
		`"ok"`, `""`, `true`, `[]`, `[200, "no"]`, `[[200]]`, `{}`, `"65736"`} {
		var s Statuses
		err := json.Unmarshal([]byte(text), &s)
		if err == nil || !strings.Contains(err.Error(), "status") {
			t.Errorf("%s: got %s, %v", text, s, err)
		}
	}
}
