package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"
)

// maxOutputName is the longest name of an output in bytes.
const maxOutputName = 63

// ReadOutputs returns the outputs of the attempt in directory; none where there
// is no file. A step can put anything in its place: what is no regular file is
// refused without following or waiting for it, and so is one of more than
// MaxOutputs bytes.
func ReadOutputs(directory string) (map[string]string, error) {
	path := filepath.Join(directory, OutputsFile)
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the outputs: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the outputs: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the outputs are no regular file")
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxOutputs+1))
	if err != nil {
		return nil, fmt.Errorf("read the outputs: %w", err)
	}
	return ParseOutputs(text)
}

// ParseOutputs decodes the content of the outputs file. Each output is a line
//
//	name=value
//
// or, for values of several lines, a word of the writer's choice around them:
//
//	name<<END
//	first line
//	second line
//	END
//
// where the value is the lines between, joined by "\n", without a final one. A
// name is a letter or underscore, then letters, digits, '_' and '-', at most 63
// bytes. Of several outputs with one name the last counts. Empty lines are
// skipped. A value may be empty, and as long as MaxOutputs allows; it is UTF-8
// without NUL, so that it fits into JSON and the environment of a later step.
// Anything else is an error that names the line.
func ParseOutputs(text []byte) (map[string]string, error) {
	if len(text) > MaxOutputs {
		return nil, fmt.Errorf("the outputs are more than %d bytes", MaxOutputs)
	}
	lines := strings.Split(string(text), "\n")
	outputs := map[string]string{}
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		name, value, end, err := parseOutput(lines, i)
		if err == nil {
			err = CheckOutputValue(name, value)
		}
		if err != nil {
			return nil, fmt.Errorf("outputs, line %d: %w", i+1, err)
		}
		outputs[name], i = value, end
	}
	return outputs, nil
}

// parseOutput decodes the output that begins at line i and returns the index of
// its last line.
func parseOutput(lines []string, i int) (name, value string, end int, err error) {
	line := lines[i]
	at := strings.IndexAny(line, "=<")
	if at < 0 {
		return "", "", 0, fmt.Errorf("%.40q is neither name=value nor name<<WORD", line)
	}
	name = line[:at]
	if err := CheckOutputName(name); err != nil {
		return "", "", 0, err
	}
	if value, ok := strings.CutPrefix(line[at:], "="); ok {
		return name, value, i, nil
	}
	word, ok := strings.CutPrefix(line[at:], "<<")
	if !ok || word == "" {
		return "", "", 0, fmt.Errorf("%.40q is neither name=value nor name<<WORD", line)
	}
	for end = i + 1; end < len(lines); end++ {
		if lines[end] == word {
			return name, strings.Join(lines[i+1:end], "\n"), end, nil
		}
	}
	return "", "", 0, fmt.Errorf("no line %.40q ends the value of %s", word, name)
}

// CheckOutputValue says what is wrong with the value of the output called name.
func CheckOutputValue(name, value string) error {
	switch {
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("the value of %s has a NUL byte", name)
	case !utf8.ValidString(value):
		return fmt.Errorf("the value of %s is no UTF-8", name)
	}
	return nil
}

// CheckOutputName says what is wrong with the name of an output.
func CheckOutputName(name string) error {
	if name == "" || len(name) > maxOutputName {
		return fmt.Errorf("the output name %.80q has %d bytes, not 1 to %d", name, len(name), maxOutputName)
	}
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		other := c == '-' || '0' <= c && c <= '9'
		if !letter && (i == 0 || !other) {
			return fmt.Errorf("the output name %q has a %q: a name is a letter or '_', then letters, digits, '_', '-'", name, c)
		}
	}
	return nil
}

// AppendOutput appends an output to b, as ParseOutputs reads it. The name must
// have passed CheckOutputName.
func AppendOutput(b []byte, name, value string) []byte {
	if !strings.Contains(value, "\n") {
		return fmt.Appendf(b, "%s=%s\n", name, value)
	}
	word := "END"
	for bytes.Contains([]byte("\n"+value+"\n"), []byte("\n"+word+"\n")) {
		word += "_"
	}
	return fmt.Appendf(b, "%s<<%s\n%s\n%s\n", name, word, value, word)
}
