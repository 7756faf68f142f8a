package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
)

// scribe records what it is given.
type scribe struct {
	mu    sync.Mutex // protects the fields below
	lines []string   // pipeline/trigger@instant
	sizes []int      // instants of each batch
	fails int        // batches that are not recorded
	fire  func(due *Due) error
}

func (s *scribe) Fire(_ context.Context, batch []Due) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(batch))
	size := 0
	for i := range batch {
		due := &batch[i]
		size += len(due.Decided)
		if s.fire != nil {
			errs[i] = s.fire(due)
		}
		if s.fails > 0 {
			errs[i] = errors.New("not now")
		}
		if errs[i] != nil {
			continue
		}
		for _, d := range due.Decided {
			s.lines = append(s.lines, fmt.Sprintf("%d/%s@%s", due.Pipeline, due.Trigger, d.At.Format("15:04:05")))
		}
	}
	s.fails--
	s.sizes = append(s.sizes, size)
	return errs
}

func (s *scribe) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Join(s.lines, " ")
	s.lines = nil
	return lines
}

// batches are the sizes of the batches since it was last asked.
func (s *scribe) batches() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := s.sizes
	s.sizes = nil
	return sizes
}

func timetable(t testing.TB, expression string) schedule.Timetable {
	t.Helper()
	table, err := schedule.Rule{Expression: expression, CatchUp: "all"}.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// run lets a scheduler work in a bubble, whose clock begins at midnight of
// 2000-01-01; offset is what the wall clock shows beyond it.
func run(t *testing.T, body func(s *Scheduler, firer *scribe, offset *atomic.Int64)) {
	synctest.Test(t, func(t *testing.T) {
		firer := &scribe{}
		var offset atomic.Int64
		s := New(firer, func() time.Time { return time.Now().UTC().Round(0).Add(time.Duration(offset.Load())) }, schedule.Boot{ID: "b", At: time.Now()})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.Run(ctx)
		synctest.Wait()
		body(s, firer, &offset)
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWhatIsDueAtOnceHasItsTurnByPipelineAndTrigger(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
		mark := schedule.Begin(time.Now(), "b")
		for _, id := range []uint64{30, 4, 200} {
			s.Put(id, []Schedule{{"b", timetable(t, "0 1 * * *"), mark}, {"a", timetable(t, "0 1 * * *"), mark}, {"c", timetable(t, "59 0 * * *"), mark}})
		}
		pass(2 * time.Hour)
		want := "4/c@00:59:00 30/c@00:59:00 200/c@00:59:00 4/a@01:00:00 4/b@01:00:00 30/a@01:00:00 30/b@01:00:00 200/a@01:00:00 200/b@01:00:00"
		if got := firer.take(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAChangeIsHeardAtOnce(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
		mark := schedule.Begin(time.Now(), "b")
		s.Put(1, []Schedule{{"a", timetable(t, "0 1 * * *"), mark}})
		pass(time.Second)
		s.Put(1, []Schedule{{"a", timetable(t, "@every 3s"), mark}})
		pass(4 * time.Second)
		if got := firer.take(); got != "1/a@00:00:03" {
			t.Errorf("got %s", got)
		}
		s.Put(1, nil)
		pass(24 * time.Hour)
		if got := firer.take(); got != "" || s.Len() != 0 {
			t.Errorf("what was removed is due: %s; %d wait", got, s.Len())
		}
	})
}

func TestWhatIsChangedWhileItIsFiredIsDueAsChanged(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "1/a@00:00:03 1/a@00:00:10 1/a@00:00:20"},
		{errors.New("not now"), "1/a@00:00:10 1/a@00:00:20"},
	} {
		run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
			mark := schedule.Begin(time.Now(), "b")
			once := true
			firer.fire = func(due *Due) error {
				if !once {
					return nil
				}
				once = false
				s.Put(1, []Schedule{{"a", timetable(t, "@every 10s"), mark}})
				return c.err
			}
			s.Put(1, []Schedule{{"a", timetable(t, "@every 3s"), mark}})
			pass(21 * time.Second)
			if got := firer.take(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWhatIsNotRecordedIsDecidedAgain(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
		firer.fails = 3
		s.Put(1, []Schedule{{"a", timetable(t, "0 * * * *"), schedule.Begin(time.Now(), "b")}})
		pass(time.Hour + 2500*time.Millisecond)
		if got := firer.take(); got != "" {
			t.Errorf("got %s", got)
		}
		pass(time.Second)
		if got := firer.take(); got != "1/a@01:00:00" || len(firer.sizes) != 4 {
			t.Errorf("got %s after %d batches", got, len(firer.sizes))
		}
	})
}

func TestWhatIsNotRecordedDelaysNoOther(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
		firer.fire = func(due *Due) error {
			if due.Pipeline == 1 {
				return errors.New("not now")
			}
			return nil
		}
		mark := schedule.Begin(time.Now(), "b")
		pass(500 * time.Millisecond)
		s.Put(1, []Schedule{{"a", timetable(t, "@every 1s"), schedule.Begin(time.Now().Add(-time.Hour), "b")}})
		s.Put(2, []Schedule{{"a", timetable(t, "@every 1s"), mark}})
		for n, d := 1, 600*time.Millisecond; n <= 3; n, d = n+1, time.Second { // a moment after each second
			pass(d)
			if got, want := firer.take(), fmt.Sprintf("2/a@00:00:%02d", n); got != want {
				t.Errorf("at %s fired %q, want %q", time.Now().Format("05.0"), got, want)
			}
		}
	})
}

// A clock that is set back meanwhile puts off no further try, and a pipeline that
// is put anew is not tried as it was.
func TestWhatIsNotRecordedIsTriedWhateverTheClockShows(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, offset *atomic.Int64) {
		firer.fails = 1
		for id := range uint64(2) {
			s.Put(id, []Schedule{{"a", timetable(t, "0 1 * * *"), schedule.Begin(time.Now(), "b")}})
		}
		synctest.Wait()
		offset.Store(int64(3 * time.Hour))
		pass(longest)
		offset.Store(int64(time.Hour))
		if n := s.Len(); n != 2 {
			t.Errorf("%d schedules will be due, want 2", n)
		}
		s.Put(1, nil)
		if n := s.Len(); n != 1 {
			t.Errorf("%d schedules will be due, want 1", n)
		}
		pass(again)
		if got := firer.take(); got != "0/a@01:00:00" {
			t.Errorf("got %s", got)
		}
	})
}

