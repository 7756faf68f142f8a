package main

import (
	"fmt"
	"time"
)

// started is the part of the load that no client starts: the clock does, a
// backfill, a file, the end of another run, or a step of one.
func (w *world) started(program, effects string) []*shape {
	kid := single("kid", program, effects, 0, "success")
	bad := single("bad", program, effects, 7, "failed")
	return []*shape{
		clock(program, effects), heard(program, effects), w.taken(program, effects), kid, bad,
		parent(program, effects, kid), bereft(program, effects, bad), called(program, effects),
		dated(program, effects), filled(program, effects), written(program, effects),
	}
}

// single has one step; nobody starts it.
func single(name, program, effects string, exit int, status string) *shape {
	s := newShape(name, "parallel", effects, 0)
	s.status = status
	s.stage("s")
	s.step("x", command(program, 0, 1<<10, exit), status)
	return s
}

// clock is started by the clock, twice as often every fifth second.
func clock(program, effects string) *shape {
	s := newShape("clock", "parallel", effects, 0)
	s.periods = map[string]time.Duration{"second": time.Second, "fifth": 5 * time.Second}
	s.line("[[trigger]]\nname = \"second\"\nschedule = \"@every 1s\"\ncatch_up = \"all\"")
	s.line("[[trigger]]\nname = \"fifth\"\nschedule = \"*/5 * * * * *\"\ntimezone = \"Asia/Tokyo\"\ncatch_up = \"all\"")
	s.stage("s")
	s.step("x", command(program, 0, 1<<10, 0), "success")
	return s
}

// heard follows two others.
func heard(program, effects string) *shape {
	s := newShape("heard", "parallel", effects, 0)
	s.follows = map[string]string{"broken": "failed", "cells": "success"}
	s.line("[[trigger]]\nname = \"broken\"\nafter = { pipeline = \"broken\", status = [\"failed\"] }")
	s.line("[[trigger]]\nname = \"cells\"\nafter = \"cells\"")
	s.stage("s")
	s.step("x", command(program, 0, 1<<10, 0), "success")
	return s
}

// taken is started by files, which it takes.
func (w *world) taken(program, effects string) *shape {
	s := newShape("taken", "parallel", effects, 0)
	s.line("[[trigger]]\nname = \"in\"\nfiles = { pattern = %q, settle = \"100ms\", claim = %q }", w.path("in", "*.job"), w.path("claimed"))
	s.stage("s")
	s.step("x", command(program, 0, 1<<10, 0), "success")
	return s
}

// called is started over HTTP.
func called(program, effects string) *shape {
	s := newShape("called", "serial", effects, 0)
	s.stage("s")
	s.step("a", command(program, 0, 1<<10, 0), "success")
	s.step("b", command(program, 0, 1<<10, 0), "success", "a")
	return s
}

// parent has steps that stand for runs of another pipeline, for a child, and
// in that for a grandchild.
func parent(program, effects string, kid *shape) *shape {
	grandchild := newShape("grandchild", "parallel", effects, 0)
	grandchild.stage("s")
	grandchild.step("x", command(program, 0, 1<<10, 0), "success")
	child := newShape("child", "parallel", effects, 0)
	child.stage("s")
	child.step("a", command(program, 0, 1<<10, 0), "success")
	child.inline("below", grandchild, "depend")
	child.stage("t")
	child.step("b", command(program, 0, 1<<10, 0), "success", "a")

	s := newShape("parent", "parallel", effects, 2)
	s.stage("s")
	s.step("first", command(program, 0, 1<<10, 0), "success")
	s.stage("t")
	s.downstream("depends", fmt.Sprintf("pipeline = %q, strategy = \"depend\"", kid.name), kid, "success")
	s.downstream("frees", fmt.Sprintf("pipeline = %q", kid.name), kid, "success")
	s.inline("mirrors", child, "mirror")
	s.stage("u")
	s.step("last", command(program, 0, 1<<10, 0), "success", "first")
	return s
}

// bereft fails with the run that it depends on.
func bereft(program, effects string, bad *shape) *shape {
	s := newShape("bereft", "parallel", effects, 1)
	s.status = "failed"
	s.stage("s")
	s.downstream("mirrors", "pipeline = \"bad\", strategy = \"mirror\"", bad, "failed")
	s.stage("t")
	s.step("never", command(program, 0, 1<<10, 0), "skipped")
	return s
}

// written has steps that write the text of a child and then stand for it; one of the
// child's steps does so again.
func written(program, effects string) *shape {
	leaf := newShape("leaf", "parallel", effects, 0)
	leaf.stage("s")
	leaf.step("x", command(program, 0, 1<<10, 0), "success")
	twig := newShape("twig", "parallel", effects, 0)
	twig.stage("s")
	twig.writes(program, leaf)
	twig.stage("t")
	twig.reads("leaf", leaf, "depend")

	s := newShape("written", "parallel", effects, 1)
	s.stage("s")
	s.writes(program, twig)
	s.stage("t")
	s.reads("depends", twig, "depend")
	s.reads("mirrors", twig, "mirror")
	s.reads("frees", twig, "none")
	s.stage("u")
	s.step("last", command(program, 0, 1<<10, 0), "success", "write")
	return s
}

// writes adds a step that writes the text of a shape.
func (s *shape) writes(program string, of *shape) {
	script := fmt.Sprintf("cat > %s.toml <<'end of %s'\n%send of %s\nexec '%s' step", of.name, of.name, of.text.String(), of.name, program)
	s.step("write", fmt.Sprintf("with = { script = %q }", script), "success")
}

// reads adds a step that stands for a child, of which the workspace has the text.
func (s *shape) reads(name string, of *shape, strategy string) {
	s.downstream(name, fmt.Sprintf("file = \"%s.toml\", strategy = %q", of.name, strategy), of, of.status)
}

// downstream adds a step that stands for a run of a shape.
func (s *shape) downstream(name, with string, of *shape, status string) {
	s.line("[[stage.step]]\nname = %q\nuses = \"pipeline\"\nwith = { %s }", name, with)
	s.steps = append(s.steps, wanted{stage: s.current, name: name, status: status, child: of})
}

// inline adds a step that stands for a child, of which s has the text.
func (s *shape) inline(name string, of *shape, strategy string) {
	s.downstream(name, fmt.Sprintf("inline = %q, strategy = %q", of.text.String(), strategy), of, of.status)
}

func (s *shape) line(format string, args ...any) { fmt.Fprintf(&s.text, format+"\n", args...) }
