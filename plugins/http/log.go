package http

import (
	"fmt"
	"net/http"
	"time"
)

// logRequest writes the line that stands while the try lasts.
func (e *exchange) logRequest() error {
	line := e.settings.Method + " " + public(e.target)
	if e.body.anything {
		line += ", " + amount(e.body.size)
	}
	if e.body.file != "" {
		line += " from " + e.body.file
	}
	_, err := fmt.Fprintln(e.log, line)
	return err
}

// logOutcome writes what the try came to.
func (e *exchange) logOutcome(o outcome, took, wait time.Duration, number int, again bool) error {
	line := fmt.Sprintf("  %s, %s", e.describe(o), took.Round(time.Millisecond))
	if again {
		line += fmt.Sprintf("; again in %s (try %d of %d)", wait, number+1, e.settings.Retry.Max+1)
	}
	_, err := fmt.Fprintln(e.log, line)
	return err
}

func (e *exchange) describe(o outcome) string {
	switch {
	case o.err != nil:
		return o.err.Error()
	case o.answer.saved:
		return fmt.Sprintf("%s, %s saved as %s", named(o.answer.status), amount(o.answer.size), e.settings.Save)
	}
	return named(o.answer.status) + ", " + amount(o.answer.size)
}

// named writes a status with our name of it, for the server's is its own text.
func named(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprint(status)
}

// amount writes a size for people: "17 bytes", "1.5 MiB".
func amount(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d bytes", n)
	}
	value, prefixes := float64(n)/unit, "KMGTPE"
	for value >= unit {
		value, prefixes = value/unit, prefixes[1:]
	}
	return fmt.Sprintf("%.1f %ciB", value, prefixes[0])
}
