package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Duration is a span of time in settings, written as Go's time package does:
// "10s", "1h30m", "250ms". A bare number is refused: it has no unit.
type Duration time.Duration

var errDuration = errors.New(`a duration is a text with units, such as "10s" or "1h30m"`)

// Duration is d for the time package.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes d as a text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a text with units.
func (d *Duration) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte{'"'}) {
		return fmt.Errorf("%w, not %.40s", errDuration, b)
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	span, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%w, not %.40q", errDuration, text)
	}
	*d = Duration(span)
	return nil
}
