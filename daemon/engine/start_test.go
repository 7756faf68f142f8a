package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

func TestAStartIsDurableWhenItIsAnswered(t *testing.T) {
	d := begin(t, 1)
	for n := uint64(1); n <= 3; n++ {
		record := d.run("a")
		if record.ID != n || record.Number != n || record.Revision != 1 || record.State.Status != run.Pending {
			t.Errorf("start %d answered %+v", n, record)
		}
		if kept := d.record(record.ID); kept.Number != n {
			t.Errorf("run %d is kept as %+v", n, kept)
		}
	}
}

func TestMessagesThatWaitTogetherShareACommit(t *testing.T) {
	d := begin(t, 1)
	release := d.hold()
	const callers = 50
	starts := make(chan store.Run, callers)
	for range callers {
		go func() {
			record, _, err := d.Start(d.ctx, request("", "a"))
			if err != nil {
				t.Error(err)
			}
			starts <- record
		}()
	}
	d.waiting(callers)
	release()
	ids, turns := map[uint64]bool{}, map[time.Time]bool{}
	for range callers {
		record := <-starts
		ids[record.ID], turns[record.State.CreatedAt] = true, true
	}
	if len(ids) != callers || len(turns) != 1 {
		t.Errorf("%d starts made %d runs in %d turns", callers, len(ids), len(turns))
	}
}

func TestAKeyMakesOneRun(t *testing.T) {
	d := begin(t, 0)
	type answer struct {
		record    store.Run
		duplicate bool
	}
	ask := func() answer {
		record, duplicate, err := d.Start(d.ctx, request("key", "a"))
		if err != nil {
			t.Error(err)
		}
		return answer{record, duplicate}
	}
	var wg sync.WaitGroup
	answers := make([]answer, 20)
	release := d.hold()
	for i := range answers {
		wg.Go(func() { answers[i] = ask() })
	}
	d.waiting(len(answers))
	release()
	wg.Wait()
	first := slices.IndexFunc(answers, func(a answer) bool { return !a.duplicate })
	d.restart()
	answers = append(answers, ask())
	for i, a := range answers {
		if a.record.ID != 1 || a.duplicate == (i == first) {
			t.Errorf("answer %d: run %d, duplicate %v", i, a.record.ID, a.duplicate)
		}
	}
	d.check(d.Cancel(d.ctx, 1, "", "", false))
	if a := ask(); a.record.ID != 1 || a.record.State.Status != run.Canceled {
		t.Errorf("after its end the run of the key is %+v", a.record)
	}
}

func TestAKeyIsFreeAgain(t *testing.T) {
	d := begin(t, 0)
	start := func() (uint64, bool) {
		record, duplicate, err := d.Start(d.ctx, request("key", "a"))
		d.check(err)
		return record.ID, duplicate
	}
	start()
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutRequest("key", store.Request{Run: 1, At: now.Add(-24*time.Hour - time.Second)})
		return nil
	}))
	if id, duplicate := start(); id != 2 || duplicate {
		t.Errorf("after a day: run %d, duplicate %v", id, duplicate)
	}
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutRequest("older", store.Request{Run: 1, At: now.Add(-25 * time.Hour)})
		return nil
	}))
	d.check(d.ask(d.ctx, forgetRequests))
	if id, duplicate := start(); id != 2 || !duplicate {
		t.Errorf("old keys were forgotten, and this one: run %d, duplicate %v", id, duplicate)
	}
	d.check(d.Cancel(d.ctx, 2, "", "", false))
	d.idle()
	d.check(d.DeleteRun(d.ctx, 2, "ann", false))
	if id, duplicate := start(); id != 3 || duplicate {
		t.Errorf("after the run was deleted: run %d, duplicate %v", id, duplicate)
	}
}

