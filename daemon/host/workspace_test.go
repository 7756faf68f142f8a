package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
)

// within is an attempt that works in a directory below its ground.
func (w *world) within(name, dir, do string) Attempt {
	a := w.attempt(name, "good", do)
	a.Ground = filepath.Join(w.t.TempDir(), "ground")
	a.Request.Workspace = filepath.Join(a.Ground, dir)
	return a
}

func TestAWorkspaceIsThereBeforeItsStep(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	for _, dir := range []string{"", "deep/down"} {
		a := w.within("works/in-"+filepath.Base(dir), dir, "block")
		n := w.launch(h, a)
		n.begin()
		if info, err := os.Stat(a.Request.Workspace); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
			t.Errorf("%q: the step works and its directory is %v, %v", dir, info, err)
		}
		h.Stop(a.Request.Attempt, true)
		n.end()
	}
}

// What cannot be made fails the attempt, before anything of it began. A link
// that an earlier step left leads nowhere.
func TestAnAttemptWithoutAWorkspaceFails(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	outside := t.TempDir()
	for name, block := range map[string]func(ground string) error{
		"file": func(ground string) error { return os.WriteFile(ground, nil, 0o600) },
		"link": func(ground string) error {
			if err := os.Mkdir(ground, 0o700); err != nil {
				return err
			}
			return os.Symlink(outside, filepath.Join(ground, "out"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.within("lost/"+name, "out/side", "succeed")
			if err := block(a.Ground); err != nil {
				t.Fatal(err)
			}
			o := w.launch(h, a).end()
			if o.FailureReason != protocol.PluginFailure || !strings.Contains(o.Message, "make the workspace: ") || w.effects(a) != 0 {
				t.Errorf("%+v, began %d times", o, w.effects(a))
			}
		})
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("made outside of the workspace: %v, %v", left, err)
	}
}

// An attempt that is at work is joined although its workspace could not be made
// any more: it has one, or has done away with it.
func TestAnAttemptAtWorkIsJoinedWhateverBecameOfItsWorkspace(t *testing.T) {
	w := newWorld(t)
	a := w.within("joined/a", "", "until-told")
	before := w.open()
	w.launch(before, a).begin()
	before.Close()
	if err := os.Remove(a.Ground); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.Ground, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := w.launch(w.open(), a)
	n.begin()
	w.tell(a)
	if o := n.end(); o.Status != protocol.Success || w.effects(a) != 1 {
		t.Errorf("%+v, began %d times", o, w.effects(a))
	}
}
