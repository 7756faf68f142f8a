package step

import "io"

// stream is one of the two streams of a step's output. All of it passes here
// on its way to the log, whether the work wrote it or one of its commands: it is
// the last place, and the only one, where it can be seen or changed before
// it touches the disk.
type stream struct {
	log     io.Writer
	silence *silence
}

func (s stream) Write(p []byte) (int, error) {
	if len(p) > 0 {
		s.silence.end()
	}
	return s.log.Write(p)
}
