package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Backfills is a list of backfills.
func (s Style) Backfills(list []rpc.Backfill) string {
	rows := make([][]string, len(list))
	for i, b := range list {
		rows[i] = []string{
			fmt.Sprint(b.ID), s.paint(bold, Line(b.Schedule)), s.status(b.Status), fmt.Sprintf("%d/%d", b.Done, b.Total),
			s.minute(b.From), s.minute(b.To), s.When(b.At), Line(b.Actor), s.backfillNote(b),
		}
	}
	return s.table([]string{"ID", "SCHEDULE", "STATUS", "DONE", "FROM", "TO", "ASKED", "BY", ""}, rows)
}

// backfillNote is for what a backfill waits, or what became of it.
func (s Style) backfillNote(b rpc.Backfill) string {
	if b.Waits == "" {
		return Line(b.Message)
	}
	return s.paint(yellow, "waits: "+Line(b.Message))
}

// Backfill says what a backfill does; with dry run what it would do, instant
// by instant.
func (s Style) Backfill(r rpc.BackfillStartResponse, dryRun bool) string {
	b := r.Backfill
	of := fmt.Sprintf("%s of %s, %s, %d at a time", count(b.Total, "run"), Line(b.Schedule), Line(b.Order), b.MaxParallel)
	if !dryRun {
		return fmt.Sprintf("%s: %s\n", s.paint(bold, fmt.Sprintf("backfill %d", b.ID)), of)
	}
	var text strings.Builder
	text.WriteString("would start " + of + "\n")
	for _, i := range r.Instants {
		text.WriteString("  " + wall(i.Wall) + s.here(i) + "\n")
	}
	return text.String()
}
