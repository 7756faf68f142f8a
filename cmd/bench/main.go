// Command bench measures Penstock against plain tools on the same machine and
// prints ratios: seconds differ from machine to machine, ratios hardly do.
//
// Every pair is measured in one run, one after the other, several times, and
// the best of each counts: it is the one that other work on the machine
// disturbed least. A floor is the ratio that Penstock promises; a measure
// behind its floor makes the exit code 1. Nothing else may run meanwhile.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	only := flag.String("only", "", "measure only those whose names contain this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure is one row: what it prints, and whether its floor holds.
type measure struct {
	name string
	take func(context.Context, *world) (row, error)
}

type row struct {
	ours, plain string
	figure      float64
	unit        string
	floor       string
	holds       bool
}

func bench(ctx context.Context, only string) error {
	w, err := newWorld(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	fmt.Printf("%-46s %14s %14s %12s   %s\n", "", "penstock", "plain", "", "floor")
	failed := 0
	for _, m := range measures {
		if !strings.Contains(m.name, only) {
			continue
		}
		r, err := m.take(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		verdict := "holds"
		if !r.holds {
			verdict = "BROKEN"
			failed++
		}
		fmt.Printf("%-46s %14s %14s %9.2f %-4s %s: %s\n", m.name, r.ours, r.plain, r.figure, r.unit, r.floor, verdict)
	}
	if failed > 0 {
		return fmt.Errorf("%d floors are broken", failed)
	}
	return nil
}
