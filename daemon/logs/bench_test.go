package logs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkSeal seals 64 MiB of ordinary text in lines of about 100 bytes.
func BenchmarkSeal(b *testing.B) {
	dir := b.TempDir()
	text := ordinary(64 << 20)
	write(b, dir, 0, text)
	s := open(b, b.TempDir())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var sealed Sealed
	for n := 0; b.Loop(); n++ {
		var err error
		if sealed, err = s.Seal(Key{Run: uint64(n)}, dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(sealed.Size)/float64(sealed.Stored), "ratio")
}

// BenchmarkReadSealed reads a chunk at a random place of 64 MiB.
func BenchmarkReadSealed(b *testing.B) {
	dir := b.TempDir()
	write(b, dir, 0, ordinary(64<<20))
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

func ordinary(size int) string {
	random, b := rand.New(rand.NewPCG(1, 2)), new(strings.Builder)
	for b.Len() < size {
		fmt.Fprintf(b, "GET /api/v1/items/%d?page=%d from 10.0.%d.%d took %d ms status=%d bytes=%d\n",
			random.IntN(1e6), random.IntN(50), random.IntN(256), random.IntN(256), random.IntN(900), 200+random.IntN(5), random.IntN(1e5))
	}
	return b.String()
}
