package logs

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

func TestSealKeepsAllAndCounts(t *testing.T) {
	dir := t.TempDir()
	s, text := open(t, dir), lines(20_000) // four blocks
	sealed := seal(t, s, attempt(t, map[string]string{"log": text}))
	info, err := os.Stat(filepath.Join(dir, key.file()))
	if err != nil {
		t.Fatal(err)
	}
	want := Sealed{Size: int64(len(text)), Lines: 20_000, SHA256: digest(text), Stored: info.Size()}
	if sealed != want {
		t.Errorf("sealed as %+v, want %+v", sealed, want)
	}
	if info.Mode().Perm() != 0o600 || sealed.Stored*5 > sealed.Size {
		t.Errorf("the file has mode %v and %d bytes", info.Mode(), info.Size())
	}
	pieces, err := follow(s.from("", &sealed, 10_000), 0)
	if err != nil || !slices.Equal(pieces, []piece{{0, text}}) {
		t.Errorf("other bytes come back: %v", err)
	}
}

func TestSealOfNothingMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for name, attemptDir := range map[string]string{
		"no directory":    filepath.Join(t.TempDir(), "absent"),
		"no log":          attempt(t, map[string]string{"go": ""}),
		"empty log":       attempt(t, map[string]string{"log": ""}),
		"unfinished line": attempt(t, map[string]string{"log": "2026-01-02T03"}),
	} {
		if sealed := seal(t, s, attemptDir); sealed != (Sealed{}) {
			t.Errorf("%s: %+v, want nothing", name, sealed)
		}
		got, err := s.Read(key, "", &Sealed{}, 0, 0)
		if err != nil || len(got.Data) > 0 || !got.End {
			t.Errorf("%s: read %+v, %v, want nothing", name, got, err)
		}
	}
	files(t, dir)
}

// files fails unless the store holds exactly these, directories left out.
func files(t *testing.T, dir string, want ...string) {
	t.Helper()
	var got []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, name)
		}
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the store holds %q, %v, want %q", got, err, want)
	}
}

func TestSealCutsOffAnUnfinishedLine(t *testing.T) {
	for _, c := range []struct {
		name string
		log  map[string]string
		want []piece
	}{
		{"behind lines", map[string]string{"log": "a\nb\nc"}, []piece{{0, "a\nb\n"}}},
		{"alone in the last file", map[string]string{"log": "a\n", steplog.SegmentName(2, steplog.Unknown): "b"}, []piece{{0, "a\n"}}},
		{"alone behind the gap", map[string]string{"log": "a\n", steplog.SegmentName(9, steplog.Unknown): "b"}, []piece{{0, "a\n"}}},
	} {
		s := open(t, t.TempDir())
		sealed := seal(t, s, attempt(t, c.log))
		pieces, err := follow(s.from("", &sealed, 0), 0)
		if err != nil || !slices.Equal(pieces, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, pieces, err, c.want)
		}
	}
}

// A writer that knows no lines is handed out in pieces, and the pieces that a
// reader got before sealing stay part of the log.
func TestALineWithoutEndIsKept(t *testing.T) {
	text := "a\n" + strings.Repeat("x", maxLine+500)
	dir, s := attempt(t, map[string]string{"log": text}), open(t, t.TempDir())
	before, err := follow(s.from(dir, nil, 10), 0)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, s, dir)
	after, err := follow(s.from("", &sealed, 10), 0)
	if err != nil || !slices.Equal(after, []piece{{0, text}}) || !strings.HasPrefix(text, before[0].content) || len(before[0].content) < maxLine {
		t.Errorf("%d bytes before and %d after sealing, %v, want %d", len(before[0].content), len(after[0].content), err, len(text))
	}
}

