package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// maxHandshake is how much of a process's stdout is searched for the
// handshake; what a plugin prints before it is skipped line by line.
const maxHandshake = 64 << 10

// handshakeLine is a whole line of go-plugin's handshake: core protocol,
// version of ours, network, address, protocol, and fields that we do not use.
var handshakeLine = regexp.MustCompile(`(?m)^\d{1,3}\|\d{1,9}\|(unix|tcp)\|([^|\n]{1,200})\|[a-z]+(\|[^\n]*)?\n`)

// handshake is the handshake of a process as go-plugin reads it: one line from
// the process's stdout file, then the end.
type handshake struct {
	path string
	stop <-chan struct{} // closed when there is nothing to wait for any more
	rest *strings.Reader
}

// Read blocks until the line is there or cannot come any more.
func (h *handshake) Read(b []byte) (int, error) {
	if h.rest == nil {
		line, err := awaitHandshake(h.path, h.stop)
		if err != nil {
			return 0, err
		}
		h.rest = strings.NewReader(line)
	}
	return h.rest.Read(b)
}

func (h *handshake) Close() error { return nil }

// errNoHandshake is why a process that said something else is not used.
var errNoHandshake = errors.New("no handshake")

// awaitHandshake looks at the file until it holds the line. The waits grow from
// half a millisecond to eight: a good plugin is there after a few.
func awaitHandshake(path string, stop <-chan struct{}) (string, error) {
	pause := 500 * time.Microsecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for stopped := false; ; {
		line, err := readHandshake(path)
		if line != "" || err != nil || stopped {
			return line, err
		}
		select {
		case <-stop:
			stopped = true // look once more: it may have spoken and died
		case <-timer.C:
			pause = min(2*pause, 8*time.Millisecond)
			timer.Reset(pause)
		}
	}
}

// readHandshake returns the line, or "" while it may still come.
func readHandshake(path string) (string, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, maxHandshake))
	if err != nil {
		return "", err
	}
	line := string(handshakeLine.Find(head))
	if line == "" && len(head) == maxHandshake {
		return "", fmt.Errorf("%w in the first %d bytes of its output", errNoHandshake, maxHandshake)
	}
	return line, nil
}

// socketOf is the network and address of a handshake line.
func socketOf(line string) (network, address string) {
	found := handshakeLine.FindStringSubmatch(line)
	if found == nil {
		return "", ""
	}
	return found[1], found[2]
}

// checkSocket accepts a unix socket right in the directory of its process and
// nothing else.
func checkSocket(network, address, dir string) error {
	if network != "unix" || filepath.Dir(address) != dir {
		return fmt.Errorf("its handshake names the %s address %.100q, which is no socket in its directory (PLUGIN_UNIX_SOCKET_DIR)",
			network, address)
	}
	return nil
}

// firstWords are what a process printed in place of a handshake, for people.
func firstWords(dir string) string {
	return quoted(head(filepath.Join(dir, stdoutFile)))
}

func head(path string) []byte {
	file, _, err := openRegular(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	text := make([]byte, maxQuoted+1)
	n, err := file.Read(text)
	if err != nil {
		return nil
	}
	return text[:n]
}

// stderrTail is the end of what a process said on stderr, for people.
func stderrTail(dir string) string {
	text, err := readTail(filepath.Join(dir, stderrFile), 2<<10)
	if err != nil {
		return ""
	}
	return printable(bytes.TrimSpace(text))
}
