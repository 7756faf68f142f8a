package daemon

import "github.com/penstock/penstock/daemon/schedule"

// readCalendars makes the calendars ready that rules may name.
func (s *schedules) readCalendars() error {
	if s.calendars == nil {
		s.calendars = map[string]schedule.Calendar{}
	}
	return nil
}
