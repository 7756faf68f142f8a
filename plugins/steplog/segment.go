package steplog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Head is the name of the first file of a log.
const Head = "log"

// Segment is one file of a log: the bytes [Start, Start+Size) of the stream.
type Segment struct {
	Name  string
	Start int64
	Size  int64 // when it was listed; the newest may have grown since
}

// End is the offset behind the last byte of s.
func (s Segment) End() int64 { return s.Start + s.Size }

// SegmentName is the name of the file that begins at offset start.
func SegmentName(start int64) string {
	if start == 0 {
		return Head
	}
	return fmt.Sprintf("%s.%020d", Head, start)
}

// SegmentStart is the offset at which the file called name begins; false where
// it is no file of a log.
func SegmentStart(name string) (int64, bool) {
	if name == Head {
		return 0, true
	}
	digits, ok := strings.CutPrefix(name, Head+".")
	if !ok || len(digits) != 20 {
		return 0, false
	}
	start, err := strconv.ParseUint(digits, 10, 63)
	return int64(start), err == nil && start > 0
}

// Segments lists the files of the log in the attempt directory dir by start.
// It is empty where there is no output.
func Segments(dir string) ([]Segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the log: %w", err)
	}
	var segments []Segment
	for _, e := range entries {
		start, ok := SegmentStart(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // unlinked by the writer just now
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		if info.Mode().IsRegular() {
			segments = append(segments, Segment{e.Name(), start, info.Size()})
		}
	}
	slices.SortFunc(segments, func(a, b Segment) int { return cmp.Compare(a.Start, b.Start) })
	return segments, nil
}

// Gap is the part of the stream that segments, as Segments returns them, do
// not hold; size 0 where nothing is missing.
func Gap(segments []Segment) (start, size int64) {
	for _, s := range segments {
		if s.Start > start {
			return start, s.Start - start
		}
		start = s.End()
	}
	return 0, 0
}
