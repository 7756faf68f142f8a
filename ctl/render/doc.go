// Package render turns what the daemon says into what a person reads.
//
// It owns the looks of penstockctl: tables, the tree of a run, the lines of a
// watched run, differences, durations, sizes and times. It is pure: the
// messages of package rpc go in, text comes out, and all that a terminal adds
// (columns, rows, colour, the present moment, the time zone) is a Style among
// the parameters. So each page is held by a golden file.
//
// It promises:
//
//   - Nothing that somebody else wrote (a pipeline's name, a note, a message, a
//     step's output) can drive the terminal: Line and Harmless stand between.
//   - Without Style.Colour the text holds no escape sequence at all, and means
//     the same: colour never is the only bearer of a meaning.
//   - Columns line up where text is wide (CJK, emoji) or has combining marks.
//   - On a terminal no long name pushes a column out of sight: it is shortened.
//     Sentences are never cut; the terminal breaks their lines.
//   - Each text ends with a newline, or is empty.
//
// It refuses to ask: it never reads a clock, an environment or a file, and
// never calls the daemon. JSON is the exception to "for people" and stands
// here because what it may not contain is the same concern.
package render
