package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/plugins/steplog"
)

// world is an attempt that writes, with all that it ever wrote: the package
// must give every cursor the bytes that stood there, or say that they are gone.
type world struct {
	store    *Store
	dir      string // of the attempt
	writer   *steplog.Writer
	stream   []byte // every byte of every file so far, at its offset
	follower int64
	cursors  []int64 // every cursor that was ever given out
	sealed   *Sealed
}

// The bytes of a log are the same before and after sealing, for any writes, any
// limit and every cursor.
func TestEveryCursorMeansTheSameForEver(t *testing.T) {
	base := t.TempDir()
	s, n := open(t, t.TempDir()), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := &world{store: s, dir: filepath.Join(base, fmt.Sprint(n)), cursors: []int64{0}}
		must(t, os.Mkdir(w.dir, 0o700))
		limit := rapid.SampledFrom([]int64{0, steplog.MinLimit, 20_000, 100_000}).Draw(t, "limit")
		w.writer = steplog.Open(w.dir, limit)
		t.Repeat(map[string]func(*rapid.T){"write": w.write, "follow": w.follow})
		must(t, w.writer.Close())
		w.tear(t)
		w.compare(t)
		must(t, s.Remove(key.Run))
		must(t, os.RemoveAll(w.dir))
	})
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write writes less than the limit keeps, so that all of it is seen.
func (w *world) write(t *rapid.T) {
	stream := rapid.SampledFrom([]string{steplog.Stdout, steplog.Stderr}).Draw(t, "stream")
	line := strings.Repeat(rapid.StringMatching(`[a-z]`).Draw(t, "letter"), rapid.IntRange(0, 300).Draw(t, "length"))
	text := strings.Repeat(line+"\n", rapid.IntRange(0, 3).Draw(t, "lines")) + line
	_, err := w.writer.Stream(stream).Write([]byte(text))
	must(t, err)
	w.observe(t)
}

// observe copies what is on disk into the stream.
func (w *world) observe(t *rapid.T) {
	list, err := steplog.Segments(w.dir)
	must(t, err)
	for _, g := range list {
		b, err := os.ReadFile(filepath.Join(w.dir, g.Name))
		must(t, err)
		if grown := g.Start + int64(len(b)) - int64(len(w.stream)); grown > 0 {
			w.stream = append(w.stream, make([]byte, grown)...)
		}
		copy(w.stream[g.Start:], b)
	}
}

// follow reads one chunk, as a follower does.
func (w *world) follow(t *rapid.T) {
	limit := rapid.SampledFrom([]int{1, 400, 0}).Draw(t, "limit")
	c, err := w.store.Read(key, w.dir, nil, w.follower, limit)
	must(t, err)
	w.check(t, w.follower, limit, c)
	if len(c.Data) == 0 && w.follower != int64(len(w.stream)) {
		t.Fatalf("nothing at %d of %d", w.follower, len(w.stream))
	}
	if c.End != (c.Next == int64(len(w.stream))) {
		t.Fatalf("end is %v at %d of %d", c.End, c.Next, len(w.stream))
	}
	w.follower = c.Next
	w.cursors = append(w.cursors, c.Next)
}

// check holds a chunk against the stream.
func (w *world) check(t *rapid.T, cursor int64, limit int, c Chunk) {
	start := c.Next - int64(len(c.Data))
	if start < cursor || (start > cursor) != (c.Missing > 0) || c.Next > int64(len(w.stream)) || !bytes.Equal(c.Data, w.stream[start:c.Next]) {
		t.Fatalf("the chunk at %d, %d missing, to %d: %q", cursor, c.Missing, c.Next, c.Data)
	}
	if len(c.Data) > 0 && c.Data[len(c.Data)-1] != '\n' {
		t.Fatalf("the chunk at %d ends within a line: %q", cursor, c.Data)
	}
	if limit > 0 && len(c.Data) > limit && bytes.Count(c.Data, []byte{'\n'}) > 1 {
		t.Fatalf("the chunk at %d has %d bytes for %d", cursor, len(c.Data), limit)
	}
	if c.Missing > 0 {
		w.checkGap(t, cursor, start)
		w.checkMissing(t, cursor, start, c.Missing)
	}
}

