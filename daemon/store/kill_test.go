package store

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// fill commits runs for ever and tells w of each that was answered.
func fill(dir string, w io.Writer) error {
	s, err := Open(dir, quiet)
	if err != nil {
		return err
	}
	for id := uint64(1); ; id++ {
		tx := s.Begin()
		createRun(tx, 1, id, "a", strings.Repeat("b", 2000))
		tx.PutMeta(Meta{LastRun: id})
		if err := tx.Commit(); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, id); err != nil {
			return err
		}
	}
}

func TestAKillLosesNothingThatWasAnswered(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killed+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	var answered uint64
	for lines := bufio.NewScanner(out); answered < 200 && lines.Scan(); answered++ {
	}
	check(t, child.Process.Kill())
	if err := child.Wait(); err == nil || answered < 200 {
		t.Fatalf("the child ended by itself after %d runs: %v", answered, err)
	}
	v := openStore(t, dir).View()
	defer v.Close()
	meta, err := v.Meta()
	check(t, err)
	if meta.LastRun < answered {
		t.Errorf("%d runs were answered, %d are there", answered, meta.LastRun)
	}
	for id := uint64(1); id <= answered; id++ {
		record, err := v.RunNumbered(1, id)
		check(t, err)
		if _, _, err := v.Restore(record); err != nil {
			t.Errorf("run %d: %v", id, err)
		}
	}
}

// Opened again and again without a Close, the store keeps what was committed.
func TestAStoreThatWasAbandonedKeepsItsCommits(t *testing.T) {
	dir := t.TempDir()
	for id := uint64(1); id <= 4; id++ {
		s := openStore(t, dir)
		put(t, s, func(tx *Tx) { createRun(tx, 1, id, "a") })
		unfinished := s.Begin()
		createRun(unfinished, 1, 99, "a")
		dir = abandoned(t, dir)
		unfinished.Discard()
	}
	s := openStore(t, dir)
	v := s.View()
	defer v.Close()
	live, err := v.Live()
	check(t, err)
	if fmt.Sprint(live) != "[1 2 3 4]" {
		t.Errorf("the live runs are %v", live)
	}
	if s.Meta.Generation != 5 {
		t.Errorf("the generation is %d, after five starts", s.Meta.Generation)
	}
}
