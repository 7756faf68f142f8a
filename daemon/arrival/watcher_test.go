package arrival

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait. It is less than the time after which everything is
// looked through: what the kernel tells is to be heard.
const patience = rescanEvery / 2

// watching is a Watcher at work on a directory.
type watching struct {
	*testing.T
	*Watcher
	dir   string
	draft string
	taken chan File

	mu   sync.Mutex // protects the field below
	most int        // files that are taken of a batch
}

func newWatching(t *testing.T, patterns ...string) *watching {
	t.Helper()
	w := &watching{T: t, dir: t.TempDir(), draft: t.TempDir(), taken: make(chan File, 10_000), most: Batch}
	w.must(os.Mkdir(w.path("own"), 0o755))
	w.Watcher = New(w.take, filepath.Join(w.dir, "own"), slog.New(slog.DiscardHandler))
	w.watch(patterns...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Watcher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *watching) watch(patterns ...string) {
	var all []Watch
	for i, pattern := range patterns {
		all = append(all, Watch{ID: ID{uint64(i + 1), "files"}, Pattern: w.path(pattern), Settle: time.Millisecond})
	}
	for i := range all {
		w.Put(all[i].Pipeline, all[i])
	}
}

func (w *watching) take(_ context.Context, _ ID, files []File) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(w.most, len(files))
	for _, f := range files[:n] {
		w.taken <- f
	}
	return n
}

func (w *watching) limit(most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.most = most
}

func (w *watching) path(name string) string { return filepath.Join(w.dir, name) }

func (w *watching) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// write makes a file at once: these tests do not wait for one to settle.
func (w *watching) write(name string) {
	w.Helper()
	draft := filepath.Join(w.draft, "x")
	w.must(os.MkdirAll(filepath.Dir(w.path(name)), 0o755))
	w.must(os.WriteFile(draft, []byte(name), 0o644))
	w.must(os.Rename(draft, w.path(name)))
}

// arrive waits for files, in any order, and that they come once.
func (w *watching) arrive(names ...string) {
	w.Helper()
	got := map[string]bool{}
	for range names {
		select {
		case f := <-w.taken:
			if got[f.Path] {
				w.Fatalf("%s arrived twice", f.Path)
			}
			got[f.Path] = true
		case <-time.After(patience):
			w.Fatalf("only %v arrived of %v", got, names)
		}
	}
	for _, name := range names {
		if !got[w.path(name)] {
			w.Fatalf("%v arrived, not %s", got, name)
		}
	}
}

func TestAFileArrivesAndArrivesAnewWhenItIsWrittenAgain(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "*.csv")
	w.write("a.csv")
	w.arrive("a.csv")
	w.write("a.csv")
	w.arrive("a.csv")
	w.write("b.tmp")
	w.must(os.Rename(w.path("b.tmp"), w.path("b.csv")))
	w.arrive("b.csv")
}

func TestWhatIsNoFileDoesNotArrive(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "in/**")
	outside := filepath.Join(t.TempDir(), "outside")
	w.must(os.MkdirAll(outside, 0o755))
	w.must(os.WriteFile(filepath.Join(outside, "x"), nil, 0o644))
	w.must(os.MkdirAll(w.path("in/empty"), 0o755))
	w.must(os.Symlink(filepath.Join(outside, "x"), w.path("in/link")))
	w.must(os.Symlink(outside, w.path("in/directory")))
	w.must(unix.Mkfifo(w.path("in/pipe"), 0o600))
	w.write("in/.hidden")
	w.write("in/.hidden.d/x")
	w.write("in/last")
	w.arrive("in/last")
}

func TestDirectoriesMayComeLaterAndGo(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "a/b/c/*", "tree/**/*.csv")
	w.write("a/b/c/1")
	w.arrive("a/b/c/1")
	w.must(os.RemoveAll(w.path("a")))
	w.write("a/b/c/2")
	w.arrive("a/b/c/2")
	w.write("tree/x/y/z/1.csv")
	w.arrive("tree/x/y/z/1.csv")
	w.must(os.Rename(w.path("tree/x/y"), w.path("tree/moved")))
	w.arrive("tree/moved/z/1.csv")
	w.write("tree/moved/z/2.csv")
	w.arrive("tree/moved/z/2.csv")
}

func TestThousandsAtOnceArriveOnceEach(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "in/*")
	var names []string
	for i := range 3000 {
		names = append(names, fmt.Sprintf("in/%d", i))
		w.write(names[i])
	}
	w.arrive(names...)
	w.write("in/last")
	w.arrive("in/last")
}

