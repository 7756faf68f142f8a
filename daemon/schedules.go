package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/scheduler"
	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
)

// schedules keeps the scheduler in step with the triggers in the store, and
// fires for it what is due (fire.go).
type schedules struct {
	store  *store.Store
	engine *engine.Engine
	texts  *texts
	boot   schedule.Boot
	log    *slog.Logger
	room   func() error // refuses while nothing new may begin
	loop   *scheduler.Scheduler
	files  *files        // is told of triggers as the loop is
	loaded chan struct{} // closed when the loop has all that the store has

	// turn makes who reads the triggers of a pipeline put what it read before
	// another reads them.
	turn sync.Mutex

	mu        sync.Mutex // protects the fields below
	tables    map[string]schedule.Timetable
	calendars map[string]schedule.Calendar // nil: to be read
}

func newSchedules(d *Daemon, boot schedule.Boot) *schedules {
	s := &schedules{store: d.store, engine: d.engine, texts: d.texts, boot: boot, log: d.log, room: d.checkDisk, files: d.files, loaded: make(chan struct{})}
	s.loop = scheduler.New(s, time.Now, boot)
	return s
}

// keepSchedules keeps the schedules until ctx ends.
func (d *Daemon) keepSchedules(ctx context.Context) error {
	err := d.schedules.keep(ctx, d.paths.State)
	if ctx.Err() != nil { // the next start tries what was cut off
		return nil
	}
	return err
}

// maxTables bounds how many rules are remembered; one too many empties it.
const maxTables = 10_000

// keep loads the schedules of the store in a directory and fires them until ctx
// ends.
func (s *schedules) keep(ctx context.Context, dir string) error {
	home, err := state.Home(filepath.Join(dir, "store"))
	if err == nil {
		err = s.settle(ctx, home, state.Mark{Path: filepath.Join(dir, "home")})
	}
	if err != nil {
		return fmt.Errorf("find out whether the store is a copy: %w", err)
	}
	if err := s.load(); err != nil {
		return fmt.Errorf("load the schedules: %w", err)
	}
	s.log.Debug("schedules are loaded", "waiting", s.loop.Len())
	close(s.loaded)
	s.loop.Run(ctx)
	return nil
}

// load gives the scheduler all there is.
func (s *schedules) load() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	view := s.store.View()
	defer view.Close()
	var of uint64 // the pipeline of group
	var group []store.Trigger
	for t, err := range view.Triggers() {
		if err != nil {
			return err
		}
		if t.Pipeline != of {
			s.put(of, group)
			of, group = t.Pipeline, group[:0]
		}
		group = append(group, t)
	}
	s.put(of, group)
	return nil
}

// retime gives the scheduler what the store has of a pipeline now: after each
// commit that may have changed its triggers.
func (s *schedules) retime(pipeline uint64) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	view := s.store.View()
	defer view.Close()
	triggers, err := view.TriggersOf(pipeline)
	if err != nil {
		return fmt.Errorf("read the triggers of pipeline %d: %w", pipeline, err)
	}
	s.put(pipeline, triggers)
	return nil
}

// put gives the scheduler those of the triggers of a pipeline that are
// schedules, and the watcher of files those that wait for files.
func (s *schedules) put(pipeline uint64, triggers []store.Trigger) {
	s.files.put(pipeline, triggers)
	var all []scheduler.Schedule
	for i := range triggers {
		t := &triggers[i]
		if t.Kind != config.OnSchedule {
			continue
		}
		table, err := s.timetable(t)
		if err != nil {
			s.log.Error("a schedule cannot be kept", "pipeline", pipeline, "trigger", t.Name, "error", err)
			continue
		}
		all = append(all, scheduler.Schedule{Trigger: t.Name, Timetable: table, Mark: t.Mark})
	}
	s.loop.Put(pipeline, all)
}

