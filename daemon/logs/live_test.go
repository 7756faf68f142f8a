package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

func segments(startsAndSizes ...int64) []steplog.Segment {
	var list []steplog.Segment
	for pair := range slices.Chunk(startsAndSizes, 2) {
		list = append(list, steplog.Segment{Name: steplog.SegmentName(pair[0], steplog.Unknown), Start: pair[0], Size: pair[1]})
	}
	return list
}

func TestSettleIsNotOvertaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		looks [][]steplog.Segment
		want  []steplog.Segment
	}{
		{"no gap is true at once", [][]steplog.Segment{segments(0, 10, 10, 5)}, segments(0, 10, 10, 5)},
		{"a gap is looked at twice", [][]steplog.Segment{segments(0, 10, 20, 5), segments(0, 10, 20, 7)}, segments(0, 10, 20, 7)},
		{"a gap seen once proves nothing", [][]steplog.Segment{segments(0, 10, 20, 5)}, nil},
		{"the gap closes at the second look",
			[][]steplog.Segment{segments(0, 10, 20, 5), segments(0, 10, 10, 10, 20, 5)}, segments(0, 10, 10, 10, 20, 5)},
		{"the oldest has gone, a younger one stood before",
			[][]steplog.Segment{segments(0, 10, 20, 5, 25, 5), segments(0, 10, 25, 5, 30, 5)}, segments(0, 10, 25, 5, 30, 5)},
		{"all of the tail is new",
			[][]steplog.Segment{segments(0, 10, 20, 5), segments(0, 10, 30, 5), segments(0, 10, 30, 5, 35, 1)}, segments(0, 10, 30, 5, 35, 1)},
		{"a hole in the tail that closes",
			[][]steplog.Segment{segments(0, 10, 20, 5, 30, 5), segments(0, 10, 20, 5, 25, 5, 30, 5)}, segments(0, 10, 20, 5, 25, 5, 30, 5)},
		{"a hole in the tail that stays",
			[][]steplog.Segment{segments(0, 10, 20, 5, 30, 5), segments(0, 10, 20, 5, 30, 5)}, segments(0, 10, 30, 5)},
	} {
		looks := c.looks
		got, err := settle(func() ([]steplog.Segment, error) {
			if len(looks) == 0 {
				return nil, io.ErrNoProgress
			}
			now := looks[0]
			looks = looks[1:]
			return now, nil
		})
		if c.want == nil && !errors.Is(err, io.ErrNoProgress) || c.want != nil && err != nil || !slices.Equal(got, c.want) || len(looks) > 0 {
			t.Errorf("%s: %v, %v, with %d looks left, want %v", c.name, got, err, len(looks), c.want)
		}
	}
}

func TestSettleGivesUp(t *testing.T) {
	start := int64(10)
	_, err := settle(func() ([]steplog.Segment, error) {
		start += 20
		return segments(0, 10, start, 5), nil
	})
	if !errors.Is(err, errOvertaken) {
		t.Errorf("%v, want %v", err, errOvertaken)
	}
}