// checkMissing fails unless missing is the output in the gap, without frames;
// from within the gap it is a share of it.
func (w *world) checkMissing(t *rapid.T, cursor, start, missing int64) {
	gap, _ := w.gap(t)
	var output int64
	for f, err := range steplog.All(w.stream[gap:start]) {
		must(t, err)
		output += int64(len(f.AppendText(nil)))
	}
	if missing > output || cursor == gap && missing != output {
		t.Fatalf("%d bytes are missing from %d to %d, but the gap from %d holds %d", missing, cursor, start, gap, output)
	}
}

// checkGap fails unless exactly the bytes from cursor to start are dropped.
func (w *world) checkGap(t *rapid.T, cursor, start int64) {
	gap, size := w.gap(t)
	if cursor < gap || start != gap+size {
		t.Fatalf("missing from %d to %d, but the gap is from %d to %d", cursor, start, gap, gap+size)
	}
}

func (w *world) gap(t *rapid.T) (start, size int64) {
	if w.sealed != nil {
		return w.sealed.GapStart, w.sealed.GapSize
	}
	list, err := steplog.Segments(w.dir)
	must(t, err)
	return steplog.Gap(list)
}

// tear leaves an unfinished line, as a writer does that is killed.
func (w *world) tear(t *rapid.T) {
	torn := rapid.SampledFrom([]string{"", "2", "2026-01-02T03:04:05.000000000Z stdout F te"}).Draw(t, "torn")
	list, err := steplog.Segments(w.dir)
	must(t, err)
	if len(list) == 0 || torn == "" {
		return
	}
	f, err := os.OpenFile(filepath.Join(w.dir, list[len(list)-1].Name), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(torn)
	must(t, err)
	must(t, f.Close())
}

// compare seals, and reads from every cursor before and after.
func (w *world) compare(t *rapid.T) {
	limit := rapid.IntRange(1, 5_000).Draw(t, "last limit")
	live := w.readAll(t, w.dir, limit)
	start, size := w.gap(t)
	sealed, err := w.store.Seal(key, w.dir)
	must(t, err)
	w.checkSealed(t, sealed, start, size)
	w.sealed = &sealed
	w.equal(t, "sealed, record unknown", live, w.readAll(t, w.dir, limit))
	must(t, os.RemoveAll(w.dir))
	w.equal(t, "sealed, directory removed", live, w.readAll(t, w.dir, limit))
}

func (w *world) checkSealed(t *rapid.T, got Sealed, start, size int64) {
	kept := slices.Concat(w.stream[:start], w.stream[start+size:])
	want := Sealed{
		Size: int64(len(w.stream)), GapStart: start, GapSize: size,
		Lines: int64(bytes.Count(kept, []byte{'\n'})), Stored: got.Stored,
	}
	if len(kept) > 0 {
		want.SHA256 = digest(string(kept))
	}
	if got != want || (got.Stored > 0) != (len(kept) > 0) {
		t.Fatalf("sealed as %+v, want %+v", got, want)
	}
}

// readAll gives what follows each cursor.
func (w *world) readAll(t *rapid.T, dir string, limit int) [][]piece {
	var all [][]piece
	for _, cursor := range w.cursors {
		pieces, err := follow(func(at int64) (Chunk, error) {
			c, err := w.store.Read(key, dir, w.sealed, at, limit)
			if err == nil {
				w.check(t, at, limit, c)
			}
			return c, err
		}, cursor)
		must(t, err)
		all = append(all, pieces)
	}
	return all
}

func (w *world) equal(t *rapid.T, when string, want, got [][]piece) {
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Fatalf("%s: cursor %d gives %v, want %v", when, w.cursors[i], got[i], want[i])
		}
	}
}