// timetable is that of a trigger which is a schedule. Equal rules share what is
// made of them.
func (s *schedules) timetable(t *store.Trigger) (schedule.Timetable, error) {
	key, err := json.Marshal(t.Rule)
	if err != nil {
		return schedule.Timetable{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	table, known := s.tables[string(key)]
	if !known {
		if err := s.readCalendars(); err != nil {
			return table, err
		}
		if table, err = t.Rule.Compile(s.calendars); err != nil {
			return table, err
		}
		if len(s.tables) >= maxTables || s.tables == nil {
			s.tables = map[string]schedule.Timetable{}
		}
		s.tables[string(key)] = table
	}
	return table.Of(t.Pipeline, t.Name), nil
}

// putTriggers makes the triggers of p those of its text, which is new. A pause
// stays, and so does how far a schedule has come whose instants are what they were.
func (d *Daemon) putTriggers(tx *store.Tx, p store.Pipeline, definition *config.Pipeline, now time.Time) error {
	all, err := tx.TriggersOf(p.ID)
	if err != nil {
		return err
	}
	old := map[string]store.Trigger{}
	for _, t := range all {
		old[t.Name] = t
	}
	for i := range definition.Triggers {
		t := recordOf(p.ID, &definition.Triggers[i])
		was := old[t.Name]
		delete(old, t.Name)
		t.Pause = was.Pause
		if t.Rule != nil {
			if err := calendarsThere(tx, &t); err != nil {
				return err
			}
			t.Mark = d.schedules.markOf(&t, &was, now)
		}
		if !goesOn(&t, &was) {
			if err := d.schedules.end(tx, p, &was, now); err != nil {
				return err
			}
		}
		if err := tx.PutTrigger(t); err != nil {
			return err
		}
	}
	for _, gone := range old {
		if err := d.schedules.end(tx, p, &gone, now); err != nil {
			return err
		}
		tx.RemoveTrigger(gone)
	}
	return nil
}

// goesOn reports whether a trigger is the schedule that it takes the place of.
func goesOn(t, was *store.Trigger) bool {
	return t.Rule != nil && was.Rule != nil && t.Rule.SameInstants(was.Rule)
}

// end records what a schedule leaves that the revision of p has changed or
// removed: instants that have passed and wait for their jitter, or for a disk with
// room. What has its record keeps it.
func (s *schedules) end(tx *store.Tx, p store.Pipeline, was *store.Trigger, now time.Time) error {
	if was.Rule == nil {
		return nil
	}
	table, err := s.timetable(was)
	if err != nil {
		s.log.Error("what a schedule leaves that is no more cannot be known", "pipeline", p.Name, "trigger", was.Name, "error", err)
		return nil
	}
	left := table.End(was.Mark, now, s.boot)
	for k := range left {
		d := &left[k]
		_, err := tx.Tick(p.ID, was.Name, d.At, "")
		if err == nil {
			continue
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		tick := store.Tick{
			Pipeline: p.ID, Trigger: was.Name, At: d.At, Decision: d.Decision, Reason: d.Reason, DecidedAt: now,
			Message: d.Note(), Revision: p.Revision, Count: d.Count, Last: d.Last,
		}
		if d.Reason == schedule.Edited {
			tick.Message = fmt.Sprintf("revision %d changed or removed the schedule before its run began", p.Revision)
		}
		tx.PutTick(tick)
	}
	return nil
}

// markOf is from where on a schedule is due that takes the place of another.
func (s *schedules) markOf(t, was *store.Trigger, now time.Time) schedule.Mark {
	if goesOn(t, was) {
		return was.Mark
	}
	return schedule.Begin(now, s.boot.ID)
}

// recordOf is what is kept of a trigger of the text.
func recordOf(pipeline uint64, t *config.Trigger) store.Trigger {
	r := store.Trigger{Pipeline: pipeline, Name: t.Name, Kind: t.Kind, PauseOnFailure: t.PauseOnFailure}
	switch t.Kind {
	case config.OnSchedule:
		rule := upcoming.RuleOf(&t.Schedule)
		r.Rule = &rule
	case config.AfterPipeline:
		r.After = &t.After
	case config.OnFiles:
		r.Files = &t.Files
	case config.OnKey:
		r.Key = t.Key
	}
	return r
}
