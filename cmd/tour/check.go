package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// checkRun looks at the run that the daemon did not live to see the end of.
func (g *guide) checkRun(ctx context.Context) error {
	text, err := g.output(ctx, "penstockctl status archive/1 -o json")
	if err != nil {
		return err
	}
	var run rpc.Run
	if err := json.Unmarshal(text, &run); err != nil {
		return err
	}
	if err := g.checkAttempts(run); err != nil {
		return err
	}
	if err := g.checkLog(ctx); err != nil {
		return err
	}
	return g.checkArchive(run)
}

func (g *guide) checkAttempts(run rpc.Run) error {
	steps := 0
	for _, stage := range run.Stages {
		for _, s := range stage.Steps {
			steps++
			if s.Status != "success" || len(s.Attempts) != 1 {
				return fmt.Errorf("step %s: %s after %d attempts; it should be success after 1", s.Name, s.Status, len(s.Attempts))
			}
		}
	}
	if run.Status != "success" || steps == 0 {
		return fmt.Errorf("%s: %s with %d steps; it should be success", run.Name, run.Status, steps)
	}
	g.paint.good("%s succeeded: %d steps, one attempt each", run.Name, steps)
	return nil
}

// checkLog compares the log of the step pack, a line for each file, with the
// table of the archive.
func (g *guide) checkLog(ctx context.Context) error {
	printed, err := g.output(ctx, "penstockctl logs archive/1/pack")
	if err != nil {
		return err
	}
	table, err := g.output(ctx, "tar -tzf "+g.archive(1))
	if err != nil {
		return err
	}
	got, want := names(printed), names(table)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the log of the step pack has %d lines and the archive %d entries, or they differ", len(got), len(want))
	}
	g.paint.good("the log has no gap: its %d lines are the %d entries of the archive", len(got), len(want))
	return nil
}

// names is the lines of a table of tar(1); some write directories with a slash
// at the end and some do not.
func names(table []byte) (all []string) {
	for line := range bytes.Lines(table) {
		all = append(all, strings.TrimRight(string(line), "/\n"))
	}
	return all
}

// checkArchive holds the stored file to what the run says of it.
func (g *guide) checkArchive(run rpc.Run) error {
	outputs := map[string]string{}
	for _, stage := range run.Stages {
		for _, s := range stage.Steps {
			for name, value := range s.Outputs {
				outputs[name] = value
			}
		}
	}
	sum, err := checksum(g.archive(1))
	if err != nil {
		return err
	}
	if sum != outputs["sha256"] || outputs["archive"] != g.archive(1) {
		return fmt.Errorf("%s has the SHA-256 %s, and the run says %s of %s", g.archive(1), sum, outputs["sha256"], outputs["archive"])
	}
	if outputs["same"] != outputs["files"] {
		return fmt.Errorf("%s files were compared of %s", outputs["same"], outputs["files"])
	}
	g.paint.good("the archive is what the outputs say: %s files the same after unpacking, sha256 %.12s…", outputs["same"], sum)
	return nil
}

func checksum(file string) (sum string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checkStore sees that the two newest copies are there and no other.
func (g *guide) checkStore() error {
	found, err := filepath.Glob(g.store() + "/archive-*.tar.gz")
	if err != nil {
		return err
	}
	if want := []string{g.archive(2), g.archive(3)}; !slices.Equal(found, want) {
		return fmt.Errorf("the store holds %v; it should hold %v", found, want)
	}
	g.paint.good("two copies are kept, the oldest went")
	return nil
}

func (g *guide) archive(run int) string {
	return fmt.Sprintf("%s/archive-%06d.tar.gz", g.store(), run)
}
