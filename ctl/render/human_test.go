package render

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                    "0ms",
		0:                               "0ms",
		340*time.Millisecond + 400:      "340ms",
		999 * time.Millisecond:          "1.0s",
		4230 * time.Millisecond:         "4.2s",
		9949 * time.Millisecond:         "9.9s",
		9990 * time.Millisecond:         "10s",
		59*time.Second + 499999999:      "59s",
		59*time.Second + 600000000:      "1m00s",
		3*time.Minute + 5*time.Second:   "3m05s",
		time.Hour - time.Millisecond:    "1h00m",
		2*time.Hour + 10*time.Minute:    "2h10m",
		76*time.Hour + 59*time.Minute:   "3d4h",
		24*time.Hour - time.Millisecond: "1d0h",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1229: "1.2 KiB", 1<<20 - 1: "1.0 MiB",
		340 << 20: "340 MiB", 10 << 30: "10 GiB", 1<<64 - 1: "16 EiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	for ago, want := range map[time.Duration]string{
		0:                    "now",
		-3 * time.Second:     "now",
		42 * time.Second:     "42s ago",
		5 * time.Minute:      "5m ago",
		23 * time.Hour:       "23h ago",
		6 * 24 * time.Hour:   "6d ago",
		7 * 24 * time.Hour:   "2026-03-07 12:00",
		-1 * time.Hour:       "2026-03-14 13:00",
		400 * 24 * time.Hour: "2025-02-07 12:00",
	} {
		if got := plainStyle().When(before(ago)); got != want {
			t.Errorf("%v ago is %q, want %q", ago, got, want)
		}
	}
	if got := plainStyle().When(time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func TestWidth(t *testing.T) {
	for line, want := range map[string]int{
		"":                   0,
		"abc":                3,
		"备份":                 4,
		"e\u0301":            1,
		"📦":                  2,
		"\x1b[31mred\x1b[0m": 3,
		"ｆｕｌｌ":               8,
	} {
		if got := Width(line); got != want {
			t.Errorf("%q has %d columns, want %d", line, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		line    string
		columns int
		want    string
	}{
		{"abcdef", 0, "abcdef"},
		{"abcdef", 6, "abcdef"},
		{"abcdef", 4, "abc…"},
		{"备份备份", 4, "备…"},
		{"\x1b[31mabcdef\x1b[0m", 3, "\x1b[31mab…\x1b[0m"},
	} {
		if got := cut(c.line, c.columns); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.line, c.columns, got, c.want)
		}
	}
}
