package steptest

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

func succeeds(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Good)
	a.write()
	request, before := a.read(protocol.RequestFile), a.count()
	p.start(a).toEnd()
	r := a.ended(protocol.Success, "")
	if did := a.count() - before; did != 1 {
		b.Errorf("the work was done %d times", did)
	}
	if !bytes.Equal(a.read(protocol.RequestFile), request) {
		b.Errorf("%s was changed", protocol.RequestFile)
	}
	if !a.has(protocol.GoFile) {
		b.Errorf("there is no file %q", protocol.GoFile)
	}
	l := a.log()
	if r.LogSize != l.end {
		b.Errorf("the result says that the log has %d bytes, it has %d", r.LogSize, l.end)
	}
	if !strings.Contains(l.text, b.suite.Log) {
		b.Errorf("the log is %q, without %q", l.text, b.suite.Log)
	}
	a.checkOutputs()
}

func (a *attempt) checkOutputs() {
	a.Helper()
	if !a.has(protocol.OutputsFile) {
		if len(a.suite.Outputs) > 0 {
			a.Errorf("there is no file %q", protocol.OutputsFile)
		}
		return
	}
	got, err := protocol.ParseOutputs(a.read(protocol.OutputsFile))
	if err != nil {
		a.Fatalf("%s: %v", protocol.OutputsFile, err)
	}
	for name, want := range a.suite.Outputs {
		if got[name] != want {
			a.Errorf("output %s is %q, want %q", name, got[name], want)
		}
	}
}

// staysEnded: a start of what has ended changes no byte, in the process that
// did it and in another.
func staysEnded(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Good)
	p.start(a).toEnd()
	result, did := a.read(protocol.ResultFile), a.count()
	p.start(a).toEnd()
	b.process().start(a).toEnd()
	if !bytes.Equal(a.read(protocol.ResultFile), result) {
		b.Error("another start changed the result")
	}
	if a.count() != did {
		b.Error("another start did the work again")
	}
}

func namesHolder(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	w := p.start(a).begun()
	var h protocol.Holder
	line := a.read(protocol.LockFile)
	if err := json.Unmarshal(line, &h); err != nil || bytes.Count(line, []byte("\n")) != 1 {
		b.Fatalf("the lock holds %q, not one line of JSON", line)
	}
	want := protocol.Holder{Process: "p1", Pid: p.command.Process.Pid, BootID: h.BootID}
	if h != want || h.BootID == "" {
		b.Errorf("the lock names %+v, want %+v and the boot id", h, want)
	}
	if !a.held() {
		b.Error("nobody holds the lock while the work goes on")
	}
	p.cancel(a.request.Attempt, false)
	w.toEnd()
	a.awaitFree()
}

func fails(b *bench) {
	p, a := b.process(), b.attempt(b.need("Fails", b.suite.Fails))
	p.start(a).toEnd()
	r := a.ended(protocol.Failed, protocol.ScriptFailure)
	if r.Message == "" && r.ExitCode == nil {
		b.Error("the result has neither a message nor an exit code")
	}
	p.alive()
}

// timesOut: the deadline is the process's own business.
func timesOut(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	a.request.Timeout = 200 * time.Millisecond
	p.start(a).toEnd()
	r := a.ended(protocol.Failed, protocol.StepTimeout)
	if took := r.EndedAt.Sub(r.BegunAt); took < a.request.Timeout {
		b.Errorf("the work ended after %s, before its timeout of %s", took, a.request.Timeout)
	}
}

// endsSilence: so is the limit of silence.
func endsSilence(b *bench) {
	p, a := b.process(), b.attempt(b.suite.Long)
	a.request.SilenceTimeout = 300 * time.Millisecond
	p.start(a).toEnd()
	r := a.ended(protocol.Failed, protocol.StuckOrTimeout)
	if took := r.EndedAt.Sub(r.BegunAt); took < a.request.SilenceTimeout {
		b.Errorf("the work ended after %s, before its silence could last %s", took, a.request.SilenceTimeout)
	}
	if r.Message == "" {
		b.Error("the result does not say how long the silence was")
	}
}

// endsNoTalk: who writes may take longer than the limit.
func endsNoTalk(b *bench) {
	p, a := b.process(), b.attempt(b.need("Talks", b.suite.Talks))
	a.request.SilenceTimeout = 1500 * time.Millisecond
	p.start(a).toEnd()
	r := a.ended(protocol.Success, "")
	if took := r.EndedAt.Sub(r.BegunAt); took <= a.request.SilenceTimeout {
		b.Errorf("the work of Talks took %s: too short to tell anything", took)
	}
}

// survivesClosedStdio: a process whose prints have no reader is not killed by
// them (SIGPIPE) and does not wait for one.
func survivesClosedStdio(b *bench) {
	p := b.prepare()
	reader, writer, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	p.command.Stdout, p.command.Stderr = writer, writer
	p.launch()
	p.close(writer)
	said := tail{file: reader}
	p.handshake(func() string { return said.line(p.context()) })
	p.close(reader)
	p.connect()
	good := b.attempt(b.suite.Good)
	p.start(good).toEnd()
	good.ended(protocol.Success, "")
	bad := b.attempt(b.suite.Bad[0])
	p.start(bad).toEnd()
	long := b.attempt(b.suite.Long)
	w := p.start(long).begun()
	p.cancel(long.request.Attempt, false)
	w.toEnd()
	p.alive()
}
