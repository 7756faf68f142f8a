package config

// DownstreamType is the step type that starts another run. It is built into the
// daemon: no plugin has its name.
const DownstreamType = "pipeline"

// Downstream is what a step of DownstreamType starts, and what it takes over of
// it. Of Pipeline, Inline and File it has one.
type Downstream struct {
	Pipeline string // the name of a pipeline of the daemon
	Inline   string // the text of a child, as ParseChild reads it
	// File holds the text of a child: a clean path below the workspace, written by
	// an earlier step.
	File      string
	Strategy  Strategy
	Forward   Forward
	Inputs    map[string]any // string, float64, bool or []any; the pipeline that starts declares them
	Variables map[string]string
}

// Strategy says what a step takes over of the run that it starts. The words are
// GitLab's.
type Strategy string

// The strategies.
const (
	StrategyNone   Strategy = "none"   // default: it succeeds as soon as the run exists
	StrategyDepend Strategy = "depend" // it succeeds or fails with the run
	StrategyMirror Strategy = "mirror" // its status is the run's
)

// Forward says which variables of a run go down to the one that it starts. The
// defaults are GitLab's.
type Forward struct {
	YAMLVariables     bool // those of the text, of the pipeline and the step; default true
	PipelineVariables bool // those that the run was given; default false
}

// Strategy is what a step of DownstreamType takes over of the run that it
// starts; "" of any other step.
func (s *Step) Strategy() Strategy {
	if s.Uses != DownstreamType {
		return ""
	}
	if strategy, ok := s.With["strategy"].(string); ok {
		return Strategy(strategy)
	}
	return StrategyNone
}

// Literal tells the settings of the step in which nothing is evaluated: shell
// text, so that no value can become code, and the text of a child, whose
// placeholders are its own.
func (s *Step) Literal(setting string) bool {
	return IsScript(setting) || s.Uses == DownstreamType && setting == "inline"
}
