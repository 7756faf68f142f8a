// Package logs keeps the output of attempts: it reads a log while its attempt
// works, seals it when the attempt has ended, reads it ever after, and removes
// it with its run.
//
// # One stream of bytes
//
// The log of an attempt is one stream of lines in the CRI log format, which the
// plugin writes into the attempt directory (package steplog) without the
// daemon in between. A cursor is an offset into that stream: it counts every
// byte that was ever written, so it means the same while the log grows, after
// its cap has dropped the middle, after sealing, and after a restart of the
// daemon. Dropped bytes are the stream's one gap; who reads from inside it is
// told how many bytes of output are missing and goes on behind it.
//
// # The live log
//
// The file log begins the stream, each log.N.M continues it at offset N, with M
// bytes of output between it and the file log. Where
// one does not begin at the end of the one before, the bytes between are the
// gap. A line that is not finished is not there yet: a reader gets whole lines.
// A line that never gets finished, because its writer was killed within a
// write, is no part of the log; sealing cuts it off.
// Who owns the directory may be hostile: links that lead out of it, pipes and
// other things that are no plain file are not opened, a file that shrinks is a
// shorter log.
//
// # The sealed log
//
// One file for an attempt, <run>/<step>.<attempt>.zst below the store's
// directory: what is kept of the stream, in frames of 256 KiB, in the seekable
// format of zstd, so that zstd -d reads it and a cursor costs one frame. Ahead
// of the seek table stands a label (label.go) that repeats the record and
// binds table and key with a hash. Frames carry checksums. A file that is
// damaged, or is another attempt's, is therefore an error (ErrDamaged) and
// never wrong or missing bytes.
//
// A log is sealed as a temporary file, synced, renamed, and its directories
// synced; then Seal returns, and only then may the record be committed and the
// attempt directory removed, in this order. After a crash anywhere in between
// Seal is called again: a sealed file that is there is complete and wins over
// whatever is left of the directory. An attempt without output makes no file
// and costs no sync.
//
// # Promises and refusals
//
//   - No reader slows a writer, or another reader: nothing is shared but the
//     page cache, and a reader holds one chunk.
//   - Memory does not grow with a log, live or sealed.
//   - A reader that meets the sealing gets the same bytes as before and after it;
//     one that meets the removal gets ErrGone, or a chunk read before it.
//   - The package masks nothing and interprets no line: that is done before the
//     bytes touch the disk, and by the client.
//   - It decides no retention: Remove does as it is told.
package logs
