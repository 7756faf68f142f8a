package ctl

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
)

// commands are all commands, each with the words that call it.
func commands(cmd *cobra.Command, path ...string) (all [][]string) {
	for _, below := range cmd.Commands() {
		words := append(path[:len(path):len(path)], below.Name())
		all = append(append(all, words), commands(below, words...)...)
	}
	return all
}

func TestEveryHelpFitsANarrowTerminal(t *testing.T) {
	d := newFake(t)
	all := append(commands(newApp(Process{}).root()), []string{})
	if len(all) < 50 {
		t.Fatalf("only %d commands were found", len(all))
	}
	for _, words := range all {
		if len(words) > 0 && words[0] == "completion" { // cobra's own
			continue
		}
		r := d.ctl(append(words, "--help")...)
		for _, line := range strings.Split(r.stdout, "\n") {
			if n := render.Width(line); n > helpColumns {
				t.Errorf("%s: %d columns: %s", strings.Join(words, " "), n, line)
			}
		}
	}
}
