package ctl

import (
	"bufio"
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/plugins/steplog"
	"github.com/penstock/penstock/rpc"
)

// output is stdout while logs are shown on it, of one attempt or of many at the
// same time.
type output struct {
	notice  func(format string, args ...any)
	style   render.Style
	safe    bool // a terminal reads it
	json    bool // each frame is an object
	options logOptions

	mu      sync.Mutex // protects the fields below
	w       *bufio.Writer
	midline bool // what was written does not end with a newline
}

func (a *app) newOutput(o logOptions) *output {
	return &output{
		notice:  a.notice,
		style:   a.style(),
		safe:    a.screen.terminal() && !o.raw,
		json:    a.output == formatJSON,
		options: o,
		w:       bufio.NewWriterSize(a.Stdout, chunkSize),
	}
}

// line writes a line of ours, on a line of its own.
func (o *output) line(text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.midline {
		o.put([]byte("\n"))
	}
	o.put([]byte(text))
	return o.flush()
}

// put writes text; flush tells whether that failed. The caller holds mu.
func (o *output) put(text []byte) {
	if len(text) > 0 {
		o.w.Write(text) // bufio keeps the first error for Flush
		o.midline = text[len(text)-1] != '\n'
	}
}

func (o *output) flush() error {
	if err := o.w.Flush(); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

// part is the log of one attempt on an output.
type part struct {
	*output
	of      picked
	prefix  string            // before each line; "" writes text as it comes
	held    map[string][]byte // of each stream, the beginning of a line; with a prefix
	painted bool              // colours went out that may still be on
}

// part begins the log of an attempt.
func (o *output) part(of picked, prefix string) *part {
	return &part{output: o, of: of, prefix: prefix, held: make(map[string][]byte)}
}

// write shows a piece of the log.
func (p *part) write(chunk *rpc.LogReadResponse) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.json {
		return p.writeObjects(chunk)
	}
	if chunk.Missing > 0 {
		p.remark(missing(chunk.Missing))
	}
	for frame, err := range steplog.All(chunk.Data) {
		switch {
		case err != nil:
			p.remark(fmt.Sprintf("[the log is damaged here: %v]", err))
		case frame.Stream == steplog.Note:
			p.remark("[" + render.Line(string(frame.Text)) + "]")
		case p.prefix == "":
			p.text(frame)
		default:
			p.hold(frame)
		}
	}
	return p.flush()
}

// remark says something about the output, in its place but on stderr: stdout
// holds what the step wrote and nothing else.
func (p *part) remark(text string) {
	if p.flush() == nil { // else the next flush reports it
		p.notice("%s%s", p.prefix, text)
	}
}

// text shows the bytes of a frame as they are.
func (p *part) text(frame steplog.Frame) {
	if !p.midline {
		p.put(p.stamp(frame.Time))
	}
	p.put(p.clean(frame.Text))
	if !frame.Partial {
		p.put([]byte("\n"))
	}
}

// maxHeld bounds what is kept of a line that does not end.
const maxHeld = 64 << 10

// hold shows a line of a step beside those of others once it is whole.
func (p *part) hold(frame steplog.Frame) {
	line := append(p.held[frame.Stream], frame.Text...)
	if frame.Partial && len(line) < maxHeld {
		p.held[frame.Stream] = line
		return
	}
	p.whole(line, frame.Time)
	p.held[frame.Stream] = line[:0]
}

func (p *part) whole(line []byte, at time.Time) {
	p.put([]byte(p.prefix))
	if !at.IsZero() {
		p.put(p.stamp(at))
	}
	p.put(p.clean(line))
	p.plain()
	p.put([]byte("\n"))
}

func (p *part) stamp(at time.Time) []byte {
	if !p.options.timestamps {
		return nil
	}
	return at.Local().AppendFormat(nil, "2006-01-02T15:04:05.000Z07:00 ")
}

// clean makes text harmless for a terminal.
func (p *part) clean(text []byte) []byte {
	if !p.safe {
		return text
	}
	text = render.Harmless(text, p.style.Colour)
	p.painted = p.painted || bytes.IndexByte(text, 0x1b) >= 0
	return text
}

// plain ends the colours of a step, so that they do not run into the text of
// others.
func (p *part) plain() {
	if p.painted {
		midline := p.midline
		p.put([]byte("\x1b[0m"))
		p.painted, p.midline = false, midline
	}
}

// close shows what is left of lines that did not end.
func (p *part) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stream := range []string{steplog.Stdout, steplog.Stderr} {
		if len(p.held[stream]) > 0 {
			p.whole(p.held[stream], time.Time{})
		}
	}
	p.plain()
	return p.flush()
}
