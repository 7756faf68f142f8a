package config

import (
	"fmt"
	"slices"
)

// CheckCalendars reports the calendars that triggers name and that are not
// among those that are known.
func (s *Source) CheckCalendars(known []string) Problems {
	var found Problems
	for k := range s.Pipeline.Triggers {
		schedule := &s.Pipeline.Triggers[k].Schedule
		for key, names := range map[string][]string{"include": schedule.Include, "exclude": schedule.Exclude} {
			for i, name := range names {
				if !slices.Contains(known, name) {
					path := fmt.Sprintf("trigger[%d].%s[%d]", k, key, i)
					found = append(found, s.Problem(path, fmt.Sprintf("%s: there is no calendar %s%s", key, quote(name), didYouMean(name, known))))
				}
			}
		}
	}
	found.Sort()
	return found
}
