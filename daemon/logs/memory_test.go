package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestReadingASealedLogTakesItsBuffersFromThePool(t *testing.T) {
	s, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := t.TempDir()
	var text bytes.Buffer
	for i := range 120_000 {
		fmt.Fprintf(&text, "2026-08-01T02:03:04.%09dZ stdout F line %d, %x\n", i, i, i*7919)
	}
	if err := os.WriteFile(filepath.Join(dir, "log"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal(Key{1, 0, 1}, dir)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for at, end := int64(0), false; !end; {
		chunk, err := s.Read(Key{1, 0, 1}, "", &sealed, at, 0)
		if err != nil {
			t.Fatal(err)
		}
		at, end = chunk.Next, chunk.End
	}
	runtime.ReadMemStats(&after)
	// A chunk is new memory; the frame around it, four times as large, is not.
	if took := after.TotalAlloc - before.TotalAlloc; took > 4*uint64(sealed.Size) {
		t.Errorf("%d bytes were allocated to read %d", took, sealed.Size)
	}
}
