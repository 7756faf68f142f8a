package render

import "time"

// Style is how a text is to look. The zero value is plain text of any width in
// local time.
type Style struct {
	Colour bool           // SGR sequences are welcome
	Width  int            // columns; 0 is no limit
	Height int            // rows that a live view may fill; 0 is no limit
	Now    time.Time      // the present, for "5m ago" and what still runs
	Zone   *time.Location // of the times shown; nil is local
}

const (
	bold    = "1"
	dim     = "2"
	red     = "31"
	green   = "32"
	yellow  = "33"
	blue    = "34"
	magenta = "35"
	cyan    = "36"
	reset   = "\x1b[0m"
)

// paint sets text in a colour, where there are colours.
func (s Style) paint(colour, text string) string {
	if !s.Colour || colour == "" || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + reset
}

// status is a status in its colour.
func (s Style) status(status string) string {
	return s.paint(statusColour(status), Line(status))
}

func statusColour(status string) string {
	switch status {
	case "success":
		return green
	case "failed":
		return red
	case "running":
		return blue
	case "pending", "canceling", "manual", "scheduled", "waiting_for_resource":
		return yellow
	case "canceled":
		return magenta
	case "created", "skipped":
		return dim
	}
	return ""
}

// Heading sets a line apart from what stands below it.
func (s Style) Heading(text string) string { return s.paint(bold, Line(text)) + "\n" }

func (s Style) zone() *time.Location {
	if s.Zone == nil {
		return time.Local
	}
	return s.Zone
}