func TestAClockThatIsSetIsNoticed(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, offset *atomic.Int64) {
		s.Put(1, []Schedule{{"a", timetable(t, "0 * * * *"), schedule.Begin(time.Now(), "b")}})
		pass(85 * time.Second)
		offset.Store(int64(2 * time.Hour))
		pass(19 * time.Second)
		if got := firer.take(); got != "1/a@01:00:00 1/a@02:00:00" {
			t.Errorf("got %s", got)
		}
		offset.Store(0)
		pass(2*time.Hour + 30*time.Minute)
		if got := firer.take(); got != "" {
			t.Errorf("what was due comes again: %s", got)
		}
		pass(time.Hour)
		if got := firer.take(); got != "1/a@03:00:00" {
			t.Errorf("got %s", got)
		}
	})
}

func TestManyAreGivenInBatchesAndAScheduleInOne(t *testing.T) {
	run(t, func(s *Scheduler, firer *scribe, _ *atomic.Int64) {
		mark := schedule.Begin(time.Now(), "b")
		for id := range uint64(1000) {
			s.Put(id, []Schedule{{"a", timetable(t, "0 1 * * *"), mark}})
		}
		s.Put(2000, []Schedule{{"a", timetable(t, "* * * * *"), schedule.Begin(time.Now().Add(-12*time.Hour), "b")}})
		synctest.Wait()
		if sizes := firer.batches(); !slices.Equal(sizes, []int{720}) {
			t.Errorf("the batches have %v", sizes)
		}
		s.Put(2000, nil)
		pass(61 * time.Minute)
		if sizes := firer.batches(); !slices.Equal(sizes, []int{256, 256, 256, 232}) {
			t.Errorf("the batches have %v", sizes)
		}
	})
}

// 100,000 schedules cost no goroutine, little memory and little time.
func TestAHundredThousandSchedulesAreReadySoon(t *testing.T) {
	if testing.Short() {
		t.Skip("it wants the machine for itself")
	}
	tables := []schedule.Timetable{timetable(t, "30 2 * * *"), timetable(t, "0 * * * *"), timetable(t, "15 9 * * mon-fri")}
	goroutines := runtime.NumGoroutine()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	s := New(&scribe{}, time.Now, schedule.Boot{ID: "b", At: began})
	for id := range uint64(100_000) {
		s.Put(id, []Schedule{{"schedule", tables[id%3].Of(id, "schedule"), schedule.Begin(began, "b")}})
	}
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	bytes := (after.HeapAlloc - before.HeapAlloc) / 100_000
	t.Logf("%v, %d bytes each", took, bytes)
	if s.Len() != 100_000 || took > 5*time.Second || bytes > 500 || runtime.NumGoroutine() > goroutines {
		t.Errorf("%d wait after %v, with %d bytes each and %d goroutines more", s.Len(), took, bytes, runtime.NumGoroutine()-goroutines)
	}
}