// That a run is not kept for long is no reason to start it again.
func TestTheKeyOfARunThatIsNotKeptStartsNoOther(t *testing.T) {
	d := begin(t, 0)
	start := func() (store.Run, bool, error) { return d.Start(d.ctx, request("key", "a")) }
	expire := func(id uint64) {
		d.check(d.Cancel(d.ctx, id, "", "", false))
		d.idle()
		d.check(d.ExpireRun(d.ctx, id))
	}
	made, _, err := start()
	d.check(err)
	expire(made.ID)
	if again, _, err := start(); !errors.Is(err, ErrExpired) {
		t.Errorf("run %d, %v", again.ID, err)
	}
	d.restart()
	if _, _, err := d.Known(d.ctx, "key"); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutRequest("key", store.Request{Run: made.ID, At: now.Add(-25 * time.Hour)})
		return nil
	}))
	next, duplicate, err := start()
	if err != nil || duplicate {
		t.Fatalf("after a day: run %d, duplicate %v, %v", next.ID, duplicate, err)
	}
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutRequest("key", store.Request{Run: next.ID + 1, At: now}) // of a later run
		return nil
	}))
	d.check(d.Cancel(d.ctx, next.ID, "", "", false))
	d.idle()
	d.check(d.DeleteRun(d.ctx, next.ID, "ann", false))
	if _, _, err := start(); !errors.Is(err, ErrExpired) {
		t.Errorf("who deletes a run frees the key of a later one: %v", err)
	}
}

func TestAKeyIsFreeOnceThePipelineOfItsRunIsDeleted(t *testing.T) {
	d := begin(t, 0)
	made, _, err := d.Start(d.ctx, request("key", "a"))
	d.check(err)
	d.check(d.Cancel(d.ctx, made.ID, "", "", false))
	d.idle()
	_, err = d.DeletePipeline(d.ctx, made.Pipeline, "ann", false)
	d.check(err)
	if r, known, err := d.Known(d.ctx, "key"); known || err != nil {
		t.Errorf("it is the key of run %d, %v", r.ID, err)
	}
}

func TestAKeyIsKnownAsLongAsItIsToBe(t *testing.T) {
	d := begin(t, 0)
	q := request("key", "a")
	q.Remember = 72 * time.Hour
	start := func() (uint64, bool) {
		record, duplicate, err := d.Start(d.ctx, q)
		d.check(err)
		return record.ID, duplicate
	}
	start()
	var made store.Request
	age := func(by time.Duration) {
		d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) (err error) {
			if made, err = tx.Request("key"); err == nil {
				tx.PutRequest("key", store.Request{Run: made.Run, At: made.At.Add(-by), Until: made.Until.Add(-by)})
			}
			return err
		}))
		d.check(d.ask(d.ctx, forgetRequests))
	}
	age(71 * time.Hour)
	if got := made.Until.Sub(made.At); got != 72*time.Hour {
		t.Errorf("it is remembered for %v", got)
	}
	if id, duplicate := start(); id != 1 || !duplicate {
		t.Errorf("before its end: run %d, duplicate %v", id, duplicate)
	}
	age(2 * time.Hour)
	if id, duplicate := start(); id != 2 || duplicate {
		t.Errorf("after its end: run %d, duplicate %v", id, duplicate)
	}
}

func TestAStartThatIsRefusedLeavesNothing(t *testing.T) {
	d := begin(t, 1)
	for _, c := range []struct {
		pipeline, revision uint64
		want               error
	}{{1, 2, ErrRevision}, {1, 0, ErrRevision}, {9, 1, ErrNotFound}} {
		q := request("key", "a")
		q.Pipeline, q.Revision = c.pipeline, c.revision
		if _, _, err := d.Start(d.ctx, q); !errors.Is(err, c.want) {
			t.Errorf("pipeline %d, revision %d: %v, want %v", c.pipeline, c.revision, err, c.want)
		}
	}
	if record, duplicate, err := d.Start(d.ctx, request("key", "a")); record.ID != 1 || duplicate || err != nil {
		t.Errorf("then: run %d, duplicate %v, %v", record.ID, duplicate, err)
	}
}

