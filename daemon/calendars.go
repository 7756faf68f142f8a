package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// CalendarPut makes a calendar of a text, or gives it another.
func (d *Daemon) CalendarPut(ctx context.Context, q *rpc.CalendarPutRequest) (*rpc.CalendarPutResponse, error) {
	if err := errors.Join(checkNote(q.Note), d.checkSpace()); err != nil {
		return nil, failure(err, "calendar put")
	}
	read, err := readCalendar(q)
	if err != nil {
		return nil, err
	}
	answer := &rpc.CalendarPutResponse{}
	if answer.Moved, err = d.movedBy(ctx, q.Name, read); err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	who, _ := actor(ctx)
	c := store.Calendar{Name: q.Name, Text: q.Text, PutBy: who, Note: q.Note}
	if err := d.putCalendar(ctx, q, c, answer); err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	answer.Calendar, err = d.calendarLine(q, c)
	return answer, err
}

// putCalendar makes c the calendar of its name, unless it is already or that is
// only tried, and keeps the schedules by it. It is done although who asked for it
// has gone meanwhile: else they would be kept by the old one until the next start.
func (d *Daemon) putCalendar(ctx context.Context, q *rpc.CalendarPutRequest, c store.Calendar, answer *rpc.CalendarPutResponse) error {
	err := d.engine.Update(context.WithoutCancel(ctx), func(tx *store.Tx, now time.Time) error {
		old, err := tx.Calendar(q.Name)
		answer.Created = errors.Is(err, store.ErrNotFound)
		if err != nil && !answer.Created {
			return err
		}
		if answer.Changed = answer.Created || old.Text != q.Text; !answer.Changed || q.DryRun {
			return nil
		}
		c.PutAt = now
		tx.PutCalendar(c)
		users, err := d.schedules.usersOf(q.Name)
		if err != nil {
			return err
		}
		return d.schedules.advance(tx, users, now)
	})
	if err != nil || !answer.Changed || q.DryRun {
		return err
	}
	return d.schedules.recalendar()
}

// calendarLine is the calendar as it stands after a put, or would.
func (d *Daemon) calendarLine(q *rpc.CalendarPutRequest, c store.Calendar) (rpc.Calendar, error) {
	view := d.store.View()
	defer view.Close()
	if kept, err := view.Calendar(c.Name); err == nil && !q.DryRun {
		c = kept
	}
	users, err := calendarUsers(view)
	return calendarOf(c, users), failure(err, fmt.Sprintf("calendar %q", c.Name))
}

// readCalendar reads the text of a put.
func readCalendar(q *rpc.CalendarPutRequest) (*calendar.Calendar, error) {
	if err := config.CheckName(q.Name); err != nil {
		return nil, rpc.Errorf(rpc.CodeInvalid, "the name of the calendar: %v", err)
	}
	if _, is := calendar.BuiltIn(q.Name); is {
		return nil, rpc.Errorf(rpc.CodeInvalid, "the calendar %q is built in: give yours another name", q.Name)
	}
	read, err := calendar.Parse(q.Text)
	if err == nil {
		return read, nil
	}
	file := q.File
	if file == "" {
		file = q.Name
	}
	problem := rpc.Problem{File: file, Message: err.Error()}
	if wrong, ok := errors.AsType[*calendar.SyntaxError](err); ok {
		problem.Line, problem.Message = wrong.Line, wrong.Message
	}
	return nil, &rpc.Error{
		Code: rpc.CodeInvalid, Data: rpc.InvalidData{Problems: []rpc.Problem{problem}},
		Message: "1 problem in the text; nothing was changed",
	}
}

// CalendarList lists the calendars, those that are built in among them.
func (d *Daemon) CalendarList(context.Context, *rpc.Empty) (*rpc.CalendarListResponse, error) {
	view := d.store.View()
	defer view.Close()
	users, err := calendarUsers(view)
	if err != nil {
		return nil, failure(err, "calendars")
	}
	answer := &rpc.CalendarListResponse{}
	for _, name := range []string{calendar.Weekdays, calendar.Weekend} {
		answer.Calendars = append(answer.Calendars, calendarOf(store.Calendar{Name: name}, users))
	}
	for c, err := range view.Calendars() {
		if err != nil {
			return nil, failure(err, "calendars")
		}
		answer.Calendars = append(answer.Calendars, calendarOf(c, users))
	}
	slices.SortFunc(answer.Calendars, func(a, b rpc.Calendar) int { return strings.Compare(a.Name, b.Name) })
	return answer, nil
}