func TestSealAgainAfterACrash(t *testing.T) {
	text := lines(100)
	for _, c := range []struct {
		name  string
		crash func(t *testing.T, dir, attemptDir string)
	}{
		{"before the first", func(*testing.T, string, string) {}},
		{"while writing", func(t *testing.T, dir, _ string) {
			put(t, filepath.Join(dir, scratch, "1"), "half a file")
		}},
		{"before the rename", func(t *testing.T, dir, _ string) {
			put(t, filepath.Join(dir, scratch, "1"), "half a file")
			if err := os.Mkdir(filepath.Join(dir, directory(key.Run)), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{"after the rename", func(t *testing.T, dir, attemptDir string) {
			sealAndClose(t, dir, attemptDir)
		}},
		{"while the directory is removed", func(t *testing.T, dir, attemptDir string) {
			sealAndClose(t, dir, attemptDir)
			put(t, filepath.Join(attemptDir, "log"), "a\n")
		}},
		{"after the directory is removed", func(t *testing.T, dir, attemptDir string) {
			sealAndClose(t, dir, attemptDir)
			if err := os.RemoveAll(attemptDir); err != nil {
				t.Fatal(err)
			}
		}},
		{"and the file did not get to the disk", func(t *testing.T, dir, attemptDir string) {
			sealAndClose(t, dir, attemptDir)
			put(t, filepath.Join(dir, key.file()), "")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, attemptDir := t.TempDir(), attempt(t, map[string]string{"log": text})
			if err := open(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			c.crash(t, dir, attemptDir)
			s := open(t, dir)
			sealed := seal(t, s, attemptDir)
			pieces, err := follow(s.from("", &sealed, 0), 0)
			if err != nil || !slices.Equal(pieces, []piece{{0, text}}) || sealed.SHA256 != digest(text) {
				t.Errorf("sealed as %+v, %v, want all of the log", sealed, err)
			}
			files(t, dir, key.file())
		})
	}
}

func sealAndClose(t *testing.T, dir, attemptDir string) {
	t.Helper()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	seal(t, s, attemptDir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSealAgainLeavesTheFile(t *testing.T) {
	dir, attemptDir := t.TempDir(), attempt(t, map[string]string{"log": lines(9)})
	s := open(t, dir)
	first := seal(t, s, attemptDir)
	before, err := os.Stat(filepath.Join(dir, key.file()))
	if err != nil {
		t.Fatal(err)
	}
	second := seal(t, s, attemptDir)
	after, err := os.Stat(filepath.Join(dir, key.file()))
	if err != nil {
		t.Fatal(err)
	}
	if first != second || !os.SameFile(before, after) {
		t.Errorf("sealed as %+v in another file, want %+v in the same", second, first)
	}
}

func TestSealDoesNotHideDamage(t *testing.T) {
	dir, attemptDir := t.TempDir(), attempt(t, map[string]string{"log": lines(9)})
	s := open(t, dir)
	seal(t, s, attemptDir)
	put(t, filepath.Join(dir, key.file()), "rubbish")
	for _, empty := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		if sealed, err := s.Seal(key, empty); !errors.Is(err, ErrDamaged) {
			t.Errorf("%+v, %v, want %v", sealed, err, ErrDamaged)
		}
	}
}

func TestSealThatFailsLeavesAllAsItWas(t *testing.T) {
	dir, attemptDir := t.TempDir(), attempt(t, map[string]string{"log": lines(9)})
	s := open(t, dir)
	obstacle := directory(key.Run)
	put(t, filepath.Join(dir, obstacle), "in the way")
	if sealed, err := s.Seal(key, attemptDir); err == nil || sealed != (Sealed{}) {
		t.Errorf("sealed as %+v, %v, want an error", sealed, err)
	}
	files(t, dir, obstacle)
	if err := os.Remove(filepath.Join(dir, obstacle)); err != nil {
		t.Fatal(err)
	}
	if sealed := seal(t, s, attemptDir); sealed.Lines != 9 {
		t.Errorf("sealed as %+v the second time, want 9 lines", sealed)
	}
}

// A hostile step may cut its log while it is sealed.
func TestSealOfALogThatIsCutMeanwhileLeavesNoFile(t *testing.T) {
	dir, attemptDir := t.TempDir(), attempt(t, map[string]string{"log": "a\n", steplog.SegmentName(9, steplog.Unknown): "b\n"})
	s := open(t, dir)
	l, err := openLive(attemptDir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	put(t, filepath.Join(attemptDir, "log"), "")
	if sealed, err := s.sealLive(key, l); !errors.Is(err, errDropped) || sealed != (Sealed{}) {
		t.Errorf("%+v, %v, want %v", sealed, err, errDropped)
	}
	files(t, dir)
	if sealed := seal(t, s, attemptDir); sealed.Kept() != 2 {
		t.Errorf("sealed as %+v the next time, want the 2 bytes that are left", sealed)
	}
}

// Every bit of label and table and many of the content: a damaged file gives the
// right bytes or ErrDamaged, and never fewer or others.
func TestDamageIsReported(t *testing.T) {
	dir, text := t.TempDir(), lines(9_000)
	s := open(t, dir)
	sealed := seal(t, s, attempt(t, map[string]string{"log": text}))
	name := filepath.Join(dir, key.file())
	sound, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	reported := 0
	check := func(what string, at int, content []byte) {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, record := range []*Sealed{&sealed, nil} {
			for _, cursor := range []int64{0, blockSize - 10, blockSize, int64(len(text)) - 56} {
				c, err := s.Read(key, "", record, cursor, 1000)
				switch {
				case errors.Is(err, ErrDamaged):
					reported++
				case err != nil:
					t.Errorf("%s %d, at %d: %v, want %v", what, at, cursor, err, ErrDamaged)
				case len(c.Data) == 0 || !strings.HasPrefix(text[cursor:], string(c.Data)):
					t.Errorf("%s %d, at %d: %d wrong bytes", what, at, cursor, len(c.Data))
				}
			}
		}
	}
	for at := 0; at < len(sound); at++ {
		if at < len(sound)-400 && at%97 != 0 {
			continue
		}
		damaged := bytes.Clone(sound)
		damaged[at] ^= 1 << (at % 8)
		check("flipped byte", at, damaged)
	}
	for cut := 1; cut < len(sound); cut += max(1, len(sound)/50) {
		check("cut off from", len(sound)-cut, sound[:len(sound)-cut])
	}
	check("emptied", 0, nil)
	check("doubled", 0, append(bytes.Clone(sound), sound...))
	if reported == 0 {
		t.Error("no damage was reported")
	}
}

func TestAnotherAttemptsFileIsDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	sealed := seal(t, s, attempt(t, map[string]string{"log": lines(5)}))
	other := key
	other.Attempt++
	if _, err := s.Seal(other, attempt(t, map[string]string{"log": lines(6)})); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, other.file()), filepath.Join(dir, key.file())); err != nil {
		t.Fatal(err)
	}
	for _, record := range []*Sealed{&sealed, nil} {
		if c, err := s.Read(key, "", record, 0, 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q, %v, want %v", c.Data, err, ErrDamaged)
		}
	}
}

func TestAFileThatIsNotTheRecordedOneIsDamage(t *testing.T) {
	s := open(t, t.TempDir())
	sealed := seal(t, s, attempt(t, map[string]string{"log": lines(5)}))
	sealed.SHA256 = digest("another log")
	if c, err := s.Read(key, "", &sealed, 0, 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("%q, %v, want %v", c.Data, err, ErrDamaged)
	}
}

// The state may be repaired by hand one day.
func TestSealedLogIsPlainZstd(t *testing.T) {
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("no zstd on this machine")
	}
	dir, text := t.TempDir(), lines(9_000)
	s := open(t, dir)
	seal(t, s, attempt(t, map[string]string{"log": text}))
	got, err := exec.Command(zstd, "-dc", filepath.Join(dir, key.file())).Output()
	if err != nil || string(got) != text {
		t.Errorf("zstd gives %d bytes, %v, want %d", len(got), err, len(text))
	}
}
