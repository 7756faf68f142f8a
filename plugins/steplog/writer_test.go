package steplog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

// contents returns the bytes of the log on disk, by segment.
func contents(t *testing.T, dir string) (segments []steplog.Segment, texts [][]byte) {
	t.Helper()
	segments, err := steplog.Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments {
		text, err := os.ReadFile(filepath.Join(dir, s.Name))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return segments, texts
}

// join returns the bytes of each stream in frames.
func join(t *testing.T, frames []byte) map[string]string {
	t.Helper()
	streams, rest := map[string][]byte{}, frames
	for len(rest) > 0 {
		f, n, err := steplog.Parse(rest)
		if err != nil || n == 0 {
			t.Fatalf("%d bytes are no frame: %v", len(rest), err)
		}
		streams[f.Stream] = f.AppendText(streams[f.Stream])
		rest = rest[n:]
	}
	texts := map[string]string{}
	for name, text := range streams {
		texts[name] = string(text)
	}
	return texts
}

// random returns lines of many lengths, some longer than a frame, of any bytes.
func random(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(3)*r.IntN(40<<10)+r.IntN(300))
	for i := range b {
		b[i] = byte(r.Uint32())
		if r.IntN(80) > 0 && b[i] == '\n' {
			b[i] = 'n'
		}
	}
	if r.IntN(2) == 0 {
		b = append(b, '\n')
	}
	return b
}

func TestEachStreamComesBackToTheByte(t *testing.T) {
	dir, r := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	w := steplog.Open(dir, 0)
	want := map[string][]byte{}
	for range 300 {
		name := []string{steplog.Stdout, steplog.Stderr}[r.IntN(2)]
		p := random(r)
		if n, err := w.Stream(name).Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		want[name] = append(want[name], p...)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, texts := contents(t, dir)
	got := join(t, texts[0])
	for name := range want {
		if got[name] != string(want[name]) {
			t.Errorf("%s: %d bytes, want %d", name, len(got[name]), len(want[name]))
		}
	}
	if w.Size() != int64(len(texts[0])) {
		t.Errorf("size %d, file %d", w.Size(), len(texts[0]))
	}
	if output := len(want[steplog.Stdout]) + len(want[steplog.Stderr]); w.Output() != int64(output) {
		t.Errorf("output %d, want %d", w.Output(), output)
	}
}

func TestALimitedLogKeepsHeadAndTail(t *testing.T) {
	for _, limit := range []int64{1, steplog.MinLimit, 10_000, 300_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			limited, whole := t.TempDir(), t.TempDir()
			a, b := steplog.Open(limited, limit), steplog.Open(whole, 0)
			r := rand.New(rand.NewPCG(3, uint64(limit)))
			for a.Size() < 5*max(limit, steplog.MinLimit) {
				line := bytes.Repeat([]byte{'a' + byte(r.IntN(26))}, r.IntN(200))
				for _, w := range []*steplog.Writer{a, b} {
					if _, err := w.Stream(steplog.Stdout).Write(append(line, '\n')); err != nil {
						t.Fatal(err)
					}
				}
				checkKept(t, limited, max(limit, steplog.MinLimit), a.Size())
			}
			compare(t, limited, whole)
		})
	}
}

// checkKept holds the promises about what is on disk after each write.
func checkKept(t *testing.T, dir string, limit, size int64) {
	t.Helper()
	segments, err := steplog.Segments(dir)
	if err != nil || segments[0].Start != 0 {
		t.Fatal(segments, err)
	}
	var kept int64
	for i, s := range segments {
		kept += s.Size
		if i > 1 && s.Start != segments[i-1].End() {
			t.Fatalf("a second gap: %v", segments)
		}
	}
	end := segments[len(segments)-1].End()
	_, gap := steplog.Gap(segments)
	if kept > limit || end != size || kept+gap != size {
		t.Fatalf("limit %d, size %d: %d bytes kept, %d missing, end %d", limit, size, kept, gap, end)
	}
	if gap > 0 && kept-segments[0].Size < limit*3/8-steplog.MaxFrame && limit > 8*steplog.MaxFrame {
		t.Fatalf("the tail has only %d of %d bytes", kept-segments[0].Size, limit)
	}
}

// compare checks the kept segments against a log that kept all, but for times.
func compare(t *testing.T, limited, whole string) {
	t.Helper()
	_, texts := contents(t, whole)
	segments, kept := contents(t, limited)
	if _, gap := steplog.Gap(segments); gap == 0 {
		t.Error("nothing is missing: the test tests nothing")
	}
	for i, s := range segments {
		if got, want := join(t, kept[i]), join(t, texts[0][s.Start:s.End()]); got[steplog.Stdout] != want[steplog.Stdout] {
			t.Errorf("%s differs from the bytes at its offset", s.Name)
		}
		if i == 0 {
			continue
		}
		if skipped := len(join(t, texts[0][segments[0].End():s.Start])[steplog.Stdout]); s.Skipped != int64(skipped) {
			t.Errorf("%s: %d bytes of output lie before it", s.Name, skipped)
		}
	}
}

func TestNoOutputMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	w := steplog.Open(dir, 0)
	if _, err := w.Stream(steplog.Stdout).Write(nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if segments, _ := contents(t, dir); len(segments) > 0 {
		t.Errorf("%v", segments)
	}
	if _, err := w.Stream(steplog.Stdout).Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestConcurrentWritesStayWhole(t *testing.T) {
	dir := t.TempDir()
	w := steplog.Open(dir, 0)
	var writers sync.WaitGroup
	for _, name := range []string{steplog.Stdout, steplog.Stderr, steplog.Stdout, steplog.Stderr} {
		writers.Go(func() {
			for range 200 {
				fmt.Fprintln(w.Stream(name), strings.Repeat(name, 50))
			}
		})
	}
	writers.Wait()
	_, texts := contents(t, dir)
	for name, text := range join(t, texts[0]) {
		if text != strings.Repeat(strings.Repeat(name, 50)+"\n", 400) {
			t.Errorf("%s is mixed up", name)
		}
	}
}

// Output that finds no place is dropped, the step goes on, and the log says how
// much is missing as soon as it can.
func TestOutputThatFindsNoPlaceIsCounted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	w := steplog.Open(dir, 0) // not there yet: every write fails
	out := w.Stream(steplog.Stdout)
	for range 3 {
		if n, err := io.WriteString(out, "lost\n"); n != 5 || err != nil {
			t.Fatal(n, err)
		}
	}
	if n, err := w.Lost(); n != 15 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lost %d, %v", n, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(out, "kept\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, texts := contents(t, dir)
	got := join(t, texts[0])
	if got[steplog.Stdout] != "kept\n" || !strings.HasPrefix(got[steplog.Note], "15 bytes of output are missing here: ") {
		t.Errorf("%q", got)
	}
	if strings.Count(got[steplog.Note], "\n") != 1 || w.Size() != int64(len(texts[0])) {
		t.Errorf("size %d of %q", w.Size(), texts[0])
	}
}

func BenchmarkLines100(b *testing.B) {
	lines := bytes.Repeat(append(bytes.Repeat([]byte("x"), 99), '\n'), 640)
	w := steplog.Open(b.TempDir(), 64<<20)
	out := w.Stream(steplog.Stdout)
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := out.Write(lines); err != nil {
			b.Fatal(err)
		}
	}
}
