package policy

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
)

func lineOf(active, waiting []uint64) *Line {
	l := &Line{}
	for _, id := range active {
		l.Enter(Member{Run: id, Limit: 1}, false)
	}
	for _, id := range waiting {
		l.Enter(Member{Run: id, Limit: 1}, true)
	}
	return l
}

func TestWhatBecomesOfANewRun(t *testing.T) {
	type runs = []uint64
	for _, c := range []struct {
		policy          config.OverlapPolicy
		limit           int
		active, waiting runs
		ending          uint64
		want            Verdict
	}{
		{config.OverlapAllow, 0, runs{1, 2, 3}, nil, 0, Verdict{}},
		{config.OverlapQueue, 1, nil, nil, 0, Verdict{}},
		{config.OverlapQueue, 1, runs{1}, nil, 0, Verdict{Kind: Hold}},
		{config.OverlapQueue, 2, runs{1}, nil, 0, Verdict{}},
		{config.OverlapQueue, 2, runs{1, 2}, runs{3, 4}, 0, Verdict{Kind: Hold}},
		{config.OverlapQueue, 2, runs{1}, runs{3}, 0, Verdict{Kind: Hold}}, // it overtakes nobody
		{config.OverlapQueueOne, 1, runs{1}, nil, 0, Verdict{Kind: Hold}},
		{config.OverlapQueueOne, 1, runs{1}, runs{2}, 0, Verdict{Kind: Refuse, Run: 2}},
		{config.OverlapQueueOne, 2, runs{1, 2}, runs{3, 4}, 0, Verdict{Kind: Refuse, Run: 3}},
		{config.OverlapSkip, 1, nil, nil, 0, Verdict{}},
		{config.OverlapSkip, 2, runs{4, 2}, nil, 0, Verdict{Kind: Refuse, Run: 2}},
		{config.OverlapSkip, 2, nil, runs{7}, 0, Verdict{Kind: Refuse, Run: 7}},
		{config.OverlapCancel, 1, nil, nil, 0, Verdict{}},
		{config.OverlapCancel, 1, runs{1}, runs{2}, 0, Verdict{Kind: Hold, Cancel: runs{1, 2}}},
		{config.OverlapCancel, 1, runs{1}, runs{2}, 1, Verdict{Kind: Hold, Cancel: runs{2}}},
		{config.OverlapCancel, 2, runs{1, 2}, nil, 0, Verdict{Kind: Hold, Cancel: runs{1}}},
		{config.OverlapCancel, 2, runs{1, 2}, nil, 1, Verdict{Kind: Hold}},
		{config.OverlapCancel, 2, runs{1, 2}, runs{3}, 0, Verdict{Kind: Hold, Cancel: runs{1, 2}}},
		{config.OverlapCancel, 2, runs{2, 4}, runs{1}, 0, Verdict{Kind: Hold, Cancel: runs{1, 2}}},
		{config.OverlapCancel, 3, runs{1, 2}, nil, 0, Verdict{}},
	} {
		got := lineOf(c.active, c.waiting).Overlap(config.Overlap{Policy: c.policy, Limit: c.limit},
			func(id uint64) bool { return id == c.ending })
		if got.Kind != c.want.Kind || got.Run != c.want.Run || !slices.Equal(got.Cancel, c.want.Cancel) {
			t.Errorf("%s %d, at work %v, waiting %v, ending %d: %+v, want %+v",
				c.policy, c.limit, c.active, c.waiting, c.ending, got, c.want)
		}
	}
}

// A run without a limit never has to wait; one that does all the same goes on.
func TestARunWithoutALimitIsNeverHeldUp(t *testing.T) {
	l := lineOf([]uint64{1}, nil)
	l.Enter(Member{Run: 2}, true)
	if m, ok := l.Next(); m.Run != 2 || !ok {
		t.Errorf("next is %+v, %v", m, ok)
	}
}

func TestRunsOfASubQueueFollowEachOther(t *testing.T) {
	for _, c := range []struct {
		rule     config.Overlap
		subQueue string
		want     config.Overlap
	}{
		{config.Overlap{}, "", config.Overlap{Policy: config.OverlapAllow}},
		{config.Overlap{Policy: config.OverlapAllow, Limit: 7}, "", config.Overlap{Policy: config.OverlapAllow}},
		{config.Overlap{Policy: config.OverlapAllow}, "a", config.Overlap{Policy: config.OverlapQueue, Limit: 1}},
		{config.Overlap{}, "a", config.Overlap{Policy: config.OverlapQueue, Limit: 1}},
		{config.Overlap{Policy: config.OverlapSkip}, "", config.Overlap{Policy: config.OverlapSkip, Limit: 1}},
		{config.Overlap{Policy: config.OverlapQueue, Limit: 3}, "", config.Overlap{Policy: config.OverlapQueue, Limit: 3}},
		{config.Overlap{Policy: config.OverlapQueue, Limit: 2}, "a", config.Overlap{Policy: config.OverlapQueue, Limit: 1}},
		{config.Overlap{Policy: config.OverlapCancel, Limit: 3}, "a", config.Overlap{Policy: config.OverlapCancel, Limit: 1}},
	} {
		if got := Effective(c.rule, c.subQueue); got != c.want {
			t.Errorf("%+v in sub-queue %q: %+v, want %+v", c.rule, c.subQueue, got, c.want)
		}
	}
}

// crowd is a line and what a second, dumber reading of the rules says of it.
type crowd struct {
	*Line
	at, waiting, ending map[uint64]Member
	last                uint64
}

