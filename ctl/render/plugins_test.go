package render

import (
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestThePluginListHasTheFirstLineOfAProblemAndThePageAllOfIt(t *testing.T) {
	p := rpc.Plugin{Type: "http", Problem: "plugin http did not start: it ended\nfile: /p/http\non stderr: \x1b[31mno"}
	var s Style
	list := s.Plugins([]rpc.Plugin{p})
	if !strings.Contains(list, "plugin http did not start: it ended\n") || strings.Contains(list, "file:") {
		t.Errorf("%q", list)
	}
	page, err := s.Plugin(p)
	if err != nil || !strings.Contains(page, "it ended\n") || !strings.Contains(page, "\nfile: /p/http\non stderr: ") || strings.Contains(page, "\x1b") {
		t.Errorf("%q, %v", page, err)
	}
}
