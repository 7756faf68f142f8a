package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// document is a decoded text: its values, and where they stand.
type document struct {
	file   string
	text   string
	lines  lines
	root   *place
	values map[string]any
}

// decode refuses a text beyond the limits, decodes it and finds the places of
// its values. Its error is a Problems of one: after it a text has no meaning.
//
// Everything is decoded to maps, and our own code makes typed values of them:
// the decoder matches keys without regard to case, wraps negative numbers
// around, takes bare integers for nanoseconds, and its positions are wrong
// inside arrays of tables.
func decode(file string, text []byte) (*document, error) {
	d := &document{file: file}
	return d, d.read(strings.TrimPrefix(string(text), "\ufeff"))
}

func (d *document) read(text string) error {
	d.text = text
	d.lines = newLines(text[:min(len(text), maxText)])
	if r := inspect(text); r != nil {
		return d.refuse(*r)
	}
	if r := d.decode(text); r != nil {
		return d.refuse(*r)
	}
	d.root = placesOf(text)
	return nil
}

func (d *document) refuse(r refusal) error {
	return Problems{{File: d.file, Position: d.lines.position(r.offset), Message: r.message}}
}

func (d *document) decode(text string) (r *refusal) {
	// The decoder panics where it meets a bug of its own; no text of a client
	// may end the daemon.
	defer func() {
		if v := recover(); v != nil {
			r = &refusal{0, fmt.Sprintf("the text is no TOML that the decoder understands: %v", v)}
		}
	}()
	_, err := toml.Decode(text, &d.values)
	if err == nil {
		return nil
	}
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return &refusal{0, err.Error()}
	}
	offset := min(max(syntax.Position.Start, 0), len(text))
	return &refusal{offset, sentence(syntax.Message)}
}

// sentence gives the decoder's messages the form of ours.
func sentence(message string) string {
	message = strings.TrimSuffix(message, ".")
	if message == "" {
		return "invalid TOML"
	}
	return strings.ToLower(message[:1]) + message[1:]
}
