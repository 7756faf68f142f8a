package rpc

import "time"

// CalendarPutRequest makes a calendar of a text, or gives it another text.
type CalendarPutRequest struct {
	Name   string `json:"name"`              // what schedules call it
	Text   string `json:"text"`              // iCalendar, or a line for each day or span
	File   string `json:"file,omitempty"`    // where it stands, for messages; the name when empty
	Note   string `json:"note,omitempty"`    // why; at most 1 KiB
	DryRun bool   `json:"dry_run,omitempty"` // check it and say what would change; change nothing
}

// CalendarPutResponse says what a put did, or would do.
type CalendarPutResponse struct {
	Calendar Calendar        `json:"calendar"`       // as it is afterwards; with dry_run as it would be
	Created  bool            `json:"created"`        // there was none of this name
	Changed  bool            `json:"changed"`        // its text is another now
	Moved    []ScheduleMoved `json:"moved"`          // schedules whose next instant it changes: at most 1000
	More     bool            `json:"more,omitempty"` // there are further ones
}

// ScheduleMoved is a schedule whose next instant changes.
type ScheduleMoved struct {
	Schedule string     `json:"schedule"` // nightly/evening
	Timezone string     `json:"timezone"` // IANA
	Before   *time.Time `json:"before"`   // null: there was none
	After    *time.Time `json:"after"`    // null: there is none
}

// Calendar is a named set of days and times.
type Calendar struct {
	Name    string     `json:"name"`               // what schedules call it
	BuiltIn bool       `json:"built_in,omitempty"` // it is always there: weekend, weekdays
	PutAt   *time.Time `json:"put_at,omitempty"`   // its text is of then; null: it is built in
	PutBy   string     `json:"put_by,omitempty"`   // who put the text
	Note    string     `json:"note,omitempty"`     // why, as who put it said
	Bytes   int        `json:"bytes"`              // of its text
	UsedBy  []string   `json:"used_by"`            // schedules, in the order of their names: at most 1000 of them
	Users   int        `json:"users"`              // how many schedules use it
}

// CalendarListResponse lists the calendars in the order of their names.
type CalendarListResponse struct {
	Calendars []Calendar `json:"calendars"` // those that are built in among them
}

// CalendarGetRequest asks for a calendar and its days in a year.
type CalendarGetRequest struct {
	Name     string `json:"name"`               // as calendar.list has it
	Year     int    `json:"year,omitempty"`     // 1970 to 2200; 0 is the present one
	Timezone string `json:"timezone,omitempty"` // IANA; "" is UTC
}

// CalendarGetResponse is a calendar with its text.
type CalendarGetResponse struct {
	Calendar Calendar       `json:"calendar"`       // what it is
	Text     string         `json:"text,omitempty"` // as it was put; "" where it is built in
	Year     int            `json:"year"`           // the one that was asked for
	Spans    []CalendarSpan `json:"spans"`          // that touch the year, in their order
}

// CalendarSpan is a time that a calendar covers. Its times have the offset of
// the zone that was asked for.
type CalendarSpan struct {
	From   time.Time `json:"from"`              // its first moment
	To     time.Time `json:"to"`                // the first moment after it
	AllDay bool      `json:"all_day,omitempty"` // whole days
	Title  string    `json:"title,omitempty"`   // of the entry
}

// CalendarDeleteRequest removes a calendar that no schedule uses.
type CalendarDeleteRequest struct {
	Name string `json:"name"` // as calendar.list has it
}
