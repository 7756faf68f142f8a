package daemon

import (
	"strings"

	"github.com/penstock/penstock/rpc"
)

// follow reads the log of a step to its end, as "logs -f" does.
func (h *house) follow(run, step string) string {
	h.t.Helper()
	return h.followFrom(&rpc.LogReadRequest{Run: run, Step: step, WaitMS: 60000})
}

func (h *house) followFrom(q *rpc.LogReadRequest) string {
	h.t.Helper()
	var log strings.Builder
	for {
		piece := must[*rpc.LogReadResponse](h.t)(h.LogRead(h.t.Context(), q))
		log.Write(piece.Data)
		if piece.End {
			return log.String()
		}
		q.Offset = piece.Next
	}
}

// said are the lines of a log without time and stream. A line that came in
// pieces (P) is one.
func said(log string) (lines []string) {
	piece := ""
	for line := range strings.Lines(log) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(fields) < 4 {
			return append(lines, "not a line: "+line)
		}
		if piece += fields[3]; fields[2] == "F" {
			lines, piece = append(lines, piece), ""
		}
	}
	return lines
}
