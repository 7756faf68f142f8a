package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Forecast is the load to come: a chart by the hour, or with more than two
// days by the day, the times at which the most runs are at work, and the
// schedules with the most work.
func (s Style) Forecast(f rpc.Forecast) string {
	text := fmt.Sprintf("%s to %s: %s of %s\n", s.minute(f.From), s.minute(f.To), count(f.Runs, "run"), count(f.Known+f.Unknown, "schedule"))
	if f.Asked != nil {
		text += s.paint(yellow, "cut: up to "+s.minute(*f.Asked)+" there are more than 100,000 instants; this is the beginning") + "\n"
	}
	switch {
	case f.Runs == 0:
	case len(f.Hours) > 48:
		text += "\n" + s.days(f.Hours)
	default:
		text += "\n" + s.hours(f.Hours)
	}
	return text + s.crowds(f.Crowds) + s.loads(f.Schedules) + s.remarks(f)
}

func (s Style) minute(t time.Time) string { return t.In(s.zone()).Format("2006-01-02 15:04") }

// hours has a bar for each hour, as long as runs are at work in it.
func (s Style) hours(hours []rpc.ForecastHour) string {
	const margin = 38 // what stands beside a bar
	most := 0.0
	for _, h := range hours {
		most = max(most, h.Busy)
	}
	wide := 40.0
	if s.Width > 0 {
		wide = min(wide, float64(max(s.Width-margin, 10)))
	}
	var b strings.Builder
	b.WriteString(s.paint(bold, "HOUR              RUNS  PEAK   BUSY") + "\n")
	for _, h := range hours {
		line := fmt.Sprintf("%s  %4d  %4d  %5.1f  %s", h.At.In(s.zone()).Format("Mon 01-02 15:04 "), h.Runs, h.Peak, h.Busy, s.paint(blue, bar(h.Busy, most, wide)))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// bar is a bar of blocks in eighths of a column; some work is never none.
func bar(n, most, wide float64) string {
	if n <= 0 || most <= 0 {
		return ""
	}
	eighths := max(1, int(math.Round(n/most*wide*8)))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// days has a line for each day with a column for each hour.
func (s Style) days(hours []rpc.ForecastHour) string {
	most := 0.0
	for _, h := range hours {
		most = max(most, h.Busy)
	}
	var b strings.Builder
	b.WriteString(s.paint(bold, "DAY        0     6     12    18     RUNS  PEAK") + "\n")
	for len(hours) > 0 {
		n := 1
		for n < len(hours) && s.day(hours[n]) == s.day(hours[0]) {
			n++
		}
		b.WriteString(s.dayLine(hours[:n], most) + "\n")
		hours = hours[n:]
	}
	return b.String()
}

func (s Style) day(h rpc.ForecastHour) string { return h.At.In(s.zone()).Format("Mon 01-02") }

// dayLine has the hours of a day below those of the clock: one that the clock
// leaves out stays empty, of one that it shows twice the busier counts.
func (s Style) dayLine(hours []rpc.ForecastHour, most float64) string {
	columns := []rune(strings.Repeat(" ", 24))
	var busy [24]float64
	runs, peak := 0, 0
	for _, h := range hours {
		at := h.At.In(s.zone()).Hour()
		busy[at] = max(busy[at], h.Busy)
		columns[at] = column(busy[at], most)
		runs, peak = runs+h.Runs, max(peak, h.Peak)
	}
	return fmt.Sprintf("%s  %s  %5d %5d", s.day(hours[0]), s.paint(blue, string(columns)), runs, peak)
}

// column is a block whose height is a part of the most; some work is never none.
func column(n, most float64) rune {
	if n <= 0 || most <= 0 {
		return '·'
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	return blocks[min(int(n/most*float64(len(blocks))), len(blocks)-1)]
}

func (s Style) crowds(crowds []rpc.Crowd) string {
	if len(crowds) == 0 {
		return ""
	}
	rows := make([][]string, len(crowds))
	for i, c := range crowds {
		rows[i] = []string{s.minute(c.From), Duration(c.To.Sub(c.From)), fmt.Sprint(c.Runs), users(c.Schedules, 0)}
	}
	return "\n" + s.table([]string{"TOGETHER FROM", "FOR", "RUNS", "OF"}, rows)
}

func (s Style) loads(schedules []rpc.ScheduleLoad) string {
	if len(schedules) == 0 {
		return ""
	}
	rows := make([][]string, len(schedules))
	for i, one := range schedules {
		rows[i] = []string{
			s.paint(bold, Line(one.Schedule)), fmt.Sprint(one.Runs), length(one.Duration), work(one.Busy), overlaps(one.Overlaps),
		}
	}
	return "\n" + s.table([]string{"SCHEDULE", "RUNS", "EACH", "IN ALL", ""}, rows)
}

func length(of *float64) string {
	if of == nil {
		return "unknown"
	}
	return Duration(seconds(*of))
}

func work(of float64) string {
	if of == 0 {
		return "-"
	}
	return Duration(seconds(of))
}

func overlaps(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s before the one before is over", count(n, "run"))
}

// remarks says what the forecast does not know.
func (s Style) remarks(f rpc.Forecast) string {
	text := ""
	if f.Unknown > 0 {
		text += "\n" + s.paint(dim, count(f.Unknown, "schedule")+" without past runs: taken to need a second") + "\n"
	}
	if f.Paused > 0 {
		text += "\n" + s.paint(dim, count(f.Paused, "schedule")+" left out: paused or frozen") + "\n"
	}
	return text
}
