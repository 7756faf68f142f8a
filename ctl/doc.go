// Package ctl is penstockctl: commands become calls to the daemon, answers
// become text or JSON.
//
// It owns the command line, the exit codes, how errors read, and the patience
// with a daemon that goes away. How text looks belongs to package render, what
// can be asked and what is answered to package rpc, what a pipeline file may
// say to package config. Each verb has a file of its name.
//
// It promises scripts:
//
//   - Exit codes are few and stable (see the Exit constants).
//   - With -o json stdout carries the messages of package rpc, one a line, and
//     nothing else; whatever is said beside them goes to stderr.
//   - run prints the name of the run, durable by then, before anything else. The
//     call carries an idempotency key: an answer that got lost is asked for
//     again without starting a second run.
//   - What waits (run --wait, run --follow, watch, logs -f) asks by cursor. A
//     daemon that restarts meanwhile costs time and nothing else; one that
//     stays away for more than a minute is reported as unreachable. run does not
//     wait for a person: a run that is blocked ends it, with a code of its own.
//   - Nothing is half applied: all files of an apply are checked before the
//     first of them is put.
//
// It promises people: what an output says cannot drive their terminal unless
// they ask with --raw; colours appear on terminals only, and not with NO_COLOR
// (no-color.org) or TERM=dumb; what is deleted is named before it is.
//
// It refuses to know the daemon's inside: it imports nothing of it, keeps no
// state of its own, and does not judge what the daemon judges. validate, simulate
// and test are the exceptions, for machines without one; whoever starts it brings
// the rules of the last two along (see Process). It is a process of a few milliseconds,
// so nothing here is set up before it is needed.
package ctl