func TestChain(t *testing.T) {
	for _, c := range []struct {
		name       string
		list, want []steplog.Segment
	}{
		{"nothing", nil, nil},
		{"head", segments(0, 5), segments(0, 5)},
		{"tail only", segments(9, 5), segments(9, 5)},
		{"gap", segments(0, 5, 9, 1, 10, 4), segments(0, 5, 9, 1, 10, 4)},
		{"holes", segments(0, 5, 9, 1, 11, 4, 20, 1, 21, 1), segments(0, 5, 20, 1, 21, 1)},
		{"overlap with the head", segments(0, 5, 3, 4), segments(0, 5)},
		{"overlap in the tail", segments(0, 5, 6, 4, 8, 2), segments(0, 5, 8, 2)},
		{"chain that begins within the head", segments(0, 5, 3, 4, 7, 3), segments(0, 5, 7, 3)},
	} {
		if got := chain(slices.Clone(c.list)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReadGivesWholeLinesOfALiveLog(t *testing.T) {
	dir := attempt(t, map[string]string{
		"log": "a1\na2\n",
		steplog.SegmentName(100, steplog.Unknown): "b1\nb2\n",
		steplog.SegmentName(106, steplog.Unknown): "c1\nc2 is not fin",
		"logbook":                   "x\n",
		"log.1":                     "y\n",
		"log." + digits(farthest+1): "z\n",
	})
	s := open(t, t.TempDir())
	for _, c := range []struct {
		cursor int64
		limit  int
		want   Chunk
	}{
		{0, 0, Chunk{Data: []byte("a1\na2\n"), Next: 6}},
		{-5, 4, Chunk{Data: []byte("a1\n"), Next: 3}},
		{3, 1, Chunk{Data: []byte("a2\n"), Next: 6}},
		{6, 0, Chunk{Data: []byte("b1\nb2\n"), Next: 106, Missing: 94}},
		{99, 5, Chunk{Data: []byte("b1\n"), Next: 103, Missing: 1}},
		{106, 0, Chunk{Data: []byte("c1\n"), Next: 109}},
		{109, 0, Chunk{Next: 109, End: true}},
		{5000, 0, Chunk{Next: 5000, End: true}},
	} {
		got, err := s.Read(key, dir, nil, c.cursor, c.limit)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("at %d: %q %+v, %v, want %q %+v", c.cursor, got.Data, got, err, c.want.Data, c.want)
		}
	}
}

func digits(n int64) string { return fmt.Sprintf("%020d", n) }

func TestReadSaysWhereALiveLogEnds(t *testing.T) {
	s := open(t, t.TempDir())
	got, err := s.Read(key, attempt(t, map[string]string{"log": "a\nb\n"}), nil, 0, 0)
	if err != nil || !got.End {
		t.Errorf("all of the log is %+v, %v, want the end", got, err)
	}
	got, err = s.Read(key, attempt(t, map[string]string{"log": "a\nb\n"}), nil, 0, 2)
	if err != nil || got.End {
		t.Errorf("half of the log is %+v, %v, want no end", got, err)
	}
}

func TestReadOfAnAttemptWithoutLogIsEmpty(t *testing.T) {
	s := open(t, t.TempDir())
	for _, dir := range []string{"", t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		got, err := s.Read(key, dir, nil, 0, 0)
		if err != nil || len(got.Data) > 0 || !got.End {
			t.Errorf("%q: %+v, %v, want nothing", dir, got, err)
		}
	}
}

func TestReadIsNotLedOutOfTheAttemptDirectory(t *testing.T) {
	s := open(t, t.TempDir())
	secret := filepath.Join(t.TempDir(), "secret")
	put(t, secret, "secret\n")
	link, pipe := t.TempDir(), t.TempDir()
	if err := os.Symlink(secret, filepath.Join(link, "log")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(pipe, "log"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{link, pipe} {
		got, err := s.Read(key, dir, nil, 0, 0)
		if err != nil || len(got.Data) > 0 {
			t.Errorf("%q, %v, want nothing", got.Data, err)
		}
		sealed, err := s.Seal(key, dir)
		if err != nil || sealed != (Sealed{}) {
			t.Errorf("sealed as %+v, %v, want nothing", sealed, err)
		}
	}
}

// What stood as a file at the listing may be something else when it is opened.
func TestOpenRefusesWhatIsNoPlainFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "log"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l := &live{root: root}
	if _, err := l.open(segments(0, 5)[0]); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("%v, want a refusal", err)
	}
}

// Frames of one length tell by their place which they are. The smallest limit
// makes the writer drop a file every few frames, while four readers go on.
func TestReadersOfARotatingLogGetRightBytes(t *testing.T) {
	const count = 5_000
	dir, s := t.TempDir(), open(t, t.TempDir())
	done := make(chan error)
	for range 4 {
		go func() { done <- checkRotating(t.Context(), s, dir, count) }()
	}
	w := steplog.Open(dir, steplog.MinLimit)
	for i := range count {
		if _, err := fmt.Fprintf(w.Stream(steplog.Stdout), "%010d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func checkRotating(ctx context.Context, s *Store, dir string, count int64) error {
	const size = int64(len("2026-01-02T03:04:05.000000000Z stdout F 0123456789\n"))
	for cursor := int64(0); cursor < count*size && ctx.Err() == nil; {
		c, err := s.Read(key, dir, nil, cursor, 200)
		if errors.Is(err, errOvertaken) {
			continue
		}
		if err != nil {
			return err
		}
		start := c.Next - int64(len(c.Data))
		if held, err := holds(dir, cursor, start); err != nil || held != "" {
			return fmt.Errorf("%d bytes are missing at %d, but %s is there (%v)", c.Missing, cursor, held, err)
		}
		for i, line := range slices.Collect(strings.Lines(string(c.Data))) {
			if want := fmt.Sprintf(" %010d\n", start/size+int64(i)); !strings.HasSuffix(line, want) {
				return fmt.Errorf("at %d: %q, want %q", start, line, want)
			}
		}
		cursor = c.Next
	}
	return nil
}

// holds names a tail file that begins within [from, to).
func holds(dir string, from, to int64) (string, error) {
	list, err := steplog.Segments(dir)
	for _, g := range list {
		if g.Start > 0 && from <= g.Start && g.Start < to {
			return g.Name, err
		}
	}
	return "", err
}

func TestWhatGoesAfterTheListingIsDropped(t *testing.T) {
	root, err := os.OpenRoot(attempt(t, map[string]string{"log": "a\n"}))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, listed := range map[string][]steplog.Segment{
		"unlinked":              segments(5, 2),
		"cut back":              segments(0, 3),
		"cut back, all of them": segments(0, 4),
	} {
		l := &live{root, listed}
		if c, err := l.read(listed[0].Start+listed[0].Size-2, 0); !errors.Is(err, errDropped) {
			t.Errorf("%s: %+v, %v, want %v", name, c, err, errDropped)
		}
	}
}
