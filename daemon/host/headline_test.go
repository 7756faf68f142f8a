package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestProblemBeginsWithAShortLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.start = 3 * time.Second
	w.config.Pins = map[string]string{"wide": strings.Repeat("0", 64)}
	h := w.open()
	found, err := h.Plugins()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range h.DescribeAll(t.Context(), found) {
		line, _, _ := strings.Cut(s.Problem, "\n")
		if (line == "") != (s.Type == "good") || len(line) > maxHeadline || strings.Contains(line, "/penstock-step-") {
			t.Errorf("%s: %q", s.Type, s.Problem)
		}
		if s.Problem != "" && !strings.Contains(s.Problem, "\nfile: /") {
			t.Errorf("%s: no word of its file: %q", s.Type, s.Problem)
		}
	}
}

func TestHeadlined(t *testing.T) {
	long := strings.Repeat("ä", 2<<10)
	tests := []struct {
		name      string
		err       error
		line, all string
	}{
		{"short", errors.New("a\nb"), "a", "a\nb"},
		{"long", errors.New(long + "\nb"), clipped(long, maxHeadline), clipped(long, maxHeadline) + "\n" + long + "\nb"},
		{"garbage", errors.New("\x1b[31m\nb"), `\u001b[31m`, "\\u001b[31m\nb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := headlined(test.err)
			line, _, _ := strings.Cut(got.Error(), "\n")
			if line != test.line || got.Error() != test.all || len(line) > maxHeadline || !utf8.ValidString(line) {
				t.Errorf("%q", got)
			}
			if !errors.Is(got, test.err) {
				t.Error("the cause is lost")
			}
		})
	}
	if headlined(nil) != nil {
		t.Error("an error is made of none")
	}
	if !errors.Is(headlined(told{long, "", context.Canceled}), context.Canceled) {
		t.Error("the cause of the cause is lost")
	}
}
