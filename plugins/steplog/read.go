package steplog

import (
	"bufio"
	"errors"
	"io"
	"iter"
)

// All yields the frames at the start of b, up to a frame that is not complete.
// A line that is no frame is yielded as an error, and the iteration goes on
// behind it. The texts are parts of b.
func All(b []byte) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for {
			f, n, err := Parse(b)
			if n == 0 || !yield(f, err) {
				return
			}
			b = b[n:]
		}
	}
}

// Frames yields the frames that r holds, in constant memory. A line that is no
// frame is yielded as an error that wraps ErrFrame, and the iteration goes on
// behind it; any other error of r is yielded last. A frame that is not
// complete at the end is not yielded. A text is valid until the next frame.
func Frames(r io.Reader) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for in := bufio.NewReaderSize(r, 4*MaxFrame); ; {
			line, err := in.ReadSlice('\n')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				if !errors.Is(err, io.EOF) {
					yield(Frame{}, err)
				}
				return
			}
			if f, _, err := Parse(line); !yield(f, err) {
				return
			}
		}
	}
}
