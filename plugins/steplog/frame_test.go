package steplog_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/penstock/penstock/plugins/steplog"
)

func TestFramesAreParsedAsTheyAreWritten(t *testing.T) {
	at := time.Date(2026, 8, 1, 2, 3, 4, 5, time.UTC)
	for _, f := range []steplog.Frame{
		{Time: at, Stream: steplog.Stdout, Text: []byte("two words")},
		{Time: at, Stream: steplog.Stderr, Partial: true, Text: []byte{}},
		{Time: at, Stream: steplog.Note, Text: []byte(" \x00\xff\r")},
	} {
		b := f.Append(nil)
		got, n, err := steplog.Parse(append(b, "rest"...))
		if err != nil || n != len(b) || got.Stream != f.Stream || got.Partial != f.Partial || !got.Time.Equal(at) || !bytes.Equal(got.Text, f.Text) {
			t.Errorf("%q: %+v, %d, %v", b, got, n, err)
		}
	}
}

func TestAFrameThatIsNotCompleteIsNoError(t *testing.T) {
	whole := "2026-08-01T02:03:04.000000005Z stdout F text\n"
	for i := range len(whole) {
		if _, n, err := steplog.Parse([]byte(whole[:i])); n != 0 || err != nil {
			t.Errorf("%q: %d, %v", whole[:i], n, err)
		}
	}
}

func TestWhatIsNoFrameIsSkipped(t *testing.T) {
	for _, line := range []string{
		"", "garbage", "2026-08-01T02:03:04Z stdout F", "now stdout F x", "2026-08-01T02:03:04Z stdin F x",
		"2026-08-01T02:03:04Z stdout Q x", strings.Repeat("x", 10*steplog.MaxFrame),
	} {
		text := line + "\n2026-08-01T02:03:04Z stdout F good\n"
		good, bad := 0, 0
		for f, err := range steplog.All([]byte(text)) {
			count(t, f, err, &good, &bad)
		}
		for f, err := range steplog.Frames(iotest.HalfReader(strings.NewReader(text))) {
			count(t, f, err, &good, &bad)
		}
		if good != 2 || bad < 2 {
			t.Errorf("%.20q: %d good, %d bad", line, good, bad)
		}
	}
}

func count(t *testing.T, f steplog.Frame, err error, good, bad *int) {
	t.Helper()
	switch {
	case err == nil && string(f.Text) == "good":
		*good++
	case errors.Is(err, steplog.ErrFrame):
		*bad++
	default:
		t.Errorf("%+v, %v", f, err)
	}
}

func TestAnErrorOfTheReaderComesLast(t *testing.T) {
	broken := iotest.ErrReader(io.ErrClosedPipe)
	text := strings.NewReader("2026-08-01T02:03:04Z stdout F good\n")
	var last error
	frames := 0
	for f, err := range steplog.Frames(io.MultiReader(text, broken)) {
		last = err
		if f.Text != nil {
			frames++
		}
	}
	if frames != 1 || !errors.Is(last, io.ErrClosedPipe) {
		t.Errorf("%d frames, then %v", frames, last)
	}
}

func TestSegmentNamesCarryTheirStart(t *testing.T) {
	for _, want := range []steplog.Segment{{}, {Start: 1}, {Start: 134217728, Skipped: 7}, {Start: 1<<63 - 1, Skipped: 1<<63 - 1}, {Start: 9, Skipped: steplog.Unknown}} {
		want.Name = steplog.SegmentName(want.Start, want.Skipped)
		if got, ok := steplog.ParseName(want.Name); got != want || !ok {
			t.Errorf("%+v: %+v, %v", want, got, ok)
		}
	}
	for _, name := range []string{"", "lock", "log.", "log.1", "log.-0000000000000000001", "log.00000000000000000000", "log.99999999999999999999", "logs",
		"log.00000000000000000001.", "log.00000000000000000001.1", "log.00000000000000000001.00000000000000000001.x"} {
		if s, ok := steplog.ParseName(name); ok {
			t.Errorf("%q begins at %d", name, s.Start)
		}
	}
}
