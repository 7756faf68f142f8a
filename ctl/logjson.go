package ctl

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/plugins/steplog"
	"github.com/penstock/penstock/rpc"
)

// LogLine is one line of `penstockctl logs -o json`: a frame of a log, or a
// gap in it, which has nothing but Missing.
type LogLine struct {
	Stage   string     `json:"stage"`
	Step    string     `json:"step"`
	Attempt int        `json:"attempt"`
	Time    *time.Time `json:"time,omitempty"`
	Stream  string     `json:"stream,omitempty"` // stdout, stderr, or note: a word of the daemon's
	Text    *string    `json:"text,omitempty"`   // without the newline
	Base64  []byte     `json:"base64,omitempty"` // in the place of Text: it is not UTF-8
	Partial bool       `json:"partial,omitempty"`
	Missing int64      `json:"missing,omitempty"` // bytes that were dropped here
}

// writeObjects shows a piece of the log as JSON. The caller holds mu.
func (p *part) writeObjects(chunk *rpc.LogReadResponse) error {
	if chunk.Missing > 0 {
		if err := p.object(LogLine{Missing: chunk.Missing}); err != nil {
			return err
		}
	}
	for frame, err := range steplog.All(chunk.Data) {
		if err != nil {
			p.remark(fmt.Sprintf("[the log is damaged here: %v]", err))
			continue
		}
		if err := p.object(lineOf(frame)); err != nil {
			return err
		}
	}
	return p.flush()
}

func lineOf(frame steplog.Frame) LogLine {
	line := LogLine{Time: &frame.Time, Stream: frame.Stream, Partial: frame.Partial}
	if utf8.Valid(frame.Text) {
		text := string(frame.Text)
		line.Text = &text
		return line
	}
	line.Base64 = frame.Text
	return line
}

func (p *part) object(line LogLine) error {
	line.Stage, line.Step, line.Attempt = p.of.stage, p.of.step, p.of.attempt
	text, err := render.JSON(line)
	if err == nil {
		p.put(text)
	}
	return err
}
