// Package steplog is the log of one attempt: how output is framed, how it lies
// in the attempt directory, and the Writer that puts it there. The SDK writes
// it, the daemon and the client read it. It imports the standard library only.
//
// # Frames
//
// A log is a sequence of frames, in the log format of the Kubernetes CRI:
//
//	<time> <stream> <tag> <text>\n
//
// The time is RFC 3339 in UTC with nine digits of fraction, 30 bytes. The
// stream is stdout or stderr, or note for what the Writer itself has to say.
// The tag is F (full) where the text ended with a newline, which the frame's
// own newline stands for, and P (partial) where more of the same line follows
// or the stream ended without a newline. The texts of one stream, in order,
// each F with "\n" behind it, are exactly the bytes that were written to it.
// A text has at most MaxText bytes and may hold any byte but a newline; longer
// lines become several frames. A Writer frames what it is given at once and
// holds nothing back, so a prompt without a newline is seen immediately.
//
// # Files
//
// The log is one logical byte stream of whole frames, addressed by offset, with
// at most one gap in it:
//
//	log                                             from offset 0: the head
//	log.00000000000134217728.00000000000000000000   from the offset in its name
//
// The name of a tail file has two numbers of 20 decimal digits: its offset, and
// how many bytes of output, frames not counted, lie between the end of the head
// and that offset. The second is what people are told is missing when the files
// between are gone; a writer that does not count may leave it out.
//
// The log is absent as long as there is no output. Without a limit there is
// only the head. With a limit of L bytes the head grows to at most L/2, then
// tail files of at most L/8 follow, each beginning where the one before ended;
// the oldest tail file is unlinked before a fifth is made. So at most L bytes
// are on disk, and the last 3/8 L of a long log always are. No frame spans two
// files. The bytes between the end of the head and the start of the oldest tail
// file are the gap. The limit bounds the disk: it counts frames, and so some 40
// bytes for each line beside its text. Files only grow (but see below), and are never renamed.
//
// A reader lists the files (Segments), opens the one that holds its offset, and
// lists again where that is gone: an offset in the gap is lost for good. What
// follows the last newline of the newest file is a frame that is being written,
// or was when its writer was killed: it is not part of the log (yet).
//
// # Faults
//
// A write that fails (no space, quota, an I/O error) never fails the step: the
// bytes are dropped and counted, the file is cut back to its last whole frame,
// and when space returns a note frame says how many bytes are missing there.
// Dropped bytes have no offset. The log is not synced: a machine that dies takes
// the attempt with it.
package steplog

// The streams of a log.
const (
	Stdout = "stdout"
	Stderr = "stderr"
	Note   = "note" // the Writer's own remarks; no part of the step's output
)

// MaxText is the longest text of a frame in bytes, MaxFrame the longest frame
// with its newline. A Writer keeps to them; Parse refuses what is longer.
const (
	MaxText  = 16 << 10
	MaxFrame = MaxText + 64
)

// DefaultLimit is the limit on the bytes kept of one log where nobody chose
// another, MinLimit the smallest there is: a Writer raises lower ones to it.
const (
	DefaultLimit = 256 << 20
	MinLimit     = 4 << 10
)
