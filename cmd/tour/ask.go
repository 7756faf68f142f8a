package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock/penstock/rpc"
)

// ask shows a run that stops before its last step and asks for a person: it is
// tried without the daemon first, and waits on while the daemon is killed.
func (g *guide) ask(ctx context.Context) error {
	example := filepath.Join(filepath.Dir(g.example), "deploy.toml")
	err := g.runAll(ctx,
		"penstockctl test "+example,
		fmt.Sprintf(`sed "s|^DEST .*|DEST = '$T/site'|" %s > $T/deploy.toml`, example),
		"penstockctl apply $T/deploy.toml",
		"penstockctl run deploy --input target=production --input version=1.4 --wait || [ $? = 8 ] # blocked",
		"penstockctl why deploy/1/look-again")
	if err != nil {
		return err
	}
	if err := g.kill(); err != nil {
		return err
	}
	if err := g.start(); err != nil {
		return err
	}
	err = g.runAll(ctx,
		"penstockctl ping --wait 30s | head -n 1",
		"penstockctl play deploy/1/production --yes",
		"penstockctl watch deploy/1",
		"penstockctl why deploy/1/production",
		"penstockctl status deploy/1")
	if err != nil {
		return err
	}
	return g.checkSite(ctx)
}

// checkSite looks at what was asked for.
func (g *guide) checkSite(ctx context.Context) error {
	text, err := g.output(ctx, "penstockctl status deploy/1 -o json")
	if err != nil {
		return err
	}
	var run rpc.Run
	if err := json.Unmarshal(text, &run); err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join(g.dir, "site", "production", "index.html"))
	if err != nil {
		return err
	}
	if want := "<h1>index of site-1.4</h1>\n"; run.Status != "success" || string(page) != want {
		return fmt.Errorf("%s is %s and shows %q, want success and %q", run.Name, run.Status, page, want)
	}
	g.paint.good("%s waited for a person through the death of the daemon, and shows version 1.4", run.Name)
	return nil
}
