package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// guide leads through the tour.
type guide struct {
	dir     string // all that is made lies in it
	bin     string
	example string
	source  string // the tree to archive
	paint   paint
	daemon  *exec.Cmd // nil while none runs
}

// acts is the tour.
func (g *guide) acts(ctx context.Context) error {
	for _, act := range []struct {
		title string
		play  func(context.Context) error
	}{
		{"A daemon of our own", g.begin},
		{"A pipeline: archive " + g.source + ", prove the copy, keep two", g.apply},
		{"A run, and kill -9 of the daemon in the middle of it", g.survive},
		{"What there is to see afterwards", g.look},
		{"Two more runs: the oldest copy goes", g.prune},
		{"A run that asks a person, and waits through another kill -9", g.ask},
		{"A pipeline that starts by itself, every two seconds, and a daemon that is not there", g.schedule},
		{"The end: nothing stays behind", g.end},
	} {
		g.paint.title(act.title)
		if err := act.play(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (g *guide) begin(ctx context.Context) error {
	if err := g.configure(); err != nil {
		return err
	}
	g.paint.command("export T=" + g.dir)
	g.paint.command(fmt.Sprintf("export PATH=%s:$PATH PENSTOCK_SOCKET=$T/run/sock", g.bin))
	if err := g.start(); err != nil {
		return err
	}
	return g.runAll(ctx, "penstockctl ping --wait 30s", "penstockctl plugins")
}

// apply puts the example with our directories in the place of its own.
func (g *guide) apply(ctx context.Context) error {
	edit := fmt.Sprintf(`sed "s|^SOURCE .*|SOURCE = '%s'|; s|^STORE .*|STORE = '$T/store'|; s|^KEEP .*|KEEP = 2|" %s`, g.source, g.example)
	return g.runAll(ctx,
		edit+" > $T/archive.toml",
		"penstockctl apply $T/archive.toml",
		"penstockctl list")
}

func (g *guide) look(ctx context.Context) error {
	err := g.runAll(ctx,
		"penstockctl status archive/1",
		"penstockctl logs archive/1/pack | tail -n 3",
		"penstockctl logs archive/1/store")
	if err != nil {
		return err
	}
	return g.checkRun(ctx)
}

func (g *guide) prune(ctx context.Context) error {
	err := g.runAll(ctx,
		"penstockctl run archive --wait",
		"penstockctl run archive --wait",
		"penstockctl logs archive/latest/prune",
		"penstockctl runs archive",
		"ls $T/store")
	if err != nil {
		return err
	}
	return g.checkStore()
}

func (g *guide) end(ctx context.Context) error {
	if err := g.runAll(ctx, "penstockctl delete archive --yes", "penstockctl delete deploy --yes", "penstockctl delete heartbeat --yes"); err != nil {
		return err
	}
	return g.stop()
}

func (g *guide) socket() string { return g.dir + "/run/sock" }
func (g *guide) state() string  { return g.dir + "/state" }
func (g *guide) store() string  { return g.dir + "/store" }

// goSource is a directory that is there wherever this program was built, and
// large enough to be archived for a second or two.
func goSource(ctx context.Context) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(root)) + "/src/cmd", nil
}
