package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Ticks is a page of the ledger, newest first, with the schedule of each record
// where they are of several. Its lines are not cut: the reason is to be read
// whole.
func (s Style) Ticks(list []rpc.Tick) string {
	s.Width = 0
	header := []string{"INSTANT", "DECISION", "RUN", "WHY"}
	several := slices.ContainsFunc(list, func(t rpc.Tick) bool { return t.Schedule != list[0].Schedule })
	rows := make([][]string, len(list))
	for i, t := range list {
		rows[i] = []string{instantOf(t), s.decision(t), dash(Line(t.Run)), reasonOf(t)}
		if several {
			rows[i] = append([]string{s.paint(bold, Line(t.Schedule))}, rows[i]...)
		}
	}
	if several {
		header = append([]string{"SCHEDULE"}, header...)
	}
	return s.table(header, rows)
}

// decision is what was decided of an instant, with its reason, in its colour.
func (s Style) decision(t rpc.Tick) string {
	word := strings.ReplaceAll(Line(t.Decision), "_", " ")
	if t.Reason != "" {
		word += " (" + strings.ReplaceAll(Line(t.Reason), "_", " ") + ")"
	}
	return s.paint(decisionColour(t.Decision), word)
}

func decisionColour(decision string) string {
	switch decision {
	case "fired", "caught_up":
		return green
	case "skipped":
		return yellow
	case "dropped":
		return red
	}
	return ""
}

// instantOf is the instant of a record, or the first and how many follow.
func instantOf(t rpc.Tick) string {
	text := wall(t.Wall)
	switch {
	case t.Count > 1:
		text += fmt.Sprintf(" and %d more", t.Count-1)
	case t.Count < 0:
		text += " and many more"
	}
	return text
}

// newestOf is the instant of a record, or the last of those that it stands for.
func newestOf(t rpc.Tick) string {
	switch {
	case t.Count > 1:
		return wall(t.LastWall) + fmt.Sprintf(" and %d before it", t.Count-1)
	case t.Count < 0:
		return wall(t.LastWall) + " and many before it"
	}
	return wall(t.Wall)
}

// reasonOf is what a person should know of a record beyond its decision.
func reasonOf(t rpc.Tick) string {
	var parts []string
	if t.Subject != "" {
		parts = append(parts, Line(t.Subject))
	}
	if t.Actor != "" {
		parts = append(parts, "by "+Line(t.Actor))
	}
	text := strings.Join(parts, " ")
	if t.Message == "" {
		return text
	}
	if text != "" {
		text += ": "
	}
	return text + Line(t.Message)
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
