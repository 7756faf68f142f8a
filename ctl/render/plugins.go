package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Plugins is a list of step plugins. Of a problem it has the first line, which
// the daemon keeps short; Plugin has all of it.
func (s Style) Plugins(list []rpc.Plugin) string {
	rows := make([][]string, len(list))
	for i, p := range list {
		about := Line(p.Summary)
		if p.Problem != "" {
			problem, _, _ := strings.Cut(p.Problem, "\n")
			about = s.paint(red, Line(problem))
		}
		rows[i] = []string{
			s.paint(bold, Line(p.Type)), Line(p.Version), fmt.Sprint(p.Capacity),
			fmt.Sprint(p.Processes), fmt.Sprint(p.Attempts), about,
		}
	}
	return s.table([]string{"TYPE", "VERSION", "CAPACITY", "PROCESSES", "ATTEMPTS", "SUMMARY"}, rows)
}

// Plugin is all there is to know of one plugin: what it does, where it is, its
// documentation as it was written and its settings.
func (s Style) Plugin(p rpc.Plugin) (string, error) {
	settings, err := json.MarshalIndent(p.Settings, "", "  ")
	if err != nil {
		return "", fmt.Errorf("settings of plugin %s: %w", p.Type, err)
	}
	problem, detail, _ := strings.Cut(p.Problem, "\n")
	text := s.paint(bold, Line(p.Type)) + gap + Line(p.Summary) + "\n" + s.pairs(
		[2]string{"version", Line(p.Version)},
		[2]string{"path", Line(p.Path)},
		[2]string{"sha256", Line(p.SHA256)},
		[2]string{"capacity", fmt.Sprint(p.Capacity)},
		[2]string{"processes", fmt.Sprint(p.Processes)},
		[2]string{"attempts", fmt.Sprint(p.Attempts)},
		[2]string{"problem", s.paint(red, Line(problem))},
	)
	if detail != "" {
		text += "\n" + string(Harmless([]byte(detail), false)) + "\n"
	}
	if p.Documentation != "" {
		text += "\n" + string(Harmless([]byte(strings.TrimSpace(p.Documentation)), false)) + "\n"
	}
	if len(p.Settings) > 0 {
		text += "\n" + s.Heading("Settings (JSON Schema)") + string(Harmless(settings, false)) + "\n"
	}
	return text + s.pluginOutputs(p.Outputs), nil
}

func (s Style) pluginOutputs(outputs []rpc.PluginOutput) string {
	if len(outputs) == 0 {
		return ""
	}
	rows := make([][2]string, len(outputs))
	for i, o := range outputs {
		rows[i] = [2]string{Line(o.Name), Line(o.Description)}
		if o.Description == "" {
			rows[i][1] = "-"
		}
	}
	return "\n" + s.Heading("Outputs") + s.pairs(rows...)
}
