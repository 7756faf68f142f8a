package config

// Source is a pipeline as it was written: the definition, and where in the
// text each value stands. It is safe for concurrent use.
type Source struct {
	Pipeline Pipeline
	document *document
}

// ParsePipeline reads the text of a pipeline; file names it in problems and is
// not opened. The error is a Problems with everything that is wrong, in the
// order of the text.
//
// A text that is no TOML, or beyond the limits, gives one problem and no
// Source. With other problems there is a Source all the same, so that a caller
// can look for more (settings that a plugin refuses) and show all at once: its
// Pipeline has the stages and steps of the text in their places, but whatever
// was wrong is missing. It must not be run.
func ParsePipeline(file string, text []byte) (*Source, error) {
	return parsePipeline(file, text, false)
}

// ParseChild reads the text of a child: a run that a step starts inside of its
// own, which has no pipeline of its own in the daemon. It is a pipeline but for
// three things: it needs no name, it is dynamic unless it says otherwise, and it
// is refused what only a pipeline has that stays (trigger, overlap,
// auto_cancel.on_new_run, retention). What else is said of [ParsePipeline] holds.
func ParseChild(file string, text []byte) (*Source, error) { return parsePipeline(file, text, true) }

func parsePipeline(file string, text []byte, child bool) (*Source, error) {
	d, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := &reader{document: d, child: child}
	t, _ := r.table(d.root, d.values)
	return &Source{Pipeline: t.pipeline(), document: d}, r.finish()
}

// Locate is where the value at path begins: its key, its header, or itself
// inside an array. A path is keys and numbers from 0, such as
// `stage[0].step[1].with.script`; a key with other characters than letters,
// digits, _ and - stands in double quotes. A path that leads nowhere is located
// at the nearest value around it, the text's beginning in the end.
func (s *Source) Locate(path string) Position {
	return s.document.lines.position(s.document.root.find(path).start())
}

// Problem is a problem with the value at path. Its message should name the
// key: people see file, line and column before it, not the path.
func (s *Source) Problem(path, message string) Problem {
	return Problem{File: s.document.file, Position: s.Locate(path), Path: path, Message: message}
}
