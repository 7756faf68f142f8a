package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// spool is a directory in which files arrive, and a house that waits for them.
type spool struct {
	*house
	in, claimed string
}

// newSpool applies a pipeline that shows what it is given; more is keys of its
// own.
func newSpool(t *testing.T, more, files string, change ...func(*config.Daemon)) *spool {
	t.Helper()
	h := newHouse(t, change...)
	s := &spool{house: h, in: filepath.Join(h.dir, "in"), claimed: filepath.Join(h.dir, "claimed")}
	s.apply(s.text(more, files))
	return s
}

func (s *spool) text(more, files string) string {
	files = strings.NewReplacer("IN", s.in, "CLAIMED", s.claimed).Replace(files)
	return fmt.Sprintf(`name = "intake"
type = "dynamic"
%s
[[input]]
name = "file"
[[trigger]]
files = %s
inputs = { file = "{{ file.path }} {{ file.name }} {{ file.size }}" }
[[stage]]
name = "s"
[[stage.step]]
name = "show"
uses = "shell"
variables = { FILE = "{{ inputs.file }}" }
with = { script = 'echo "$FILE by $PENSTOCK_SOURCE $PENSTOCK_TRIGGER"; cat "${FILE%%%% *}"' }
`, more, files)
}

// arrive puts a file into the directory at once.
func (s *spool) arrive(name string) {
	s.t.Helper()
	draft := filepath.Join(s.dir, "draft")
	for _, err := range []error{
		os.MkdirAll(s.in, 0o755), os.WriteFile(draft, []byte(name+"\n"), 0o644), os.Rename(draft, filepath.Join(s.in, name)),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// shows waits until so many runs are over and lists what they say, in the order
// of their numbers.
func (s *spool) shows(runs int) (lines []string) {
	s.t.Helper()
	for n := 1; n <= runs; n++ {
		name := fmt.Sprintf("intake/%d", n)
		s.await(func() bool {
			r, err := s.RunGet(s.t.Context(), &rpc.RunGetRequest{Run: name})
			return err == nil && r.FinishedAt != nil
		})
		lines = append(lines, said(s.follow(name, "show"))...)
	}
	return lines
}

// ticks is the ledger of the trigger, oldest first.
func (s *spool) ticks() (all []store.Tick) {
	s.t.Helper()
	view := s.d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed("intake")
	if err != nil {
		s.t.Fatal(err)
	}
	for tick, err := range view.Ticks(p.ID, "files", "") {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, tick)
	}
	slices.Reverse(all)
	return all
}

func TestAFileStartsOneRun(t *testing.T) {
	s := newSpool(t, "", `{ pattern = "IN/*.csv", settle = "100ms" }`)
	s.arrive("a.csv")
	want := []string{s.in + "/a.csv a.csv 6 by file files", "a.csv"}
	if got := s.shows(1); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	r := s.get("intake/1")
	if r.Cause.Source != "file" || r.Cause.Trigger != "files" || r.Cause.Note != s.in+"/a.csv" || r.Cause.UID != nil {
		t.Errorf("%+v", r.Cause)
	}
	s.halt()
	s.start()
	s.apply(s.text("description = 'another'", `{ pattern = "IN/*", settle = "100ms" }`))
	s.arrive("b.csv")
	want = append(want, s.in+"/b.csv b.csv 6 by file files", "b.csv")
	if got := s.shows(2); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if all := s.ticks(); len(all) != 2 || all[0].Run == 0 || !strings.HasPrefix(all[0].Subject, s.in+"/a.csv\n") {
		t.Errorf("%+v", all)
	}
	told := must[*rpc.ScheduleAuditResponse](t)(s.ScheduleAudit(t.Context(), &rpc.ScheduleAuditRequest{Schedule: "intake/files"}))
	if told.Ticks[0].Subject != s.in+"/b.csv" { // and nothing that only the daemon needs
		t.Errorf("%+v", told.Ticks)
	}
}

func TestAClaimedFileIsMovedBeforeItsRun(t *testing.T) {
	s := newSpool(t, "", `{ pattern = "IN/*.csv", settle = "100ms", claim = "CLAIMED" }`)
	s.arrive("a.csv")
	s.shows(1)
	s.arrive("a.csv")
	want := []string{
		s.claimed + "/a.csv a.csv 6 by file files", "a.csv", s.claimed + "/a~2.csv a~2.csv 6 by file files", "a.csv",
	}
	if got := s.shows(2); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if left, err := os.ReadDir(s.in); len(left) != 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
	s.await(func() bool { return len(s.claims()) == 0 })
}

func (s *spool) claims() []store.Claim {
	view := s.d.store.View()
	defer view.Close()
	all, err := view.Claims(1, "files")
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// While nothing may be started the files stay as they are, and nothing is
// recorded of them.
func TestFilesWaitForTheEndOfAPause(t *testing.T) {
	for name, files := range map[string]string{
		"in place": `{ pattern = "IN/*", settle = "100ms" }`, "claimed": `{ pattern = "IN/*", settle = "100ms", claim = "CLAIMED" }`,
	} {
		t.Run(name, func(t *testing.T) { waitsForTheEndOfAPause(t, newSpool(t, "", files)) })
	}
}

func waitsForTheEndOfAPause(t *testing.T, s *spool) {
	if _, err := s.PipelinePause(t.Context(), &rpc.PipelinePauseRequest{Name: "intake"}); err != nil {
		t.Fatal(err)
	}
	s.arrive("a")
	s.offered()
	if all := s.ticks(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if left, err := os.ReadDir(s.in); len(left) != 1 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := s.PipelineResume(t.Context(), &rpc.PipelineResumeRequest{Name: "intake"}); err != nil {
		t.Fatal(err)
	}
	if got := s.shows(1); len(got) != 2 || got[1] != "a" {
		t.Errorf("%q", got)
	}
}

// offered waits until the files have been offered: those of another pipeline,
// which arrive later, have had their run.
func (s *spool) offered() {
	s.t.Helper()
	dir := filepath.Join(s.dir, "other")
	s.apply(fmt.Sprintf("name = \"other\"\ntrigger = [{ files = { pattern = \"%s/*\", settle = \"200ms\" } }]\n", dir) +
		strings.TrimPrefix(one("other", "true"), "name = \"other\"\n"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.await(func() bool {
		_, err := s.RunGet(s.t.Context(), &rpc.RunGetRequest{Run: "other/1"})
		return err == nil
	})
}

// overlap = "skip" would lose files, and does not: they come one after the
// other, oldest first.
func TestFilesWaitForRoom(t *testing.T) {
	s := newSpool(t, `overlap = "skip"`, `{ pattern = "IN/*", settle = "100ms", claim = "CLAIMED" }`)
	var want []string
	for i := range 5 {
		name := fmt.Sprint(i)
		s.arrive(name)
		want = append(want, name)
	}
	var got []string
	for i, line := range s.shows(5) {
		if i%2 == 1 {
			got = append(got, line)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, tick := range s.ticks() {
		if tick.Run == 0 {
			t.Errorf("%+v", tick)
		}
	}
}

func TestAFileThatTheTextRefusesIsRecorded(t *testing.T) {
	s := newSpool(t, `rule = [{ if = 'run.source == "command"' }]`, `{ pattern = "IN/*", settle = "100ms" }`)
	s.arrive("a")
	s.await(func() bool { return len(s.ticks()) == 1 })
	if tick := s.ticks()[0]; tick.Decision != "skipped" || tick.Reason != "refused" || !strings.Contains(tick.Message, "does not hold") {
		t.Errorf("%+v", tick)
	}
}

func TestATriggerMayNotWaitForWhatTheDaemonWrites(t *testing.T) {
	h := newHouse(t)
	s := &spool{house: h, in: filepath.Join(h.d.paths.State, "logs"), claimed: h.d.paths.State}
	for files, want := range map[string]string{
		`"IN/**/*"`: "lies in the state directory: the daemon keeps there what it writes itself",
		`{ pattern = "/nowhere/*", claim = "CLAIMED/claimed" }`: "lies in the state directory, which is the daemon's alone",
	} {
		_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: s.text("", files)})
		if all := problems(t, err); len(all) != 1 || !strings.Contains(all[0].Message, want) {
			t.Errorf("%s: %v, want %q", files, all, want)
		}
	}
}

func TestWhyFilesWaitIsListed(t *testing.T) {
	s := newSpool(t, "", `{ pattern = "IN/*", settle = "100ms", claim = "CLAIMED" }`)
	trouble := func() string {
		return must[*rpc.ScheduleListResponse](t)(s.ScheduleList(t.Context(), &rpc.ScheduleListRequest{Schedule: "intake"})).Schedules[0].Trouble
	}
	if err := os.WriteFile(s.claimed, nil, 0o644); err != nil { // in the way of the directory
		t.Fatal(err)
	}
	s.arrive("a.csv")
	s.await(func() bool { return strings.Contains(trouble(), "the directory of claimed files") })
	if err := os.Remove(s.claimed); err != nil {
		t.Fatal(err)
	}
	s.d.resumed()
	s.shows(1)
	s.await(func() bool { return trouble() == "" })
}

// What was renamed over a file that is being claimed has its own run, later.
func TestAFileThatWasReplacedIsLeftToSettle(t *testing.T) {
	s := newSpool(t, "", `{ pattern = "IN/*.csv", settle = "1h", claim = "CLAIMED" }`)
	s.arrive("a.csv")
	path := filepath.Join(s.in, "a.csv")
	settled := must[arrival.File](t)(arrival.Stat(path))
	settled.Inode++ // it was another file then
	a := must[*arrivals](t)(s.d.files.open(arrival.ID{Pipeline: 1, Trigger: "files"}))
	moved, err := a.claim(t.Context(), []arrival.File{settled})
	if len(moved) > 0 || err != nil {
		t.Errorf("%v was claimed, %v", moved, err)
	}
	if _, err := os.Stat(path); err != nil || len(s.claims()) > 0 {
		t.Errorf("the file is gone, %v; or %v is still under way", err, s.claims())
	}
}
