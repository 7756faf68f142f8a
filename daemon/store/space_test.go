package store

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheSpaceOfALogIsTaken(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "00001.mem")
	check(t, os.WriteFile(path, []byte("log"), 0o600))
	check(t, os.Truncate(path, 1<<20))
	s := space{dir: dir}
	check(t, s.take())
	var st unix.Stat_t
	check(t, unix.Stat(path, &st))
	if st.Size != 1<<20 || st.Blocks*512 < st.Size {
		t.Errorf("%d bytes have %d blocks", st.Size, st.Blocks)
	}
}

// Badger empties a log that it has flushed and then removes it; a commit that
// comes between the two goes on.
func TestALogThatIsBeingRemovedNeedsNoSpace(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "00001.mem"), nil, 0o600))
	s := space{dir: dir}
	check(t, s.take())
}

func TestTheSizeOfAStoreIsWhatItTakesOfTheDisk(t *testing.T) {
	dir := t.TempDir()
	sparse := filepath.Join(dir, "000002.vlog")
	check(t, os.WriteFile(sparse, []byte("value"), 0o600))
	check(t, os.Truncate(sparse, 1<<30))
	for name, size := range map[string]int{"000001.sst": 100_000, "00001.mem": 50_000, "MANIFEST": 1 << 20} {
		check(t, os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600))
	}
	s := Store{space: space{dir: dir}}
	tables, values, err := s.Size()
	if err != nil || tables < 150_000 || tables > 1<<20 || values <= 0 || values > 1<<20 {
		t.Errorf("%d, %d, %v", tables, values, err)
	}
	check(t, os.RemoveAll(dir))
	if _, _, err := s.Size(); err == nil {
		t.Error("there is none")
	}
}
