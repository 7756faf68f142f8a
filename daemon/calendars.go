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
	if answer.Moved, answer.More, err = d.movedBy(ctx, q.Name, read); err != nil {
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
	view := d.store.View()
	err := compareCalendar(view, c, answer)
	view.Close()
	if err != nil || !answer.Changed || q.DryRun {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := d.schedules.advance(ctx, c.Name); err != nil {
		return err
	}
	err = d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		if err := compareCalendar(tx, c, answer); err != nil || !answer.Changed {
			return err
		}
		c.PutAt = now
		tx.PutCalendar(c)
		return nil
	})
	if err != nil {
		return err
	}
	return d.schedules.recalendar(c.Name)
}

// compareCalendar says whether a calendar that is put is new, or another.
func compareCalendar(kept interface {
	Calendar(name string) (store.Calendar, error)
}, c store.Calendar, answer *rpc.CalendarPutResponse) error {
	old, err := kept.Calendar(c.Name)
	answer.Created = errors.Is(err, store.ErrNotFound)
	if err != nil && !answer.Created {
		return err
	}
	answer.Changed = answer.Created || old.Text != c.Text
	return nil
}

// calendarLine is the calendar as it stands after a put, or would.
func (d *Daemon) calendarLine(q *rpc.CalendarPutRequest, c store.Calendar) (rpc.Calendar, error) {
	view := d.store.View()
	defer view.Close()
	if kept, err := view.Calendar(c.Name); err == nil && !q.DryRun {
		c = kept
	}
	told, err := calendarOf(view, c)
	return told, failure(err, fmt.Sprintf("calendar %q", c.Name))
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
	all := []store.Calendar{{Name: calendar.Weekdays}, {Name: calendar.Weekend}}
	for c, err := range view.Calendars() {
		if err != nil {
			return nil, failure(err, "calendars")
		}
		all = append(all, c)
	}
	answer := &rpc.CalendarListResponse{}
	for _, c := range all {
		told, err := calendarOf(view, c)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("calendar %q", c.Name))
		}
		answer.Calendars = append(answer.Calendars, told)
	}
	slices.SortFunc(answer.Calendars, func(a, b rpc.Calendar) int { return strings.Compare(a.Name, b.Name) })
	return answer, nil
}

// maxUsers bounds how many schedules are named that use a calendar.
const maxUsers = 1000

// calendarOf is a calendar as it is told.
func calendarOf(view *store.View, c store.Calendar) (rpc.Calendar, error) {
	_, builtIn := calendar.BuiltIn(c.Name)
	users, err := view.CalendarUsers(c.Name, 0)
	if err != nil {
		return rpc.Calendar{}, err
	}
	names, err := userNames(&pipelineNames{view: view}, users[:min(maxUsers, len(users))])
	return rpc.Calendar{
		Name: c.Name, BuiltIn: builtIn, PutAt: account.Moment(c.PutAt), PutBy: c.PutBy, Note: c.Note, Bytes: len(c.Text),
		UsedBy: names, Users: len(users),
	}, err
}

// userNames are the names of schedules, in their order.
func userNames(known *pipelineNames, users []store.User) ([]string, error) {
	names := make([]string, 0, len(users))
	for _, user := range users {
		pipeline, err := known.of(user.Pipeline)
		if err != nil {
			return nil, err
		}
		names = append(names, pipeline+"/"+user.Trigger)
	}
	slices.Sort(names)
	return names, nil
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
	told, err := calendarOf(view, c)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	begin := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
	return &rpc.CalendarGetResponse{
		Calendar: told, Text: c.Text, Year: year, Spans: upcoming.Spans(read, begin, begin.AddDate(1, 0, 0), zone),
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
	err := d.engine.Update(context.WithoutCancel(ctx), func(tx *store.Tx, _ time.Time) error { return removeCalendar(tx, q.Name) })
	if err != nil {
		return nil, failure(err, fmt.Sprintf("calendar %q", q.Name))
	}
	return &rpc.Empty{}, failure(d.schedules.recalendar(q.Name), fmt.Sprintf("calendar %q", q.Name))
}

func removeCalendar(tx *store.Tx, name string) error {
	if _, err := tx.Calendar(name); err != nil {
		return err
	}
	users, err := tx.CalendarUsers(name, maxFew+1)
	if err != nil || len(users) == 0 {
		tx.RemoveCalendar(name)
		return err
	}
	names, err := userNames(&pipelineNames{view: tx}, users)
	if err != nil {
		return err
	}
	return rpc.Errorf(rpc.CodeConflict, "calendar %q is used by %s: apply them without it first", name, few(names))
}

// maxFew bounds how many schedules a refusal names.
const maxFew = 10

// few names the first of some schedules.
func few(names []string) string {
	text := strings.Join(names[:min(maxFew, len(names))], ", ")
	if len(names) > maxFew {
		text += " and others"
	}
	return text
}
