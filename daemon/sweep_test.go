package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// litter makes directories with a file in them below the state directory.
func (h *house) litter(names ...string) {
	h.t.Helper()
	for _, name := range names {
		dir := filepath.Join(h.config.State, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			h.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(name), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
}

// left are those of names that are still there.
func (h *house) left(names ...string) (left []string) {
	h.t.Helper()
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(h.config.State, name)); err == nil {
			left = append(left, name)
		}
	}
	return left
}

func TestAStartRemovesWhatDeletedRunsLeft(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "echo a > file; echo said"))
	r := h.perform("nightly")
	h.halt()
	orphans := []string{"workspaces/77", "logs/77"}
	foreign := []string{"workspaces/notes", "workspaces/-1", "logs/old", "workspaces/.hidden"}
	h.litter(orphans...)
	h.litter(foreign...)
	h.start()
	if left := h.left(orphans...); len(left) != 0 {
		t.Errorf("%v stay", left)
	}
	if left := h.left(foreign...); len(left) != len(foreign) {
		t.Errorf("of %v only %v stay", foreign, left)
	}
	if len(h.files(r.ID)) != 2 || !slices.Equal(said(h.follow(r.Name, "x")), []string{"said"}) {
		t.Errorf("a run that is recorded lost files: %v", h.files(r.ID))
	}
}

func TestAStartRemovesAttemptsThatAreOwedNothing(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	h.apply(`name = "nightly"
[[stage]]
name = "a"
[[stage.step]]
name = "done.well"
uses = "shell"
with = { script = "true" }
[[stage]]
name = "b"
[[stage.step]]
name = "works"
uses = "shell"
with = { script = "cat ` + g.path + `" }
`)
	run := h.begin("nightly")
	open := g.reached()
	id := h.get(run).ID
	h.halt()
	name := func(format string) string { return "attempts/" + fmt.Sprintf(format, id) }
	gone := []string{"attempts/77.x.1", name("%d.done.well.1"), name("%d.works.2"), name("%d.unknown.1")}
	foreign := []string{"attempts/notes", "attempts/notes.x.1", name("%d"), name("%d.works"), name("%d.works.x"), name("%d.7")}
	h.litter(gone...)
	h.litter(foreign...)
	h.start()
	if left := h.left(gone...); len(left) != 0 {
		t.Errorf("%v stay", left)
	}
	keep := append(foreign, name("%d.works.1"))
	if left := h.left(keep...); len(left) != len(keep) {
		t.Errorf("of %v only %v stay", keep, left)
	}
	open()
	if r := h.over(run); r.Status != "success" || len(r.Stages[1].Steps[0].Attempts) != 1 {
		t.Errorf("%+v", r)
	}
}
