package cron

import (
	"fmt"

	"github.com/robfig/cron/v3"
)

// plainFields is all of robfig/cron's language that is used.
var plainFields = cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// values is what robfig/cron adds no flag of its own to: the topmost bit says
// that there was a star.
const values = 1<<63 - 1

// fill takes the sets of values from six fields that are written plainly; an
// empty one has no values.
func (e *Expression) fill(plain [6]string) error {
	text := ""
	for _, field := range plain {
		if field == "" {
			field = "*"
		}
		text += field + " "
	}
	parsed, err := plainFields.Parse(text)
	if err != nil {
		return err
	}
	sets, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return fmt.Errorf("%q is a %T", text, parsed)
	}
	e.second, e.minute, e.hour = sets.Second&values, sets.Minute&values, uint32(sets.Hour)
	e.month = uint16(sets.Month)
	if plain[3] != "" {
		e.day = uint32(sets.Dom)
	}
	if plain[5] != "" {
		e.weekday = uint8(sets.Dow)
	}
	return nil
}
