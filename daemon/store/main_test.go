package store

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/daemon/run"
)

// killed names, in the environment of a child process of the tests, the store
// that it fills until it is killed.
const killed = "PENSTOCK_TEST_FILL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		if err := fill(dir, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

var instant = time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)

// openStore opens a store that is closed at the end of the test.
func openStore(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func check(t interface {
	Helper()
	Fatal(...any)
}, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put commits what fill writes.
func put(t *testing.T, s *Store, fill func(tx *Tx)) {
	t.Helper()
	tx := s.Begin()
	defer tx.Discard()
	fill(tx)
	check(t, tx.Commit())
}

// abandoned is a copy of a store as a kill -9 at this moment would leave it.
// Where Badger makes or removes a file meanwhile it is copied again.
func abandoned(t *testing.T, dir string) string {
	t.Helper()
	for {
		to, before := t.TempDir(), names(t, dir)
		gone := false
		for _, name := range before {
			err := copySparse(filepath.Join(dir, name), filepath.Join(to, name))
			if gone = errors.Is(err, fs.ErrNotExist); gone {
				break
			}
			check(t, err)
		}
		if !gone && slices.Equal(before, names(t, dir)) {
			return to
		}
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// copySparse copies a file and leaves holes where there are only zeros: the
// logs of Badger are mostly that.
func copySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	block, zeros := make([]byte, 64<<10), strings.Repeat("\x00", 64<<10)
	for at := int64(0); ; {
		n, err := io.ReadFull(in, block)
		if string(block[:n]) != zeros[:n] {
			if _, err := out.WriteAt(block[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if err != nil {
			return out.Truncate(at)
		}
	}
}

// keys lists every key of s.
func keys(t *testing.T, s *Store) (all []string) {
	t.Helper()
	v := s.View()
	defer v.Close()
	check(t, v.scan(nil, nil, func(key, _ []byte) error {
		all = append(all, string(key))
		return nil
	}))
	return all
}

// contents are the files of a directory and what is in them.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

// planOf is a plan of one stage of steps.
func planOf(id uint64, steps ...string) *run.Plan {
	p := &run.Plan{RunID: id, Pipeline: "nightly", Number: id, Stages: []run.PlanStage{{Name: "stage"}}}
	for _, name := range steps {
		p.Steps = append(p.Steps, run.PlanStep{Name: name, Uses: "shell"})
	}
	return p
}

// createRun puts a run of planOf into tx.
func createRun(tx *Tx, pipeline, id uint64, steps ...string) Run {
	plan := planOf(id, steps...)
	r, _ := run.New(plan, instant, false)
	record := Run{ID: id, Pipeline: pipeline, Number: id, Revision: 1, Cause: Cause{Source: "command", UID: 7}, State: r.State}
	tx.CreateRun(record, plan)
	return record
}
