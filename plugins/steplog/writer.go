package steplog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// chunk is what one write(2) hands to the kernel at most.
const chunk = 256 << 10

// Writer writes the log of one attempt. It is safe for concurrent use: frames
// of different streams lie in the order in which the writes came. It holds one
// buffer of at most 256 KiB, whatever is written.
type Writer struct {
	mu   sync.Mutex
	dir  string
	half int64 // the head's share of the limit; 0 is no limit
	part int64 // a tail file's
	text int   // longest text

	file    *os.File // nil: to be made at the next flush
	start   int64    // of the current file, in the stream
	size    int64    // of the stream
	output  int64    // bytes of output in the stream
	head    int64    // of these, what the head holds; once there is a tail
	tail    []string // names of the tail files on disk, oldest first
	buf     []byte
	payload int64 // bytes of output in buf
	lost    int64 // bytes of output dropped in all
	unsaid  int64 // of these, what no note frame has told
	saying  int64 // of these, what a note in buf tells
	cause   error // of the last loss
	broken  bool  // a torn frame could not be cut off: nothing may follow it
	closed  bool
}

// Open returns the Writer for the attempt directory dir that keeps at most limit
// bytes on disk, 0 for no limit. It makes no file before there is output.
func Open(dir string, limit int64) *Writer {
	w := &Writer{dir: dir, text: MaxText}
	if limit > 0 {
		limit = max(limit, MinLimit)
		w.half, w.part = limit/2, limit/8
		w.text = int(min(MaxText, w.part-(MaxFrame-MaxText)))
	}
	return w
}

// Stream returns the writer of one stream, Stdout or Stderr. What is written
// is in the file when Write returns. Write fails only after Close; bytes that
// find no space are dropped and counted (Lost).
func (w *Writer) Stream(name string) io.Writer { return stream{w, name} }

type stream struct {
	log  *Writer
	name string
}

func (s stream) Write(p []byte) (int, error) { return s.log.write(s.name, p) }

// Size is the length of the stream in bytes, unlinked ones included, dropped
// ones not.
func (w *Writer) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// Output is how many bytes of output the stream stands for: Size without the
// frames, unlinked ones included, dropped ones not.
func (w *Writer) Output() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.output
}

// Lost is how many bytes of output were dropped because they could not be
// written, and the error of the last such write.
func (w *Writer) Lost() (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost, w.cause
}

// Close ends the log: no write succeeds after it. Its error is that of the
// file; bytes dropped before are no error of Close.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.note()
	w.flush()
	w.closed, w.buf = true, nil
	return w.closeFile()
}

func (w *Writer) write(stream string, p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, fmt.Errorf("write to the log: %w", fs.ErrClosed)
	}
	w.note()
	var header [48]byte
	w.frames(appendHeader(header[:0], stream), p)
	w.flush()
	return len(p), nil
}

func appendHeader(b []byte, stream string) []byte {
	b = time.Now().UTC().AppendFormat(b, timeLayout)
	b = append(b, ' ')
	b = append(b, stream...)
	return append(b, ' ')
}

// frames cuts p into frames. The time is that of the whole write: to format it
// for every line would cost more than all the rest.
func (w *Writer) frames(header, p []byte) {
	for len(p) > 0 {
		text, eaten, partial := w.cut(p)
		w.frame(header, text, partial)
		w.payload += int64(eaten)
		p = p[eaten:]
	}
}

// cut returns the text of the next frame of p, how many bytes of p it stands
// for, and whether it is partial.
func (w *Writer) cut(p []byte) (text []byte, eaten int, partial bool) {
	window := p[:min(len(p), w.text+1)]
	if i := bytes.IndexByte(window, '\n'); i >= 0 {
		return p[:i], i + 1, false
	}
	n := min(len(p), w.text)
	return p[:n], n, true
}

func (w *Writer) frame(header, text []byte, partial bool) {
	w.reserve(len(header) + len(text) + len("F \n"))
	w.buf = append(w.buf, header...)
	w.buf = append(w.buf, tag(partial), ' ')
	w.buf = append(w.buf, text...)
	w.buf = append(w.buf, '\n')
}

// reserve makes room for a frame of n bytes in the buffer and in the file.
func (w *Writer) reserve(n int) {
	if len(w.buf)+n > chunk {
		w.flush()
	}
	if w.full(n) {
		w.flush()
	}
	if w.full(n) { // still, with what was flushed: where the flush failed there is room
		w.rotate()
	}
}

func (w *Writer) full(n int) bool {
	if w.half == 0 {
		return false
	}
	room := w.part
	if w.start == 0 {
		room = w.half
	}
	return w.size-w.start+int64(len(w.buf)+n) > room
}

// rotate ends the current file; the next flush makes the next one.
func (w *Writer) rotate() {
	if err := w.closeFile(); err != nil {
		w.cause = err
	}
	if w.start == 0 {
		w.head = w.output
	}
	w.start = w.size
	if len(w.tail) < 4 {
		return
	}
	if err := os.Remove(filepath.Join(w.dir, w.tail[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.cause = err
	}
	w.tail = w.tail[1:]
}

// note puts before the next frame what was lost before it.
func (w *Writer) note() {
	if w.unsaid == 0 || w.broken {
		return
	}
	text := fmt.Appendf(nil, "%d bytes of output are missing here: %v", w.unsaid, w.cause)
	var header [48]byte
	w.frame(appendHeader(header[:0], Note), text[:min(len(text), w.text)], false)
	w.saying = w.unsaid
}

// flush writes the buffer, or drops it.
func (w *Writer) flush() {
	if len(w.buf) == 0 {
		return
	}
	if err := w.put(); err != nil {
		w.cause = err
		w.lost += w.payload
		w.unsaid += w.payload
	} else {
		w.size += int64(len(w.buf))
		w.output += w.payload
		w.unsaid -= w.saying
	}
	w.buf, w.payload, w.saying = w.buf[:0], 0, 0
}

// put writes the buffer to the current file whole, or leaves the file as it was.
func (w *Writer) put() error {
	if w.broken {
		return w.cause
	}
	if err := w.openFile(); err != nil {
		return err
	}
	n, err := w.file.Write(w.buf)
	if err == nil || n == 0 {
		return err
	}
	if cut := w.file.Truncate(w.size - w.start); cut != nil {
		w.broken = true
		return fmt.Errorf("%w; cut the log back: %w", err, cut)
	}
	return err
}

func (w *Writer) openFile() error {
	if w.file != nil {
		return nil
	}
	name := SegmentName(w.start, w.output-w.head)
	file, err := os.OpenFile(filepath.Join(w.dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w.file = file
	if w.start > 0 {
		w.tail = append(w.tail, name)
	}
	return nil
}

func (w *Writer) closeFile() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}
