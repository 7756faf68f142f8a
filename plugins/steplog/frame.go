package steplog

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// timeLayout has a fixed width, so that frames of one stream have headers of
// one length.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// ErrFrame is wrapped by every error about a line that is no frame.
var ErrFrame = errors.New("not a log frame")

// Frame is one frame of a log.
type Frame struct {
	Time    time.Time // in UTC
	Stream  string    // Stdout, Stderr or Note
	Partial bool      // the line goes on in the stream's next frame, if there is one
	Text    []byte    // without a newline
}

// Append appends the encoded f to b. The text must not hold a newline.
func (f Frame) Append(b []byte) []byte {
	b = f.Time.UTC().AppendFormat(b, timeLayout)
	b = append(b, ' ')
	b = append(b, f.Stream...)
	b = append(b, ' ', tag(f.Partial), ' ')
	b = append(b, f.Text...)
	return append(b, '\n')
}

// AppendText appends to b the bytes that f stands for in its stream: its text,
// and the newline of a full one.
func (f Frame) AppendText(b []byte) []byte {
	b = append(b, f.Text...)
	if !f.Partial {
		b = append(b, '\n')
	}
	return b
}

// Parse decodes the frame at the start of b and returns how many bytes it
// takes. The text of the frame is part of b. Where b holds no newline yet,
// Parse returns 0 and no error. A line that is no frame is an error that wraps
// ErrFrame, with the length of the line, so that a reader can go on behind it.
func Parse(b []byte) (Frame, int, error) {
	end := bytes.IndexByte(b, '\n')
	switch {
	case end >= MaxFrame:
		return Frame{}, end + 1, fmt.Errorf("%w: %d bytes, of at most %d", ErrFrame, end+1, MaxFrame)
	case end >= 0:
		f, err := parseLine(b[:end])
		return f, end + 1, err
	case len(b) >= MaxFrame:
		return Frame{}, len(b), fmt.Errorf("%w: no newline in %d bytes", ErrFrame, len(b))
	}
	return Frame{}, 0, nil
}

func parseLine(line []byte) (Frame, error) {
	stamp, rest, ok1 := bytes.Cut(line, []byte{' '})
	stream, rest, ok2 := bytes.Cut(rest, []byte{' '})
	mark, text, ok3 := bytes.Cut(rest, []byte{' '})
	if !ok1 || !ok2 || !ok3 {
		return Frame{}, fmt.Errorf("%w: %.40q has no four fields", ErrFrame, line)
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return Frame{}, fmt.Errorf("%w: %.40q is no RFC 3339 time", ErrFrame, stamp)
	}
	name, err := parseStream(stream)
	if err != nil {
		return Frame{}, err
	}
	partial, err := parseTag(mark)
	return Frame{Time: at.UTC(), Stream: name, Partial: partial, Text: text}, err
}

func parseStream(b []byte) (string, error) {
	switch string(b) {
	case Stdout:
		return Stdout, nil
	case Stderr:
		return Stderr, nil
	case Note:
		return Note, nil
	}
	return "", fmt.Errorf("%w: stream %.40q is none of stdout, stderr, note", ErrFrame, b)
}

func parseTag(b []byte) (partial bool, err error) {
	switch string(b) {
	case "F":
		return false, nil
	case "P":
		return true, nil
	}
	return false, fmt.Errorf("%w: tag %.40q is neither F nor P", ErrFrame, b)
}

func tag(partial bool) byte {
	if partial {
		return 'P'
	}
	return 'F'
}
