package daemon

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// The manual's table of variables is what a step finds: no name more, none less.
func TestTheManualListsTheVariablesOfAStep(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", `env | grep ^PENSTOCK_; test "$TRIGGER_PAYLOAD" = "$PENSTOCK_PAYLOAD_FILE"; cat "$PENSTOCK_PAYLOAD_FILE"; stat -c "mode=%a" "$PENSTOCK_PAYLOAD_FILE"`))
	pipeline, definition, err := h.d.current("nightly")
	if err != nil {
		t.Fatal(err)
	}
	q, err := resolve(pipeline, definition, &request{
		cause: store.Cause{
			Source: store.BySchedule, Actor: "ann", Trigger: "evening", ScheduledAt: time.Unix(1763692200, 0),
			Upstream: &store.Upstream{Name: "build/7"},
		},
		subQueue: "eu",
	})
	if err != nil {
		t.Fatal(err)
	}
	q.Plan.Values.Name, q.Plan.Values.Payload = "the run", `{"ref":"main"}`+"\n"
	if _, _, err := h.d.engine.Start(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if r := h.over("nightly/1"); r.Status != "success" {
		t.Fatalf("%+v", r)
	}
	var found []string
	lines := said(h.follow("nightly/1", "x"))
	for _, line := range lines {
		if name, _, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "PENSTOCK_") {
			found = append(found, name)
		}
	}
	found = append(found, "PENSTOCK_STATUS") // of a cleanup
	slices.Sort(found)
	if want := manualVariables(t); !slices.Equal(found, want) {
		t.Errorf("a step finds\n%v\nthe manual lists\n%v", found, want)
	}
	for _, want := range []string{
		"PENSTOCK_SCHEDULED_AT=2025-11-21T02:30:00Z", "PENSTOCK_SCHEDULED_UNIX=1763692200", "PENSTOCK_TRIGGER=evening",
		"PENSTOCK_UPSTREAM=build/7", "PENSTOCK_SUB_QUEUE=eu", "PENSTOCK_SOURCE=schedule", `{"ref":"main"}`, "mode=600",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

func manualVariables(t *testing.T) (names []string) {
	text, err := os.ReadFile("../docs/variables.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(PENSTOCK_[A-Z_]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		names = append(names, row[1])
	}
	slices.Sort(names)
	return names
}

// A caller cannot pretend to be another's run.
func TestNamesOfTheDaemonsOwnAreRefusedOfCallers(t *testing.T) {
	h := newHouse(t)
	h.apply("type = \"dynamic\"\n" + one("nightly", "true"))
	_, err := h.RunStart(t.Context(), &rpc.RunStartRequest{Pipeline: "nightly", Variables: map[string]string{"PENSTOCK_ACTOR": "root"}})
	refused(t, err, rpc.CodeInvalid, "PENSTOCK_ACTOR", "the daemon's own")
}
