package ctl

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// family answers for runs by their ids, each with the runs that its steps stand
// for.
func family(d *fake, all map[string]rpc.Run) {
	on(d, func(_ context.Context, q *rpc.RunGetRequest) (*rpc.Run, error) {
		r, ok := all[q.Run]
		if !ok {
			return nil, &rpc.Error{Code: rpc.CodeNotFound, Message: "no such run"}
		}
		return &r, nil
	})
}

// standsFor is a run one step of which has stood for others, attempt by attempt.
func standsFor(name string, others ...rpc.Downstream) rpc.Run {
	step := rpc.RunStep{Name: "start", Attempts: []rpc.RunAttempt{}}
	for i := range others {
		step.Attempts = append(step.Attempts, rpc.RunAttempt{Number: i + 1, Downstream: &others[i]})
	}
	r := rpc.Run{RunSummary: rpc.RunSummary{Name: name, Status: "running"}}
	r.Stages = []rpc.RunStage{{Name: "deploy", Steps: []rpc.RunStep{{Name: "plain", Attempts: []rpc.RunAttempt{{Number: 1}}}, step}}}
	return r
}

func TestTheTreeOfARunIsShown(t *testing.T) {
	d := newFake(t)
	family(d, map[string]rpc.Run{
		"build/7": standsFor("build/7", rpc.Downstream{Run: "old/1", ID: 8, Deleted: true}, rpc.Downstream{Run: "gone/1", ID: 9}, rpc.Downstream{Run: "deploy/3", ID: 10}),
		"10":      standsFor("deploy/3", rpc.Downstream{Run: "roll/2", ID: 11}),
		"11":      standsFor("roll/2"),
	})
	got := d.ctl("status", "build/7", "--tree")
	want := `build/7  running
├─ deploy/start: old/1  deleted
├─ deploy/start, attempt 2: gone/1  deleted
└─ deploy/start, attempt 3: deploy/3  running
   └─ deploy/start: roll/2  running
`
	if got.stdout != want {
		t.Errorf("got\n%s\nwant\n%s", got.stdout, want)
	}
	var tree render.Tree
	if err := json.Unmarshal([]byte(d.ctl("status", "build/7", "--tree", "-o", "json").stdout), &tree); err != nil {
		t.Fatal(err)
	}
	if last := tree.Children[2]; last.Name != "deploy/3" || last.Step != "deploy/start" || last.Attempt != 3 || last.Children[0].Name != "roll/2" {
		t.Errorf("%+v", tree)
	}
}

func TestATreeEndsSomewhere(t *testing.T) {
	d := newFake(t)
	family(d, map[string]rpc.Run{"1": standsFor("a/1", rpc.Downstream{Run: "a/1", ID: 1})})
	got := d.ctl("status", "1", "--tree")
	if n := strings.Count(got.stdout, "\n"); n != maxTree {
		t.Errorf("%d lines", n)
	}
}