func TestWhatIsNotTakenIsOfferedAgain(t *testing.T) {
	t.Parallel()
	w := newWatching(t)
	w.limit(1)
	for _, name := range []string{"1", "2", "3"} {
		w.write(name)
		w.must(os.Chtimes(w.path(name), time.Time{}, time.Unix(int64(name[0]), 0)))
	}
	w.watch("*")
	w.arrive("1")
	w.NudgeAll()
	w.arrive("2")
	w.limit(Batch)
	w.Nudge(1)
	w.arrive("3")
}

// Where the kernel says nothing the files are found all the same.
func TestALookingThroughFindsWhatNobodyTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var got []string
	w := New(func(_ context.Context, _ ID, files []File) int {
		for _, f := range files {
			got = append(got, filepath.Base(f.Path))
		}
		return len(files)
	}, "", slog.New(slog.DiscardHandler))
	w.Put(1, Watch{ID: ID{1, "files"}, Pattern: filepath.Join(dir, "in/*"), Settle: time.Minute})
	now := time.Now()
	look := func() {
		w.distrust(now)
		w.turn(t.Context(), now)
		now = now.Add(time.Minute)
		w.turn(t.Context(), now)
	}
	w.obey(now)
	look()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "in"), 0o755), os.WriteFile(filepath.Join(dir, "in/a"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	look()
	look()
	if !slices.Equal(got, []string{"a"}) {
		t.Errorf("%v arrived", got)
	}
}

// crowd is a Watcher of many watches, each of a directory of its own, that have
// looked through them. Nobody runs it.
func crowd(t *testing.T, n int, take Take) (w *Watcher, dir func(i int) string) {
	t.Helper()
	top := t.TempDir()
	dir = func(i int) string { return filepath.Join(top, fmt.Sprint(i)) }
	w = New(take, "", slog.New(slog.DiscardHandler))
	for i := range n {
		if err := os.Mkdir(dir(i), 0o755); err != nil {
			t.Fatal(err)
		}
		w.Put(uint64(i), Watch{ID: ID{uint64(i), "files"}, Pattern: filepath.Join(dir(i), "*"), Settle: time.Minute})
	}
	now := time.Now()
	w.obey(now)
	w.turn(t.Context(), now)
	return w, dir
}

// The watches that a notification, a nudge or a file that settles has nothing to do
// with have no book here: whoever looks at one dies.
func TestWhatHappensToOneWatchCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	const many, busy = 200, 7
	var offered []string
	gone := false
	w, dir := crowd(t, many, func(_ context.Context, id ID, files []File) int {
		if gone {
			t.Errorf("watch %v is gone", id)
		}
		for _, f := range files {
			offered = append(offered, fmt.Sprint(id.Pipeline, " ", filepath.Base(f.Path)))
		}
		return len(files)
	})
	for pipeline, all := range w.watches {
		if pipeline != busy {
			all[0].book = nil
		}
	}
	now := time.Now()
	for i := range 2 {
		name := filepath.Join(dir(busy), fmt.Sprint(i))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		w.hear(fsnotify.Event{Name: name, Op: fsnotify.Create}, now)
		w.turn(t.Context(), now)
		if rest := w.rest(now); rest != time.Minute {
			t.Errorf("it rests for %v until the file has settled", rest)
		}
		now = now.Add(time.Minute)
		w.turn(t.Context(), now)
	}
	w.Nudge(busy)
	w.obey(now)
	w.Put(busy)
	gone = true
	w.obey(now)
	w.turn(t.Context(), now)
	if want := []string{"7 0", "7 1"}; !slices.Equal(offered, want) || w.plans.Len() != 0 || len(w.watches) != many-1 {
		t.Errorf("%q were offered, want %q; %d have something to do", offered, want, w.plans.Len())
	}
}

func TestAWatchThatStaysHearsOnWhenAnotherOfItsPipelineComes(t *testing.T) {
	t.Parallel()
	n := 0
	w, dir := crowd(t, 1, func(_ context.Context, id ID, files []File) int { n += len(files); return len(files) })
	w.Put(0, w.wanted[0][0], Watch{ID: ID{0, "others"}, Pattern: filepath.Join(dir(1), "*"), Settle: time.Minute})
	now, name := time.Now(), filepath.Join(dir(0), "a")
	w.obey(now)
	w.turn(t.Context(), now)
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w.hear(fsnotify.Event{Name: name, Op: fsnotify.Create}, now)
	w.turn(t.Context(), now.Add(time.Minute))
	if n != 1 {
		t.Errorf("%d files were offered, want 1", n)
	}
}