// calendarOf is a calendar as it is told.
func calendarOf(c store.Calendar, users map[string][]string) rpc.Calendar {
	_, builtIn := calendar.BuiltIn(c.Name)
	told := rpc.Calendar{
		Name: c.Name, BuiltIn: builtIn, PutAt: account.Moment(c.PutAt), PutBy: c.PutBy, Note: c.Note, Bytes: len(c.Text),
		UsedBy: []string{},
	}
	told.UsedBy = append(told.UsedBy, users[c.Name]...)
	return told
}

// calendarUsers names the schedules that use calendars, by the calendars.
func calendarUsers(view *store.View) (map[string][]string, error) {
	users := map[string][]string{}
	names := pipelineNames{view: view}
	for t, err := range view.Triggers() {
		if err != nil {
			return nil, err
		}
		for _, name := range calendarsOf(&t) {
			pipeline, err := names.of(t.Pipeline)
			if err != nil {
				return nil, err
			}
			users[name] = append(users[name], pipeline+"/"+t.Name)
		}
	}
	for _, all := range users {
		slices.Sort(all)
	}
	return users, nil
}

// calendarsOf names the calendars that a trigger uses, each once.
func calendarsOf(t *store.Trigger) (names []string) {
	if t.Rule == nil {
		return nil
	}
	names = append(append(names, t.Rule.Include...), t.Rule.Exclude...)
	slices.Sort(names)
	return slices.Compact(names)
}

// CalendarGet answers with a calendar and what it covers in a year.
func (d *Daemon) CalendarGet(_ context.Context, q *rpc.CalendarGetRequest) (*rpc.CalendarGetResponse, error) {
	zone := time.UTC
	if q.Timezone != "" {
		var err error
		if zone, err = cron.Zone(q.Timezone); err != nil {
			return nil, rpc.Errorf(rpc.CodeInvalid, "timezone: %v", err)
		}
	}
	year := q.Year
	if year == 0 {
		year = time.Now().In(zone).Year()
	}
	if year < 1970 || year > 2200 {
		return nil, rpc.Errorf(rpc.CodeInvalid, "year %d: want 1970 to 2200", year)
	}
	view := d.store.View()
	defer view.Close()
	c, read, err := findCalendar(view, q.Name)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	users, err := calendarUsers(view)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	begin := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
	return &rpc.CalendarGetResponse{
		Calendar: calendarOf(c, users), Text: c.Text, Year: year, Spans: upcoming.Spans(read, begin, begin.AddDate(1, 0, 0), zone),
	}, nil
}

// findCalendar finds a calendar, be it kept or built in.
func findCalendar(view *store.View, name string) (store.Calendar, *calendar.Calendar, error) {
	if read, is := calendar.BuiltIn(name); is {
		return store.Calendar{Name: name}, read, nil
	}
	c, err := view.Calendar(name)
	if err != nil {
		return c, nil, err
	}
	read, err := calendar.Parse(c.Text)
	return c, read, err
}

// CalendarDelete removes a calendar that no schedule uses.
func (d *Daemon) CalendarDelete(ctx context.Context, q *rpc.CalendarDeleteRequest) (*rpc.Empty, error) {
	if _, is := calendar.BuiltIn(q.Name); is {
		return nil, rpc.Errorf(rpc.CodeInvalid, "the calendar %q is built in", q.Name)
	}
	err := d.engine.Update(context.WithoutCancel(ctx), func(tx *store.Tx, _ time.Time) error {
		if _, err := tx.Calendar(q.Name); err != nil {
			return err
		}
		users, err := d.calendarUsers(q.Name)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			return rpc.Errorf(rpc.CodeConflict, "calendar %q is used by %s: apply them without it first", q.Name, few(users))
		}
		tx.RemoveCalendar(q.Name)
		return nil
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	return &rpc.Empty{}, failure(d.schedules.recalendar(), fmt.Sprintf("calendar %q", q.Name))
}

// calendarUsers names the schedules that use a calendar. Within a turn of the
// engine nobody else writes.
func (d *Daemon) calendarUsers(name string) ([]string, error) {
	view := d.store.View()
	defer view.Close()
	users, err := calendarUsers(view)
	return users[name], err
}

// few names the first of some schedules.
func few(names []string) string {
	const most = 10
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
