package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

func (d *daemon) standing(id uint64) (standing Standing) {
	d.Helper()
	live, err := d.Look(d.ctx, id, func(r *run.Run, s Standing) {
		if r.Plan.RunID != id {
			d.Errorf("shown is run %d, not %d", r.Plan.RunID, id)
		}
		standing = s
	})
	d.check(err)
	if !live {
		d.Errorf("run %d is said to be over", id)
	}
	return standing
}

func names(all []Reference) string {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return fmt.Sprint(names)
}

func TestWhereARunStandsInItsLine(t *testing.T) {
	d := begin(t, 9)
	for _, priority := range []int{0, 0, 0, 3, 0} {
		q := among(config.OverlapQueue, 2)
		q.Priority, q.SubQueue = priority, "eu"
		d.startOf(q)
	}
	s := d.standing(5)
	if l := s.Line; l == nil || names(l.Active) != "[nightly/1]" || names(l.Before) != "[nightly/4 nightly/2 nightly/3]" ||
		l.SubQueue != "eu" || l.Overlap != (config.Overlap{Policy: config.OverlapQueue, Limit: 1}) { // the limit of 2 is for runs without a sub-queue
		t.Errorf("%+v", l)
	}
	if s := d.standing(1); s.Line != nil {
		t.Errorf("one at work: %+v", s)
	}
	live, err := d.Look(d.ctx, 99, func(*run.Run, Standing) { t.Error("one that is none was shown") })
	if d.check(err); live {
		t.Error("one that is none lives")
	}
}

func TestWhoStandsBeforeAResourceGroup(t *testing.T) {
	d := begin(t, 9)
	d.built(3, 1, 2)
	d.next(deploy(1))
	s := d.standing(2)
	if len(s.Groups) != 1 || s.Groups[0].Name != "prod" || s.Groups[0].Holder.Run.Name != "nightly/1" || len(s.Groups[0].Waiting) != 1 {
		t.Errorf("%+v", s.Groups)
	}
	if s := d.standing(3); len(s.Groups) != 0 {
		t.Errorf("one that builds: %+v", s.Groups)
	}
}

// A run is named as it can be asked for, whatever its pipeline was called when it
// was created.
func TestOthersAreNamedByTheNameThatTheirPipelineHas(t *testing.T) {
	d := begin(t, 9)
	q := among(config.OverlapQueueOne, 1)
	q.Plan.Steps[0].ResourceGroup = "prod"
	d.startOf(q)
	d.startOf(q)
	d.check(d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		p, err := tx.Pipeline(1)
		p.Name = "daily"
		tx.PutPipeline(p)
		return err
	}))
	groups, err := d.Resources(d.ctx)
	d.check(err)
	_, _, refused := d.Start(d.ctx, q)
	got := fmt.Sprintf("%s %s: %v", names(d.standing(2).Line.Active), groups[0].Holder.Run.Name, refused)
	if want := `[daily/1] daily/1: run daily/2 is waiting for its turn already, and overlap = "queue_one" lets no other come meanwhile (limit 1)`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The order that is told is the order in which places are given.
func TestHowManyGetAPlaceBefore(t *testing.T) {
	d := begin(t, 1)
	d.startOf(request("", "first"))
	at := d.next("nightly/1/stage/first/1")
	for _, priority := range []int{0, 0, 5} {
		q := request("", "a", "b")
		q.Priority = priority
		d.startOf(q)
	}
	told := map[string]int{}
	for id := uint64(2); id <= 4; id++ {
		s := d.standing(id)
		if s.Places != (Places{All: 1, Taken: 1}) {
			t.Errorf("the places are %+v", s.Places)
		}
		for i, before := range s.Before {
			told[fmt.Sprintf("nightly/%d/stage/%s/1", id, []string{"a", "b"}[i])] = before
		}
	}
	for n := range 6 {
		at.end(run.Success)
		at = <-d.machine.launched
		if before, ok := told[at.name]; !ok || before != n {
			t.Errorf("%s came after %d others; %d were told", at.name, n, before)
		}
	}
}

// A step that was canceled and is tried again takes its turn once.
func TestAStepStandsOnceBeforeItsPlace(t *testing.T) {
	d := begin(t, 0)
	d.startOf(request("", "a", "b"))
	d.check(d.Act(d.ctx, 1, func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Cancel{Cancellation: run.Cancellation{At: now}, Steps: []int{0}}, nil
	}))
	d.check(d.Act(d.ctx, 1, retry(0)))
	if got := d.standing(1).Before; fmt.Sprint(got) != "map[0:0 1:1]" {
		t.Errorf("%v", got)
	}
}

// What is told is never half of a turn: a group that was given back meanwhile
// has gone to the next.
func TestWhereARunStandsIsOfOneMoment(t *testing.T) {
	d := begin(t, 0)
	q := deploying()
	q.Plan.Steps = q.Plan.Steps[1:]
	d.startOf(q)
	d.startOf(q)
	release := d.hold()
	canceled := background(func() error { return d.Cancel(d.ctx, 1, "ann", "", false) })
	d.waiting(1)
	var s Standing
	told := background(func() (err error) {
		_, err = d.Look(d.ctx, 2, func(_ *run.Run, now Standing) { s = now })
		return err
	})
	d.waiting(2)
	release()
	d.check(<-canceled)
	d.check(<-told)
	if len(s.Groups) > 0 || fmt.Sprint(s.Before) != "map[0:0]" {
		t.Errorf("it stands as %+v", s)
	}
}

// What is shown is the run of that very moment, ahead of what the store has: who
// asks about a busy run need not wait until it rests.
func TestARunThatMovesIsShownAsItMoves(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a", "b").ID
	at := d.next("nightly/1/stage/a/1")
	stored := d.record(id).State.Sequence
	release := d.hold()
	at.end(run.Success)
	d.waiting(1)
	shown := uint64(0)
	told := background(func() error {
		_, err := d.Look(d.ctx, id, func(r *run.Run, _ Standing) {
			if now := d.record(id).State.Sequence; now != stored {
				t.Errorf("the store is at %d before the turn is over, not at %d", now, stored)
			}
			shown = r.State.Sequence
		})
		return err
	})
	d.waiting(2)
	release()
	if d.check(<-told); shown <= stored {
		t.Errorf("shown is the run at %d, where it stood at %d already", shown, stored)
	}
	d.next("nightly/1/stage/b/1").end(run.Success)
	d.settled(id)
}
