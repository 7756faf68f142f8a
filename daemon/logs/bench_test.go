package logs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkSeal seals 64 MiB of regular lines, which are easy to compress, and
// of lines with random numbers, which are hard: ordinary text lies in between.
// It syncs, so the disk counts.
func BenchmarkSeal(b *testing.B) {
	b.Run("easy", func(b *testing.B) { benchmarkSeal(b, lines(1_000_000)) })
	b.Run("hard", func(b *testing.B) { benchmarkSeal(b, numbers(64<<20)) })
}

func benchmarkSeal(b *testing.B, text string) {
	dir := b.TempDir()
	write(b, dir, 0, text)
	s := open(b, b.TempDir())
	b.ReportAllocs()
	var sealed Sealed
	for n := 0; b.Loop(); n++ {
		var err error
		if sealed, err = s.Seal(Key{Run: uint64(n)}, dir); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(sealed.Size)
	b.ReportMetric(float64(sealed.Size)/float64(sealed.Stored), "ratio")
}

// BenchmarkReadSealed reads a chunk at a random place of 64 MiB.
func BenchmarkReadSealed(b *testing.B) {
	dir := b.TempDir()
	write(b, dir, 0, numbers(64<<20))
	s := open(b, b.TempDir())
	sealed, err := s.Seal(key, dir)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(DefaultLimit)
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		if _, err := s.Read(key, "", &sealed, random.Int64N(sealed.Size), 0); err != nil {
			b.Fatal(err)
		}
	}
}

func numbers(size int) string {
	random, b := rand.New(rand.NewPCG(1, 2)), new(strings.Builder)
	for b.Len() < size {
		fmt.Fprintf(b, "GET /api/v1/items/%d?page=%d from 10.0.%d.%d took %d ms status=%d bytes=%d\n",
			random.IntN(1e6), random.IntN(50), random.IntN(256), random.IntN(256), random.IntN(900), 200+random.IntN(5), random.IntN(1e5))
	}
	return b.String()
}
