package render

import (
	"fmt"
	"time"
)

// Duration is a length of time in its two largest units: 340ms, 4.2s, 42s,
// 3m05s, 2h10m, 3d4h. A negative one is 0ms: clocks may differ.
func Duration(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 995*time.Millisecond:
		return fmt.Sprintf("%dms", d.Round(time.Millisecond).Milliseconds())
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// Bytes is a size in binary units: 17 B, 1.2 KiB, 340 MiB.
func Bytes(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), -1
	for ; size >= 1023.5; unit++ {
		size /= 1 << 10
	}
	if size < 9.95 {
		return fmt.Sprintf("%.1f %ciB", size, "KMGTPE"[unit])
	}
	return fmt.Sprintf("%.0f %ciB", size, "KMGTPE"[unit])
}

// When is a moment as a person would say it: "now", "5m ago" within the last
// week, else the local date and time. The zero time is "".
func (s Style) When(t time.Time) string {
	ago := s.Now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case ago < -5*time.Second || ago >= 7*24*time.Hour:
		return t.In(s.zone()).Format("2006-01-02 15:04")
	case ago < 5*time.Second:
		return "now"
	case ago < time.Minute:
		return fmt.Sprintf("%ds ago", ago/time.Second)
	case ago < time.Hour:
		return fmt.Sprintf("%dm ago", ago/time.Minute)
	case ago < 24*time.Hour:
		return fmt.Sprintf("%dh ago", ago/time.Hour)
	}
	return fmt.Sprintf("%dd ago", ago/(24*time.Hour))
}

// Moment is a moment to the second in the style's zone: where the exact time
// matters more than how long ago it was.
func (s Style) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone()).Format("2006-01-02 15:04:05 -0700")
}

// count is a number with its noun: "1 run", "2 runs".
func count[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