// A pipeline that has no watch is no news.
func TestAPipelineWithoutWatchesWakesNobody(t *testing.T) {
	w, _ := crowd(t, 1, func(context.Context, ID, []File) int { return 0 })
	<-w.bell
	w.Put(5)
	w.Nudge(5)
	select {
	case <-w.bell:
		t.Error("it was rung")
	default:
	}
}

// A file that changed and nobody told has not settled.
func TestAFileIsLookedAtOnceMoreBeforeItIsOffered(t *testing.T) {
	t.Parallel()
	path, offered := filepath.Join(t.TempDir(), "a"), 0
	w := New(func(_ context.Context, _ ID, files []File) int {
		offered += len(files)
		return len(files)
	}, "", slog.New(slog.DiscardHandler))
	w.Put(1, Watch{ID: ID{1, "files"}, Pattern: path, Settle: time.Minute})
	now := time.Now()
	w.obey(now)
	for i, text := range []string{"a", "ab", "abc"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		w.turn(t.Context(), now.Add(time.Duration(i)*time.Minute))
		if offered != 0 {
			t.Fatalf("it is offered after change %d", i)
		}
	}
	w.turn(t.Context(), now.Add(3*time.Minute))
	if offered != 1 {
		t.Errorf("it is offered %d times", offered)
	}
}

func TestADirectoryThatCannotBeReadIsToldOnce(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	t.Parallel()
	log := &lines{}
	dir := t.TempDir()
	w := New(func(context.Context, ID, []File) int { return 0 }, "", slog.New(slog.NewTextHandler(log, nil)))
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	w.Put(1, Watch{ID: ID{1, "files"}, Pattern: filepath.Join(dir, "*")})
	for range 3 {
		w.obey(time.Now())
		w.distrust(time.Now())
		w.turn(t.Context(), time.Now())
	}
	if log.n != 1 {
		t.Errorf("it is told %d times", log.n)
	}
}

type lines struct{ n int }

func (l *lines) Write(p []byte) (int, error) { l.n++; return len(p), nil }

func TestAClaimedFileReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) File {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		f, err := Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := write("in/a.csv", "new")
	write("out/a.csv", "old")
	to, err := Place(filepath.Join(dir, "out"), f, map[string]bool{filepath.Join(dir, "out/a~2.csv"): true})
	if err != nil || filepath.Base(to) != "a~3.csv" {
		t.Fatalf("%s, %v", to, err)
	}
	if err := Move(f, filepath.Join(dir, "out/a.csv")); !errors.Is(err, ErrTaken) {
		t.Errorf("%v", err)
	}
	if err := Move(f, to); err != nil {
		t.Fatal(err)
	}
	moved, err := Stat(to)
	if err != nil || !moved.equals(f.Stamp) {
		t.Errorf("%+v, %v", moved, err)
	}
	if err := SyncDirectory(filepath.Dir(to)); err != nil {
		t.Error(err)
	}
	if Present(f.Identity()) || !Present(moved.Identity()) {
		t.Error("the file is where it was, or not where it is")
	}
	write("out/a~3.csv", "longer than before")
	if Present(moved.Identity()) || Present("nonsense") {
		t.Error("another state of the file is taken for it")
	}
}

func TestNoFileArrivesWhereTheDaemonWritesItself(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "**/*.csv")
	for _, name := range []string{"own/a.csv", "own/below/a.csv", "x/own/a.csv"} {
		w.write(name)
	}
	w.write("z.csv") // the oldest come first
	w.arrive("x/own/a.csv", "z.csv")
	w.must(os.Symlink(w.path("own"), w.path("link")))
	for _, base := range []string{"own", "own/below", "link/below", "own/not-yet"} {
		l := looking{Watcher: w.Watcher}
		if err := l.begin(w.path(base)); !errors.Is(err, ErrOwn) {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestAFileWhoseNameNoRunCanBeToldDoesNotArrive(t *testing.T) {
	t.Parallel()
	w := newWatching(t, "*.csv")
	w.write("b\xffd.csv")
	w.write("ünï.csv")
	w.arrive("ünï.csv")
}

func TestAPatternInAPlaceOfTheDaemonIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := filepath.Join(dir, "own")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(own, "logs"), 0o755), os.Symlink(own, filepath.Join(dir, "link")), os.Mkdir(filepath.Join(dir, "owner"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for pattern, refused := range map[string]bool{
		"own/*": true, "own/logs/**": true, "own/not-yet/deep/*": true, "link/logs/*": true, "own/a.csv": true, "./own//*": true,
		"*": false, "**": false, "owner/*": false, "ow*/a": false,
	} {
		if err := CheckPlace(dir+"/"+pattern, own); errors.Is(err, ErrOwn) != refused {
			t.Errorf("%s: %v, want refused %v", pattern, err, refused)
		}
	}
}
