package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// effectsVariable names the file that steps leave their traces in.
const effectsVariable = "TORTURE_EFFECTS"

// step is a step of the load. The answer is its exit code.
func step(args []string) int {
	set := flag.NewFlagSet("step", flag.ExitOnError)
	last := set.Duration("for", 0, "how long it works")
	size := set.Int("bytes", 4<<10, "how much it prints, about")
	exit := set.Int("exit", 0, "its exit code")
	good := set.Int("good", 1, "the first attempt that ends well; those before it exit with 9")
	_ = set.Parse(args) // it exits by itself
	attempt := os.Getenv(protocol.EnvAttempt)
	if err := work(attempt, *last, *size); err != nil {
		fmt.Fprintln(os.Stderr, "torture step:", err)
		return 99
	}
	if number, err := strconv.Atoi(path.Base(attempt)); err != nil || number < *good {
		return 9
	}
	return *exit
}

// work leaves a trace, prints, and leaves another with what it printed.
func work(attempt string, last time.Duration, size int) error {
	effects, err := os.OpenFile(os.Getenv(effectsVariable), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(effects, "begin %s\n", attempt); err != nil {
		return err
	}
	out, errs := sha256.New(), sha256.New()
	if err := speak(attempt, last, size, out, errs); err != nil {
		return err
	}
	_, err = fmt.Fprintf(effects, "end %s %x %x\n", attempt, out.Sum(nil), errs.Sum(nil))
	return err
}

// speak prints what the seed decides, spread over a time, and hashes it.
func speak(seed string, last time.Duration, size int, out, errs hash.Hash) error {
	h := fnv.New64a()
	io.WriteString(h, seed) // never fails: hash.Hash
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	streams := [2]io.Writer{io.MultiWriter(os.Stdout, out), io.MultiWriter(os.Stderr, errs)}
	const most = 24 << 10
	pieces := max(2*size/most, 4)
	for range pieces {
		piece := random.IntN(2*size/pieces + 1)
		if _, err := streams[random.IntN(2)].Write(noise(random, piece)); err != nil {
			return err
		}
		time.Sleep(last / time.Duration(pieces))
	}
	return nil
}

// noise is n random bytes; a third of the pieces is one line without an end.
func noise(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	endless := random.IntN(3) == 0
	for i := range b {
		b[i] = byte(random.Uint32())
		if endless && b[i] == '\n' {
			b[i] = ' '
		}
	}
	return b
}
