package state

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// ballast is the size of the ballast in dir and what it takes of the disk, or
// -1 where there is none.
func ballast(t *testing.T, dir string) (size, taken int64) {
	t.Helper()
	var st unix.Stat_t
	err := unix.Stat(filepath.Join(dir, ballastFile), &st)
	if errors.Is(err, unix.ENOENT) {
		return -1, -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return st.Size, st.Blocks * 512
}

func TestTheBallastTakesRealSpaceAndFollowsItsSize(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int64{1 << 20, 1 << 20, 3 << 20, 1 << 20} {
		if err := LayBallast(dir, size, 0); err != nil {
			t.Fatal(err)
		}
		got, taken := ballast(t, dir)
		if got == -1 {
			t.Skip("this file system has no fallocate(2)")
		}
		if got != size || taken < size {
			t.Errorf("%d bytes on %d, not %d", got, taken, size)
		}
	}
}

func TestNoBallastIsLaidWhereThereIsNoPlenty(t *testing.T) {
	dir := t.TempDir()
	for size, least := range map[int64]uint64{0: 0, 1 << 20: math.MaxInt64} {
		if err := LayBallast(dir, size, least); err != nil {
			t.Fatal(err)
		}
		if got, _ := ballast(t, dir); got != -1 {
			t.Errorf("%d bytes with %d to be left", got, least)
		}
	}
}

func TestTheBallastStaysWhereTheDiskHasRoom(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ballastFile), []byte("heavy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeRoom(dir, 1); err != nil {
		t.Fatal(err)
	}
	if got, _ := ballast(t, dir); got != 5 {
		t.Errorf("%d bytes", got)
	}
	if err := MakeRoom(filepath.Join(dir, "absent"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestBytesAreWrittenForPeople(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 64 << 20: "64.0 MiB", 1 << 30: "1.0 GiB",
		1 << 50: "1.0 PiB", math.MaxInt64: "8192.0 PiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, not %s", n, got, want)
		}
	}
}

func TestAFullDiskIsSaidOnceTheBallastIsGone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ballastFile), []byte("heavy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeRoom(dir, math.MaxUint64); !errors.Is(err, ErrDiskFull) {
		t.Error(err)
	}
	if got, _ := ballast(t, dir); got != -1 {
		t.Errorf("%d bytes of ballast are held on to", got)
	}
}
