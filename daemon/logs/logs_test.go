package logs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/penstock/penstock/plugins/steplog"
)

var key = Key{Run: 7, Step: 3, Attempt: 1}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// attempt makes an attempt directory with the files of a log.
func attempt(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		put(t, filepath.Join(dir, name), content)
	}
	return dir
}

func put(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func seal(t testing.TB, s *Store, dir string) Sealed {
	t.Helper()
	sealed, err := s.Seal(key, dir)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// piece is a run of bytes of a stream.
type piece struct {
	start   int64
	content string
}

// follow reads a log from cursor to its end, and joins what it is given.
func follow(read func(cursor int64) (Chunk, error), cursor int64) ([]piece, error) {
	var pieces []piece
	for {
		c, err := read(cursor)
		if err != nil {
			return pieces, err
		}
		if len(c.Data) == 0 {
			if !c.End || c.Next != cursor || c.Missing != 0 {
				return pieces, fmt.Errorf("an empty chunk at %d is %+v", cursor, c)
			}
			return pieces, nil
		}
		start := c.Next - int64(len(c.Data))
		if start < cursor || (start > cursor) != (c.Missing > 0) || c.Missing > start-cursor {
			return pieces, fmt.Errorf("the chunk at %d of %d bytes, %d missing, goes on at %d", cursor, len(c.Data), c.Missing, c.Next)
		}
		if n := len(pieces); n > 0 && c.Missing == 0 {
			pieces[n-1].content += string(c.Data)
		} else {
			pieces = append(pieces, piece{start, string(c.Data)})
		}
		cursor = c.Next
	}
}

func (s *Store) from(dir string, sealed *Sealed, limit int) func(int64) (Chunk, error) {
	return func(cursor int64) (Chunk, error) { return s.Read(key, dir, sealed, cursor, limit) }
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// lines is a log of n lines of one length.
func lines(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "2026-01-02T03:04:05.000000000Z stdout F line %06d of some text\n", i)
	}
	return b.String()
}

// write lets package steplog write a log.
func write(t testing.TB, dir string, limit int64, text string) {
	t.Helper()
	w := steplog.Open(dir, limit)
	_, err := io.WriteString(w.Stream(steplog.Stdout), text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
}
