package steptest

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A frame of the log as package steplog describes it, read without that
// package: a plugin in another language has its page only.
var frame = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr|note) ([FP]) (.*)$`)

// A log is what an attempt wrote.
type log struct {
	text  string // of stdout and stderr, in the order of the frames
	kept  int64  // bytes on disk
	end   int64  // the logical offset behind the last frame
	files int
}

// log reads and checks the log's files; there may be none.
func (a *attempt) log() log {
	a.Helper()
	names, err := filepath.Glob(a.path("log*"))
	if err != nil {
		a.Fatal(err)
	}
	slices.Sort(names)
	l := log{files: len(names)}
	var text strings.Builder
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			a.Fatal(err)
		}
		begin := a.offset(filepath.Base(name))
		if begin < l.end || i > 1 && begin != l.end {
			a.Errorf("%s begins at %d, after the end %d of the file before it", name, begin, l.end)
		}
		l.kept += int64(len(content))
		l.end = begin + int64(len(content))
		a.frames(name, content, &text)
	}
	l.text = text.String()
	return l
}

// numbers are those in the name of a tail file: its offset, and perhaps how much
// output lies before it.
var numbers = regexp.MustCompile(`^log\.(\d{20})(\.\d{20})?$`)

// offset reads where a log file begins from its name.
func (a *attempt) offset(name string) int64 {
	a.Helper()
	if name == "log" {
		return 0
	}
	found := numbers.FindStringSubmatch(name)
	if found == nil {
		a.Errorf("%s is no name of a log file", name)
		return 0
	}
	offset, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		a.Errorf("%s: %v", name, err)
	}
	return offset
}

// frames adds the texts of the file's frames.
func (a *attempt) frames(name string, content []byte, text *strings.Builder) {
	a.Helper()
	if len(content) > 0 && !bytes.HasSuffix(content, []byte("\n")) {
		a.Errorf("%s ends within a frame", name)
	}
	for line := range bytes.Lines(content) {
		said := frame.FindSubmatch(bytes.TrimSuffix(line, []byte("\n")))
		if said == nil {
			a.Fatalf("%s: %.100q is no frame", name, line)
		}
		if string(said[1]) == "note" {
			continue
		}
		text.Write(said[3])
		if string(said[2]) == "F" {
			text.WriteByte('\n')
		}
	}
}