// What an Update has written when it fails is forgotten, and what shares its
// turn is not.
func TestAnUpdateThatFailsWritesNothing(t *testing.T) {
	d := begin(t, 0)
	release, failed := d.hold(), errors.New("no")
	answer := make(chan error)
	go func() {
		answer <- d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
			tx.PutMeta(store.Meta{LastRun: 77})
			return failed
		})
	}()
	d.waiting(1)
	release()
	if err := <-answer; !errors.Is(err, failed) {
		t.Errorf("it answered %v", err)
	}
	if record := d.run("a"); record.ID != 1 {
		t.Errorf("the next run is %d", record.ID)
	}
}

// A caller that has given up is not handed what the loop does afterwards.
func TestACallerThatGivesUpIsToldNothing(t *testing.T) {
	d := begin(t, 0)
	release := d.hold()
	ctx, giveUp := context.WithCancel(d.ctx)
	giveUp()
	record, _, err := d.Start(ctx, request("", "a"))
	if fmt.Sprint(record.ID, err) != "0 context canceled" {
		t.Errorf("it answered run %d, %v", record.ID, err)
	}
	if runs, err := d.DeletePipeline(ctx, 1, "ann", false); runs != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("it answered %v, %v", runs, err)
	}
	release()
	d.idle()
}

func TestTheFirstCommitThatFailsEndsTheLoop(t *testing.T) {
	d := begin(t, 0)
	err := d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		tx.PutMeta(store.Meta{LastRun: 7})
		return d.store.Close()
	})
	if !errors.Is(err, ErrStopping) {
		t.Errorf("a change that was not committed was answered with %v", err)
	}
	<-d.ended
	if d.err == nil {
		t.Error("the loop ended without an error")
	}
	if _, _, err := d.Start(d.ctx, request("", "a")); !errors.Is(err, ErrStopping) {
		t.Errorf("a start after that answered %v", err)
	}
	d.open()
	v := d.store.View()
	defer v.Close()
	if meta, err := v.Meta(); err != nil || meta.LastRun != 0 {
		t.Errorf("the counters are %+v, %v", meta, err)
	}
}

func TestOnlyWhatIsOverIsDeleted(t *testing.T) {
	d := begin(t, 0)
	first, second := d.run("a"), d.run("a")
	if err := d.DeleteRun(d.ctx, first.ID, "ann", false); !errors.Is(err, ErrLive) {
		t.Errorf("delete a live run: %v", err)
	}
	if runs, err := d.DeletePipeline(d.ctx, 1, "ann", false); !errors.Is(err, ErrLive) || runs != nil {
		t.Errorf("delete a pipeline with a live run: %v, %v", runs, err)
	}
	d.check(d.Cancel(d.ctx, first.ID, "", "", false))
	d.check(d.Cancel(d.ctx, second.ID, "", "", false))
	d.idle()
	release := d.hold()
	deleted := make(chan error)
	go func() { deleted <- d.DeleteRun(d.ctx, first.ID, "ann", false) }()
	d.waiting(1)
	type answer struct {
		runs []uint64
		err  error
	}
	gone := make(chan answer)
	go func() {
		runs, err := d.DeletePipeline(d.ctx, 1, "ann", false)
		gone <- answer{runs, err}
	}()
	d.waiting(2)
	release()
	d.check(<-deleted)
	if a := <-gone; a.err != nil || !slices.Equal(a.runs, []uint64{second.ID}) {
		t.Errorf("delete a pipeline in the turn that deletes one of its runs: %v, %v", a.runs, a.err)
	}
	if err := d.DeleteRun(d.ctx, first.ID, "ann", false); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete it again: %v", err)
	}
	if _, err := d.DeletePipeline(d.ctx, 1, "ann", false); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete the pipeline again: %v", err)
	}
}