func (c *crowd) enter(m Member, waits bool) {
	c.Enter(m, waits)
	if waits {
		c.waiting[m.Run] = m
	} else {
		c.at[m.Run] = m
	}
}

// come lets a new run come, or an old one that is over again.
func (c *crowd) come(t *rapid.T) {
	rule := Effective(config.Overlap{
		Policy: rapid.SampledFrom([]config.OverlapPolicy{
			config.OverlapAllow, config.OverlapQueue, config.OverlapQueueOne, config.OverlapSkip, config.OverlapCancel,
		}).Draw(t, "policy"),
		Limit: rapid.IntRange(0, 3).Draw(t, "limit"),
	}, rapid.SampledFrom([]string{"", "a"}).Draw(t, "sub-queue"))
	c.last++
	m := Member{Run: c.last, Priority: rapid.IntRange(-1, 1).Draw(t, "priority"), Limit: rule.Limit}
	v := c.Overlap(rule, func(id uint64) bool { _, ok := c.ending[id]; return ok })
	c.checkVerdict(t, rule, v)
	for _, id := range v.Cancel {
		c.cancel(id)
	}
	if v.Kind != Refuse {
		c.enter(m, v.Kind == Hold)
	}
}

func (c *crowd) checkVerdict(t *rapid.T, rule config.Overlap, v Verdict) {
	full := rule.Policy != config.OverlapAllow && (len(c.at) >= rule.Limit || len(c.waiting) > 0)
	_, active := c.at[v.Run]
	_, waits := c.waiting[v.Run]
	stay := len(c.at) + len(c.waiting) - len(c.ending) - len(v.Cancel)
	switch {
	case full == (v.Kind == Start):
		t.Fatalf("%d at work, %d wait, %+v: %+v", len(c.at), len(c.waiting), rule, v)
	case v.Kind == Refuse && !active && !waits:
		t.Fatalf("run %d is in the way and is not there", v.Run)
	case v.Kind == Refuse && rule.Policy != config.OverlapSkip && (rule.Policy != config.OverlapQueueOne || !waits):
		t.Fatalf("%+v refuses because of %d", rule, v.Run)
	case v.Kind != Refuse && full && rule.Policy == config.OverlapSkip:
		t.Fatal("a run was not refused")
	case v.Kind == Hold && rule.Policy == config.OverlapQueueOne && len(c.waiting) > 0:
		t.Fatal("two runs wait where one may")
	case len(v.Cancel) > 0 && (rule.Policy != config.OverlapCancel || stay != rule.Limit-1):
		t.Fatalf("%v end and %d stay, of %d", v.Cancel, stay, rule.Limit)
	case full && rule.Policy == config.OverlapCancel && stay >= rule.Limit:
		t.Fatalf("%d stay, of %d", stay, rule.Limit)
	}
	for _, id := range v.Cancel {
		if _, again := c.ending[id]; again {
			t.Fatalf("run %d is to end twice", id)
		}
	}
}

// cancel ends a run that waits at once, another one later.
func (c *crowd) cancel(id uint64) {
	if m, ok := c.waiting[id]; ok {
		c.leave(m)
		return
	}
	c.ending[id] = c.at[id]
}

func (c *crowd) leave(m Member) {
	c.Leave(m)
	delete(c.at, m.Run)
	delete(c.waiting, m.Run)
	delete(c.ending, m.Run)
}

// release lets those go on whose turn has come, and holds the order against a
// search through all that wait.
func (c *crowd) release(t *rapid.T) {
	for {
		m, ok := c.Next()
		for _, other := range c.waiting {
			if cmp.Or(cmp.Compare(other.Priority, m.Priority), cmp.Compare(m.Run, other.Run)) > 0 {
				t.Fatalf("it is the turn of %+v, not of %+v", other, m)
			}
		}
		if !ok {
			if len(c.waiting) > 0 && (m.Limit == 0 || len(c.at) < m.Limit) {
				t.Fatalf("%+v waits for nothing: %d are at work", m, len(c.at))
			}
			return
		}
		c.leave(m)
		c.enter(m, false)
		if m.Limit > 0 && len(c.at) > m.Limit {
			t.Fatalf("%+v goes on, and %d are at work", m, len(c.at))
		}
	}
}

func (c *crowd) members() []Member {
	var all []Member
	for _, some := range []map[uint64]Member{c.at, c.waiting} {
		for _, m := range some {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, byAge)
	return all
}

func TestALineNeverBreaksItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &crowd{Line: &Line{}, at: map[uint64]Member{}, waiting: map[uint64]Member{}, ending: map[uint64]Member{}}
		t.Repeat(map[string]func(*rapid.T){
			"come": c.come,
			"go": func(t *rapid.T) {
				if all := c.members(); len(all) > 0 {
					c.leave(rapid.SampledFrom(all).Draw(t, "run"))
				}
			},
			"": func(t *rapid.T) {
				c.release(t)
				if c.Empty() != (len(c.members()) == 0) || len(c.Active()) != len(c.at) {
					t.Fatal("the line is not who is in it")
				}
				for _, m := range c.waiting {
					c.checkBefore(t, m)
				}
			},
		})
	})
}

func (c *crowd) checkBefore(t *rapid.T, m Member) {
	var want []Member
	for _, other := range c.members() {
		if _, waits := c.waiting[other.Run]; waits && byTurn(other, m) < 0 {
			want = append(want, other)
		}
	}
	slices.SortFunc(want, byTurn)
	if got := c.Before(m); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("before %+v: %+v, want %+v", m, got, want)
	}
}
