package config

import (
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration // -1 is refused
	}{
		{"90s", 90 * time.Second},
		{"1h30m", 90 * time.Minute},
		{"1.5h", 90 * time.Minute},
		{"2d", 48 * time.Hour},
		{"1w1d", 8 * day},
		{"0.5d", 12 * time.Hour},
		{"10ms", 10 * time.Millisecond},
		{"5us", 5 * time.Microsecond},
		{"5µs", 5 * time.Microsecond},
		{"0s", 0},
		{"106751d", 106751 * day},
		{"106752d", -1},
		{"100000d100000d", -1},
		{"9223372036s9223372036s", -1},
		{"99999999999999999999h", -1},
		{"", -1}, {"5", -1}, {"s", -1}, {"-5s", -1}, {"+5s", -1}, {"5 s", -1}, {"5m ", -1},
		{"1.2.3s", -1}, {"5x", -1}, {"5M", -1}, {"5s5", -1}, {".s", -1}, {".d", -1}, {"1e3s", -1},
	}
	for _, tt := range tests {
		got, err := ParseDuration(tt.text)
		if tt.want == -1 && err == nil || tt.want != -1 && (err != nil || got != tt.want) {
			t.Errorf("%q: got %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	tests := []struct {
		text string
		want int64 // -1 is refused
	}{
		{"0", 0}, {"1024", 1024}, {"7B", 7},
		{"1KB", 1000}, {"1KiB", 1024}, {"256MiB", 256 << 20}, {"2MB", 2e6}, {"1GiB", 1 << 30}, {"1GB", 1e9}, {"64 MiB", 64 << 20},
		{"8589934591GiB", 8589934591 << 30},
		{"8589934592GiB", -1},
		{"99999999999999999999", -1},
		{"", -1}, {"GiB", -1}, {"-1", -1}, {"+1", -1}, {"1.5GiB", -1}, {"1M", -1}, {"1mb", -1}, {"1 GiB ", -1}, {"1KiBB", -1}, {" 1", -1}, {"0x10", -1},
	}
	for _, tt := range tests {
		got, err := parseSize(tt.text)
		if tt.want == -1 && err == nil || tt.want != -1 && (err != nil || got != tt.want) {
			t.Errorf("%q: got %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
}
