package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

func (h *house) read(q rpc.LogReadRequest) *rpc.LogReadResponse {
	h.t.Helper()
	return must[*rpc.LogReadResponse](h.t)(h.LogRead(h.t.Context(), &q))
}

func TestALogIsFollowedFromBeforeItsStepToItsSeal(t *testing.T) {
	h := newHouse(t)
	before, within := h.gate("before"), h.gate("within")
	h.apply(`name = "nightly"
[[stage]]
name = "a"
[[stage.step]]
name = "waits"
uses = "shell"
with = { script = "cat ` + before.path + `" }
[[stage]]
name = "b"
[[stage.step]]
name = "x"
uses = "shell"
with = { script = "echo one; cat ` + within.path + `; echo two" }
`)
	run := h.begin("nightly")
	open := before.reached()
	q := rpc.LogReadRequest{Run: run, Stage: "b", Step: "x"}
	if a := h.read(q); a.Attempt != 0 || len(a.Data) != 0 || a.Next != 0 || a.End {
		t.Errorf("before the step: %+v", a)
	}
	open()
	q.WaitMS = 60000
	first := h.read(q)
	if got := said(string(first.Data)); !slices.Equal(got, []string{"one"}) || first.End || first.Attempt != 1 {
		t.Errorf("%q %+v", got, first)
	}
	open = within.reached()
	q.Offset, q.WaitMS = first.Next, 0
	if a := h.read(q); len(a.Data) != 0 || a.Next != first.Next || a.End {
		t.Errorf("while nothing is said: %+v", a)
	}
	open()
	q.WaitMS = 60000
	rest := h.followFrom(&q)
	if got := said(rest); !slices.Equal(got, []string{"two"}) {
		t.Errorf("%q", got)
	}
	// The same bytes again, now from the sealed log.
	h.over(run)
	if got := h.follow(run, "x"); got != string(first.Data)+rest {
		t.Errorf("sealed: %q, live: %q", got, string(first.Data)+rest)
	}
	if a := h.read(rpc.LogReadRequest{Run: run, Step: "x", Offset: first.Next}); string(a.Data) != rest || !a.End {
		t.Errorf("%+v", a)
	}
}

func TestALogSaysTheSameWhateverThePiece(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "seq 20000"))
	r := h.perform("nightly")
	whole := h.follow(r.Name, "x")
	if lines := said(whole); len(lines) != 20000 || lines[0] != "1" || lines[19999] != "20000" {
		t.Fatalf("%d lines", len(lines))
	}
	for _, limit := range []int{1000, 4096, 1 << 30} {
		if got := h.followFrom(&rpc.LogReadRequest{Run: r.Name, Step: "x", Limit: limit}); got != whole {
			t.Errorf("pieces of %d: %d bytes, not %d", limit, len(got), len(whole))
		}
	}
	if a := h.read(rpc.LogReadRequest{Run: r.Name, Step: "x", Limit: 1 << 30}); len(a.Data) > 256<<10 {
		t.Errorf("a piece of %d bytes", len(a.Data))
	}
	log, sum := r.Stages[0].Steps[0].Attempts[0].Log, sha256.Sum256([]byte(whole))
	if log.Size != int64(len(whole)) || log.SHA256 != hex.EncodeToString(sum[:]) || log.Missing != 0 {
		t.Errorf("%+v", log)
	}
}

func TestALogOverItsCapKeepsBothEndsAndSaysWhatIsMissing(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Steps.LogLimit = 64 << 10 })
	h.apply(one("nightly", "seq 100000"))
	r := h.perform("nightly")
	var missing, size, output int64 // bytes of output, of the log and of the output in it
	var lines []string
	for q := (rpc.LogReadRequest{Run: r.Name, Step: "x"}); ; {
		a := h.read(q)
		missing, size = missing+a.Missing, size+int64(len(a.Data))
		for _, line := range said(string(a.Data)) {
			lines, output = append(lines, line), output+int64(len(line))+1
		}
		if q.Offset = a.Next; a.End {
			break
		}
	}
	const all = 588895 // of seq 100000
	if missing == 0 || output+missing != all || size > 64<<10 {
		t.Errorf("%d of %d bytes are there and %d are said to be missing; the log has %d", output, all, missing, size)
	}
	if log := r.Stages[0].Steps[0].Attempts[0].Log; log.Missing == 0 || log.Size-log.Missing != size {
		t.Errorf("%d bytes of %+v", size, log)
	}
	if n := len(lines); n < 100 || lines[0] != "1" || lines[n-1] != "100000" {
		t.Errorf("%d lines", n)
	}
}

func TestTheLogOfAStepWithoutOne(t *testing.T) {
	h := newHouse(t)
	h.apply(story)
	r := h.perform("story")
	for _, step := range []string{"never", "mourns"} { // skipped, and silent
		if a := h.read(rpc.LogReadRequest{Run: r.Name, Step: step, WaitMS: 60000}); len(a.Data) != 0 || !a.End {
			t.Errorf("%s: %+v", step, a)
		}
	}
}

func TestACursorBehindTheEndIsAtTheEnd(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "echo a"))
	r := h.perform("nightly")
	for _, offset := range []int64{r.Stages[0].Steps[0].Attempts[0].Log.Size, 1 << 40} {
		a := h.read(rpc.LogReadRequest{Run: r.Name, Step: "x", Offset: offset, WaitMS: 60000})
		if len(a.Data) != 0 || a.Next != offset || !a.End {
			t.Errorf("%+v", a)
		}
	}
}

func TestOutputIsBytesNotText(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", `printf 'a\377\376\000b\033[31m\n'`))
	r := h.perform("nightly")
	if got := said(h.follow(r.Name, "x")); !slices.Equal(got, []string{"a\xff\xfe\x00b\x1b[31m"}) {
		t.Errorf("%q", got)
	}
}

func TestAWrongPlaceInALogIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "echo a"))
	h.perform("nightly")
	for _, c := range []struct {
		q    rpc.LogReadRequest
		code rpc.Code
		says string
	}{
		{rpc.LogReadRequest{Step: "x", Offset: -1}, rpc.CodeInvalid, "offset -1"},
		{rpc.LogReadRequest{Step: "y"}, rpc.CodeNotFound, "no step y"},
		{rpc.LogReadRequest{Stage: "other", Step: "x"}, rpc.CodeNotFound, "no step other/x"},
		{rpc.LogReadRequest{Step: "x", Attempt: 2}, rpc.CodeNotFound, "1 attempts, not 2"},
		{rpc.LogReadRequest{Step: "x", Attempt: -1}, rpc.CodeNotFound, "not -1"},
	} {
		c.q.Run = "nightly/1"
		_, err := h.LogRead(t.Context(), &c.q)
		refused(t, err, c.code, c.says)
	}
}

func TestADamagedLogIsAnErrorAndNeverWrongBytes(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "seq 1000"))
	r := h.perform("nightly")
	files, err := filepath.Glob(filepath.Join(h.config.State, "logs", fmt.Sprint(r.ID), "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text := must[[]byte](t)(os.ReadFile(files[0]))
	text[len(text)/4] ^= 1
	if err := os.WriteFile(files[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = h.LogRead(t.Context(), &rpc.LogReadRequest{Run: r.Name, Step: "x"})
	refused(t, err, rpc.CodeInternal, "damaged")
	if strings.Contains(err.Error(), h.dir) {
		t.Errorf("a client is told paths: %v", err)
	}
}
