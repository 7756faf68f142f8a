package store

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/schedule"
)

// usersIn are the users of a calendar as one finds them who reads all triggers.
func usersIn(t interface{ Fatal(...any) }, r *reader, calendar string) (all []User) {
	for trigger, err := range r.Triggers() {
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(trigger.Rule.Calendars(), calendar) {
			all = append(all, User{trigger.Pipeline, trigger.Name})
		}
	}
	return all
}

func drawUser(t *rapid.T) Trigger {
	trigger := Trigger{
		Pipeline: rapid.Uint64Range(1, 3).Draw(t, "pipeline"), Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"),
	}
	names := rapid.SliceOfN(rapid.SampledFrom([]string{"x", "x-y", "y"}), 0, 2)
	if rapid.Bool().Draw(t, "schedule") {
		trigger.Rule = &schedule.Rule{Include: names.Draw(t, "include"), Exclude: names.Draw(t, "exclude")}
	}
	return trigger
}

// Whatever is put, changed, removed and taken back, the users of a calendar are
// found, in the commit that makes them users already.
func TestTheUsersOfACalendarAreThoseWhoseRulesNameIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := openStore(t, t.TempDir())
		for range rapid.IntRange(1, 4).Draw(rt, "commits") {
			put(t, s, func(tx *Tx) {
				for range rapid.IntRange(1, 6).Draw(rt, "acts") {
					mark, trigger := tx.Mark(), drawUser(rt)
					switch rapid.IntRange(0, 3).Draw(rt, "act") {
					case 0:
						if old, err := tx.Trigger(trigger.Pipeline, trigger.Name); err == nil {
							tx.RemoveTrigger(old)
						}
					case 1:
						check(t, tx.PutTrigger(trigger))
						tx.Rollback(mark)
					case 2:
						check(t, tx.DeletePipeline(Pipeline{ID: trigger.Pipeline, Name: fmt.Sprint("p", trigger.Pipeline)}))
					default:
						check(t, tx.PutTrigger(trigger))
					}
				}
				checkUsers(rt, tx)
			})
			v := s.View()
			for _, calendar := range []string{"x", "x-y", "y", "none"} {
				got, err := v.CalendarUsers(calendar, 0)
				check(t, err)
				if want := usersIn(rt, &v.reader, calendar); !slices.Equal(got, want) {
					rt.Fatalf("%s is used by %v, want %v", calendar, got, want)
				}
				few, err := v.CalendarUsers(calendar, 1)
				check(t, err)
				if want := got[:min(1, len(got))]; !slices.Equal(few, want) {
					rt.Fatalf("the first of %v are %v", got, few)
				}
			}
			v.Close()
		}
		check(t, s.Close())
	})
}

// checkUsers compares what a Tx says before it is committed with each trigger as
// it knows it.
func checkUsers(t *rapid.T, tx *Tx) {
	for _, calendar := range []string{"x", "x-y", "y"} {
		var want []User
		for pipeline := range uint64(3) {
			for _, name := range []string{"a", "b"} {
				trigger, err := tx.Trigger(pipeline+1, name)
				if err == nil && slices.Contains(trigger.Rule.Calendars(), calendar) {
					want = append(want, User{pipeline + 1, name})
				}
			}
		}
		got, err := tx.CalendarUsers(calendar, 0)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b User) int {
			return cmp.Or(cmp.Compare(a.Pipeline, b.Pipeline), cmp.Compare(a.Trigger, b.Trigger))
		})
		if !slices.Equal(got, want) {
			t.Fatalf("before the commit %s is used by %v, want %v", calendar, got, want)
		}
	}
}

func TestAStoreWithoutTheMarksOfCalendarsGetsThemWhenItIsOpened(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	put(t, s, func(tx *Tx) {
		check(t, tx.PutTrigger(Trigger{Pipeline: 7, Name: "evening", Rule: &schedule.Rule{Exclude: []string{"feasts"}}}))
		tx.remove(userKey("feasts", 7, "evening"))
		meta, err := tx.Meta()
		check(t, err)
		meta.UsersMarked = false
		tx.PutMeta(meta)
	})
	check(t, s.Close())
	v := openStore(t, dir).View()
	defer v.Close()
	got, err := v.CalendarUsers("feasts", 0)
	check(t, err)
	same(t, "the users", got, []User{{7, "evening"}})
}
