package rpc

import "time"

// ScheduleForecastRequest asks what all schedules together will do, if runs
// take as long as they used to.
type ScheduleForecastRequest struct {
	From *time.Time `json:"from,omitempty"` // null is now
	To   *time.Time `json:"to,omitempty"`   // null is 24 hours after From; at most 92 days after it
	Top  int        `json:"top,omitempty"`  // so many crowds and schedules: 1 to 100; 0 means 10
}

// Forecast is what all schedules together will do. It knows of no calls, files
// and runs by hand, of no run that lives already, and of no queue: each run
// begins when it is due.
type Forecast struct {
	From time.Time `json:"from"` // the beginning of the time
	To   time.Time `json:"to"`   // the first moment after it
	// Asked is the end that was asked for, where To is earlier: up to it there are
	// more than 100,000 instants, and only the beginning is told. null: To is it.
	Asked *time.Time     `json:"asked,omitempty"`
	Hours []ForecastHour `json:"hours"` // every hour of the time, in their order
	// Crowds are the times at which the most runs are at work together, most
	// first.
	Crowds    []Crowd        `json:"crowds"`
	Schedules []ScheduleLoad `json:"schedules"` // those with the most work, most first
	Runs      int            `json:"runs"`      // of all schedules
	Known     int            `json:"known"`     // schedules whose pipeline has past runs to go by
	Unknown   int            `json:"unknown"`   // schedules whose runs are taken to need a second: nothing is known
	Paused    int            `json:"paused"`    // schedules that are left out because they are paused, or all is frozen
}

// ForecastHour is the load of an hour, or what of it lies in the time.
type ForecastHour struct {
	At   time.Time `json:"at"`   // it begins
	Runs int       `json:"runs"` // that start in it
	Busy float64   `json:"busy"` // runs at work on average
	Peak int       `json:"peak"` // most runs at work at once
}

// Crowd is a time at which several runs are at work.
type Crowd struct {
	From      time.Time `json:"from"`      // so many are at work from then
	To        time.Time `json:"to"`        // until then
	Runs      int       `json:"runs"`      // that are at work together
	Schedules []string  `json:"schedules"` // whose runs they are, at most 20
}

// ScheduleLoad is what one schedule will do.
type ScheduleLoad struct {
	Schedule string   `json:"schedule"` // nightly/evening
	Runs     int      `json:"runs"`     // that it will start
	Duration *float64 `json:"duration"` // seconds, the median of the newest runs; null: nothing is known
	Busy     float64  `json:"busy"`     // seconds of work in all
	// Overlaps is how many of its runs begin before the one before is over: what
	// then happens is said by the overlap policy.
	Overlaps int `json:"overlaps,omitempty"`
}
