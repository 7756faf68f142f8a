package logs

import "math/bits"

// Sealed is what the daemon's records keep of a sealed log. The zero Sealed is
// the log of an attempt without output.
type Sealed struct {
	Size     int64  `json:"size"`                // bytes of the stream, dropped ones included: the cursor of its end
	GapStart int64  `json:"gap_start,omitempty"` // where bytes were dropped
	GapSize  int64  `json:"gap_size,omitempty"`  // how many; 0 is none
	Lines    int64  `json:"lines"`               // lines that are kept, in the sense of the CRI format
	SHA256   string `json:"sha256,omitempty"`    // of what is kept, in hex
	Stored   int64  `json:"stored"`              // bytes on disk
}

// Kept is how many bytes of the stream are kept.
func (s Sealed) Kept() int64 { return s.Size - s.GapSize }

// share is how much of the output that the gap dropped, not more than its size,
// lies in the last rest bytes of the gap, rounded up.
func (s Sealed) share(output, rest int64) int64 {
	if rest <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(output), uint64(rest))
	quotient, remainder := bits.Div64(high, low, uint64(s.GapSize))
	if remainder > 0 {
		quotient++
	}
	return int64(quotient)
}

// locate finds a cursor among the kept bytes: at is its place there, missing
// how many dropped bytes lie before that, follow how many kept bytes come from
// there on until the gap or the end. A cursor behind the end has none.
func (s Sealed) locate(cursor int64) (at, missing, follow int64) {
	switch tail := s.GapStart + s.GapSize; {
	case cursor >= s.Size:
		return s.Kept(), 0, 0
	case s.GapSize == 0:
		return cursor, 0, s.Size - cursor
	case cursor < s.GapStart:
		return cursor, 0, s.GapStart - cursor
	default:
		missing = max(0, tail-cursor)
		at = cursor + missing - s.GapSize
		return at, missing, s.Kept() - at
	}
}
