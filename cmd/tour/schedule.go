package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// schedule shows a pipeline that starts by itself, and that its ledger has one
// record, and one run, for each instant, although the daemon was dead at some.
func (g *guide) schedule(ctx context.Context) error {
	example := filepath.Join(filepath.Dir(g.example), "heartbeat.toml")
	err := g.runAll(ctx,
		fmt.Sprintf(`sed "s|^JOURNAL .*|JOURNAL = '$T/heartbeat'|" %s > $T/heartbeat.toml`, example),
		"penstockctl apply $T/heartbeat.toml",
		"penstockctl schedule next heartbeat --count 3",
		"until penstockctl watch heartbeat/1 2>/dev/null; do sleep 0.2; done # its first run")
	if err != nil {
		return err
	}
	if err := g.kill(); err != nil {
		return err
	}
	if err := g.run(ctx, "sleep 5 # two or three instants pass, and nobody is there"); err != nil {
		return err
	}
	if err := g.start(); err != nil {
		return err
	}
	err = g.runAll(ctx,
		"penstockctl ping --wait 30s | head -n 1",
		"until penstockctl watch heartbeat/4 2>/dev/null; do sleep 0.2; done # what was missed is made up for",
		"penstockctl schedule pause heartbeat --reason 'it is shown'",
		"penstockctl watch heartbeat/latest",
		"penstockctl schedule audit heartbeat")
	if err != nil {
		return err
	}
	return g.checkLedger(ctx)
}

// checkLedger holds the ledger against what the steps wrote.
func (g *guide) checkLedger(ctx context.Context) error {
	text, err := g.output(ctx, "penstockctl schedule audit heartbeat -o json")
	if err != nil {
		return err
	}
	var fired []string
	var last time.Time
	var page rpc.ScheduleAuditResponse
	if err := json.Unmarshal(text, &page); err != nil {
		return err
	}
	for _, tick := range page.Ticks {
		if !last.IsZero() && last.Sub(tick.At) != 2*time.Second {
			return fmt.Errorf("the ledger has a record for %s and the next for %s", tick.At, last)
		}
		if last = tick.At; tick.Run != "" {
			fired = append(fired, tick.At.UTC().Format(time.RFC3339))
		}
	}
	written, err := os.ReadFile(filepath.Join(g.dir, "heartbeat"))
	if err != nil {
		return err
	}
	lines := strings.Fields(string(written))
	slices.Sort(lines)
	slices.Reverse(fired)
	if !slices.Equal(lines, fired) || len(lines) < 4 {
		return fmt.Errorf("the ledger has runs for %s, the steps wrote %s", fired, lines)
	}
	g.paint.good("each instant has one record and one run, %d of them, also those at which no daemon lived", len(lines))
	return nil
}
