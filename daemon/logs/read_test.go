package logs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

func TestReadOfARemovedLogIsGone(t *testing.T) {
	s := open(t, t.TempDir())
	sealed := seal(t, s, attempt(t, map[string]string{"log": lines(5)}))
	if err := s.Remove(key.Run); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Read(key, "", &sealed, 0, 0); !errors.Is(err, ErrGone) {
		t.Errorf("%q, %v, want %v", c.Data, err, ErrGone)
	}
}

func TestReadErrorsNameNoPaths(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, filepath.Join(dir, directory(key.Run)), "in the way")
	_, err := s.Read(key, t.TempDir(), &Sealed{Size: 5}, 0, 0)
	if err == nil || strings.Contains(err.Error(), directory(key.Run)+"/") {
		t.Errorf("%v, want an error without a path", err)
	}
}

// Whoever removes an attempt directory does it file by file. A reader without
// the record must not take what is left for a log with a gap.
func TestReadWhileTheSealedDirectoryIsRemoved(t *testing.T) {
	names := []string{"log", steplog.SegmentName(6, steplog.Unknown), steplog.SegmentName(12, steplog.Unknown), steplog.SegmentName(18, steplog.Unknown)}
	const text = "a1\na2\nb1\nb2\nc1\nc2\nd1\nd2\n"
	for removed := range 1 << len(names) {
		dir := t.TempDir()
		for i, name := range names {
			put(t, filepath.Join(dir, name), text[6*i:6*i+6])
		}
		s := open(t, t.TempDir())
		seal(t, s, dir)
		for i, name := range names {
			if removed&(1<<i) != 0 {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		pieces, err := follow(s.from(dir, nil, 4), 3)
		if err != nil || !slices.Equal(pieces, []piece{{3, text[3:]}}) {
			t.Errorf("without files %04b: %v, %v, want %q", removed, pieces, err, text[3:])
		}
	}
}

func TestReadersMeetTheSealing(t *testing.T) {
	text := lines(300)
	s := open(t, t.TempDir())
	for round := range 30 {
		k, dir := Key{Run: 1, Step: round}, attempt(t, map[string]string{"log": text})
		read := func(cursor int64) (Chunk, error) { return s.Read(k, dir, nil, cursor, 500) }
		done := make(chan error)
		for range 2 {
			go func() {
				pieces, err := follow(read, 0)
				if err == nil && !slices.Equal(pieces, []piece{{0, text}}) {
					err = errors.New("other bytes come back")
				}
				done <- err
			}()
		}
		if _, err := s.Seal(k, dir); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRemoveAndUsage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var want int64
	for n := range 3 {
		sealed, err := s.Seal(Key{Run: 7, Step: n, Attempt: 1}, attempt(t, map[string]string{"log": lines(5 * (n + 1))}))
		if err != nil {
			t.Fatal(err)
		}
		want += sealed.Stored
	}
	if _, err := s.Seal(Key{Run: 8, Attempt: 1}, attempt(t, map[string]string{"log": lines(5)})); err != nil {
		t.Fatal(err)
	}
	usage(t, s, 7, want)
	for range 2 { // the second finds nothing, and says nothing
		if err := s.RemoveAttempt(Key{Run: 7, Step: 2, Attempt: 1}); err != nil {
			t.Fatal(err)
		}
	}
	files(t, dir, "7/0.1.zst", "7/1.1.zst", "8/0.1.zst")
	for range 2 {
		if err := s.Remove(7); err != nil {
			t.Fatal(err)
		}
	}
	files(t, dir, "8/0.1.zst")
	usage(t, s, 7, 0)
	if _, err := s.Seal(Key{Run: 7, Attempt: 1}, attempt(t, map[string]string{"log": lines(5)})); err != nil {
		t.Errorf("after a removal: %v", err)
	}
}

func usage(t *testing.T, s *Store, run uint64, want int64) {
	t.Helper()
	if got, err := s.Usage(run); err != nil || got != want {
		t.Errorf("usage of run %d is %d, %v, want %d", run, got, err, want)
	}
}

func TestKeepUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		fails int
		want  error
	}{
		{"at once", 0, nil},
		{"dropped once", 1, nil},
		{"dropped often", tries - 1, nil},
		{"dropped for ever", tries, errOvertaken},
	} {
		left := c.fails
		got, err := keepUp(func() (Chunk, error) {
			if left--; left >= 0 {
				return Chunk{}, fmt.Errorf("read: %w", errDropped)
			}
			return Chunk{Next: 5}, nil
		})
		if !errors.Is(err, c.want) || (got.Next == 5) != (c.want == nil) {
			t.Errorf("%s: %+v, %v, want %v", c.name, got, err, c.want)
		}
	}
}
