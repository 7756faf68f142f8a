package spelling_test

import (
	"testing"

	"github.com/penstock/penstock/config/spelling"
)

func TestNearest(t *testing.T) {
	known := []string{"name", "uses", "with", "timeout", "allow_failure"}
	tests := []struct{ word, want string }{
		{"Name", "name"}, {"nmae", "name"}, {"use", "uses"}, {"tiemout", "timeout"}, {"time_outs", "timeout"},
		{"allowfailure", "allow_failure"}, {"x", ""}, {"script", ""}, {"", ""}, {"command", ""},
	}
	for _, tt := range tests {
		if got := spelling.Nearest(tt.word, known); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.word, got, tt.want)
		}
	}
}
