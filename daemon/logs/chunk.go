package logs

import (
	"bytes"

	"github.com/penstock/penstock/plugins/steplog"
)

const (
	// DefaultLimit is the size of a chunk where none is asked for.
	DefaultLimit = 64 << 10
	// maxLine is well above the longest line that package steplog writes. What
	// goes on for longer without an end of line is handed out in pieces, so
	// that a strange writer cannot stop its readers for good.
	maxLine = 2 * steplog.MaxFrame
)

// A Chunk is a piece of a log.
type Chunk struct {
	Data []byte // whole lines; nil where there are none
	Next int64  // the cursor behind Data, which begins at Next-len(Data)
	// Missing is how many bytes of output were dropped between the cursor asked
	// for and Data: of the step's own, without the frames around them. It is
	// above 0 wherever something was. From the beginning of the gap on it is
	// exact where the writer counted; from within the gap, it is that in
	// proportion.
	Missing int64
	// End says that nothing was there behind Data. If the attempt had ended
	// before the read began, nothing ever will be.
	End bool
}

// window is how many of n bytes a reader needs before it for one chunk.
func window(n int64, limit int) int { return int(min(n, int64(max(limit, maxLine)))) }

// cut says how many bytes of the window b make a chunk: the whole lines within
// limit, else the first line. An unfinished line counts as none, unless it is
// too long to be waited for, or final.
func cut(b []byte, limit int, final bool) int {
	if i := bytes.LastIndexByte(b[:min(limit, len(b))], '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	if final || len(b) >= maxLine {
		return len(b)
	}
	return 0
}
