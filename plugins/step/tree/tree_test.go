package tree

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// plant starts a script in a tree of its own and returns when the script has
// said a line.
func plant(t *testing.T, k *Keeper, mark, script string) (*Tree, *os.Process) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tree := k.Tree(mark)
	process, err := tree.Start(Program{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Dir: "/",
		Env: []string{"PATH=/usr/bin:/bin", Mark + "=" + mark}, Files: []*os.File{nil, w, nil},
	})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return tree, process
}

func keeper(t *testing.T, cgroup string) *Keeper {
	t.Helper()
	k, err := NewKeeper(cgroup)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// cgroupDirectory makes a cgroup v2 directory, where the machine lets us.
func cgroupDirectory(t *testing.T) string {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
			continue
		}
		dir, err := os.MkdirTemp(root, "penstock-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() {
			slots, _ := filepath.Glob(filepath.Join(dir, "step*"))
			for _, path := range append(slots, dir) {
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
			}
		})
		return dir
	}
	t.Skip("no cgroup v2 hierarchy in which a directory can be made")
	return ""
}

const deaf = `trap '' TERM; setsid sh -c 'trap "" TERM; sleep 600 & echo ready; wait; wait' & exec sleep 600`

func TestEndLeavesNothing(t *testing.T) {
	for name, cgroup := range map[string]func(*testing.T) string{
		"cgroup":    cgroupDirectory,
		"no cgroup": func(*testing.T) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			k := keeper(t, cgroup(t))
			one, process := plant(t, k, "one", deaf)
			other, survivor := plant(t, k, "other", "echo; exec sleep 600")
			if err := process.Kill(); err != nil {
				t.Fatal(err)
			}
			if _, err := one.Wait(process); err != nil {
				t.Fatal(err)
			}
			left, err := one.End(10 * time.Millisecond)
			if err != nil || len(left) != 2 || !strings.Contains(strings.Join(left, "\n"), "sleep 600") {
				t.Errorf("%q, %v", left, err)
			}
			if found, err := (Target{Mark: "one"}).find(); err != nil || len(found) > 0 {
				t.Errorf("alive: %v, %v", found, err)
			}
			if err := survivor.Signal(unix.Signal(0)); err != nil {
				t.Errorf("the other attempt's process: %v", err)
			}
			end(t, other, survivor)
			if !k.Sweep() {
				t.Error("there are children left")
			}
		})
	}
}

func end(t *testing.T, tree *Tree, process *os.Process) {
	t.Helper()
	if err := process.Kill(); err != nil {
		t.Error(err)
	}
	if _, err := tree.Wait(process); err != nil {
		t.Error(err)
	}
	if left, err := tree.End(0); err != nil || len(left) > 0 {
		t.Errorf("%q, %v", left, err)
	}
}

func TestACgroupIsUsedAgain(t *testing.T) {
	dir := cgroupDirectory(t)
	k := keeper(t, dir)
	for range 3 {
		tree, process := plant(t, k, "again", "echo; exec sleep 600")
		if found := pids(filepath.Join(dir, "step0")); !found[process.Pid] {
			t.Errorf("the process is not in its cgroup: %v", found)
		}
		end(t, tree, process)
	}
	if slots, err := filepath.Glob(filepath.Join(dir, "step*")); err != nil || len(slots) != 1 {
		t.Errorf("%q, %v", slots, err)
	}
}

// Linux since 6.14 kills at birth what is put into a cgroup that was killed.
func TestAStepAfterOneThatHadToBeKilledLives(t *testing.T) {
	k := keeper(t, cgroupDirectory(t))
	for range 3 {
		tree, process := plant(t, k, "a/1/s/x/1", "trap '' TERM; sleep 600 & echo; exit 0")
		if state, err := tree.Wait(process); err != nil || !state.Success() {
			t.Fatalf("%v, %v", state, err)
		}
		if left, err := tree.End(time.Nanosecond); err != nil || len(left) != 1 {
			t.Fatalf("left over: %v, %v", left, err)
		}
	}
}

func TestACgroupThatCannotBeMadeIsDoneWithout(t *testing.T) {
	k := keeper(t, filepath.Join(t.TempDir(), "none"))
	tree, process := plant(t, k, "without", "echo; exec sleep 600")
	end(t, tree, process)
}

func TestSignalReachesAllBelowACommand(t *testing.T) {
	k := keeper(t, "")
	tree, process := plant(t, k, "signal", `setsid sh -c 'sleep 600 & echo; wait' & wait`)
	if err := tree.Signal(process.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	state, err := tree.Wait(process)
	if err != nil || state.Success() {
		t.Error(state, err)
	}
	if _, err := tree.End(time.Minute); err != nil {
		t.Error(err)
	}
	if found, err := (Target{Mark: "signal"}).find(); err != nil || len(found) > 0 {
		t.Errorf("alive: %v, %v", found, err)
	}
}

func TestAChildOfTheAuthorIsNotReaped(t *testing.T) {
	k := keeper(t, "")
	own := exec.Command("true")
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		k.Sweep()
	}
	if err := own.Wait(); err != nil {
		t.Errorf("its status was taken: %v", err)
	}
}

func TestKillFindsMarkSessionAndCgroup(t *testing.T) {
	for name, target := range map[string]func(*os.Process) Target{
		"mark":    func(*os.Process) Target { return Target{Mark: "kill mark"} },
		"session": func(p *os.Process) Target { return Target{Session: p.Pid} },
	} {
		t.Run(name, func(t *testing.T) {
			k := keeper(t, "")
			tree, process := plant(t, k, "kill "+name, "trap '' TERM; sleep 600 & echo; wait")
			killed, err := Kill(target(process), time.Minute)
			if err != nil || len(killed) != 2 {
				t.Errorf("%q, %v", killed, err)
			}
			if _, err := tree.Wait(process); err != nil {
				t.Error(err)
			}
			if left, err := tree.End(0); err != nil || len(left) > 0 {
				t.Errorf("%q, %v", left, err)
			}
		})
	}
	if killed, err := Kill(Target{}, time.Minute); err != nil || len(killed) > 0 {
		t.Errorf("no target killed %q, %v", killed, err)
	}
}

func TestParseStatSkipsAnyName(t *testing.T) {
	p, err := parseStat(7, []byte("7 (a) S ) b) Z 3 4 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0\n"))
	if want := (proc{pid: 7, parent: 3, session: 5, zombie: true, start: 99}); err != nil || p != want {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := parseStat(7, []byte("7 (a) S 1")); err == nil {
		t.Error("a short line is taken")
	}
}

// A shell whose child dies of TERM first takes that for the child's own end,
// and is gone before its trap can run.
func TestSignalsReachParentsBeforeTheirChildren(t *testing.T) {
	tree := []proc{{pid: 7, start: 20}, {pid: 2, start: 30}, {pid: 9, start: 10}, {pid: 5, start: 20}}
	parentsFirst(tree, 9)
	for i, want := range []int{9, 5, 7, 2} { // a pid may be smaller than its parent's
		if tree[i].pid != want {
			t.Errorf("place %d has %d, want %d", i, tree[i].pid, want)
		}
	}
	if parentsFirst(tree, 2); tree[0].pid != 2 {
		t.Errorf("%d comes before the command itself", tree[0].pid)
	}
}
