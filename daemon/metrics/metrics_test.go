package metrics

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// page is what somebody who asks reads.
func page(m *Metrics) string {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func newMetrics() *Metrics {
	return New("v1", func() Now {
		return Now{LiveRuns: 3, RunningSteps: 2, PendingSteps: 1, MaxRunning: 8, TableBytes: 10, ValueBytes: 20, FreeBytes: 30}
	})
}

func TestWhatIsCountedIsShown(t *testing.T) {
	m := newMetrics()
	begun := time.Unix(100, 0)
	m.RunStarted("nightly", "trigger")
	m.RunStarted("nightly", "trigger")
	m.RunEnded("nightly", "success", begun, begun.Add(7*time.Second))
	m.RunEnded("nightly", "skipped", time.Time{}, begun)
	m.Ticked("fired", 1, 300*time.Millisecond)
	m.Ticked("dropped", 12, -1)
	m.Answered("trigger", 404)
	text := page(m)
	for _, line := range []string{
		`penstock_build_info{version="v1"} 1`,
		`penstock_runs_started_total{pipeline="nightly",source="trigger"} 2`,
		`penstock_runs_ended_total{pipeline="nightly",status="success"} 1`,
		`penstock_runs_ended_total{pipeline="nightly",status="skipped"} 1`,
		`penstock_run_duration_seconds_bucket{pipeline="nightly",le="5"} 0`,
		`penstock_run_duration_seconds_bucket{pipeline="nightly",le="15"} 1`,
		`penstock_run_duration_seconds_count{pipeline="nightly"} 1`,
		`penstock_live_runs 3`, `penstock_steps{state="running"} 2`, `penstock_steps{state="pending"} 1`, `penstock_steps_limit 8`,
		`penstock_ticks_total{decision="fired"} 1`, `penstock_ticks_total{decision="dropped"} 12`,
		`penstock_tick_lateness_seconds_bucket{le="0.1"} 0`, `penstock_tick_lateness_seconds_bucket{le="0.5"} 1`, `penstock_tick_lateness_seconds_count 1`,
		`penstock_http_answers_total{route="trigger",status="404"} 1`,
		`penstock_store_bytes{part="tables"} 10`, `penstock_store_bytes{part="values"} 20`, `penstock_disk_free_bytes 30`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%s is not in\n%s", line, text)
		}
	}
}

func TestPipelinesWithoutEndHaveLabelsWithAnEnd(t *testing.T) {
	m := newMetrics()
	for i := range 3 * maxPipelines {
		name := fmt.Sprintf("p%d", i)
		m.RunStarted(name, "command")
		m.RunEnded(name, "success", time.Unix(1, 0), time.Unix(2, 0))
	}
	text := page(m)
	labels := map[string]bool{}
	for _, match := range regexp.MustCompile(`pipeline="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		labels[match[1]] = true
	}
	if len(labels) != maxPipelines+1 || !labels[Other] || !labels["p0"] {
		t.Errorf("%d labels", len(labels))
	}
	if line := fmt.Sprintf(`penstock_runs_started_total{pipeline=%q,source="command"} %d`, Other, 2*maxPipelines); !strings.Contains(text, line) {
		t.Errorf("%s is not there", line)
	}
}

// eachCounted is metrics that have counted one of everything.
func eachCounted() *Metrics {
	m := newMetrics()
	m.RunStarted("a", "b")
	m.RunEnded("a", "b", time.Unix(1, 0), time.Unix(2, 0))
	m.Ticked("a", 1, 0)
	m.Answered("a", 200)
	return m
}

// The package's doc and the manual name each metric, and no other.
func TestEveryMetricIsDocumented(t *testing.T) {
	m := eachCounted()
	shown := names(page(m), `(?m)^# TYPE (penstock_\w+)`)
	for _, file := range []string{"metrics.go", "../../docs/triggers.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written, _, _ := strings.Cut(string(text), "\npackage metrics")
		told := names(written, `(penstock_[a-z_]+)`)
		for name := range shown {
			if !told[name] {
				t.Errorf("%s does not tell of %s", file, name)
			}
		}
		for name := range told {
			if !shown[name] {
				t.Errorf("%s tells of %s, which is not there", file, name)
			}
		}
	}
}

func names(text, pattern string) map[string]bool {
	all := map[string]bool{}
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all[match[1]] = true
	}
	return all
}

func BenchmarkRunEnded(b *testing.B) {
	m := newMetrics()
	for b.Loop() {
		m.RunEnded("nightly", "success", time.Unix(1, 0), time.Unix(2, 0))
	}
}

// Names, help and units are as those expect who read metrics of many programs.
func TestMetricsFollowTheConventions(t *testing.T) {
	m := eachCounted()
	problems, err := promlint.New(strings.NewReader(page(m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// No label has values without end but that of pipelines, which is bounded.
func TestLabelsAreTheseAndNoOthers(t *testing.T) {
	m := eachCounted()
	labels := map[string]bool{}
	for _, line := range strings.Split(page(m), "\n") {
		if strings.HasPrefix(line, "penstock_") {
			for name := range names(line, `[{,](\w+)="`) {
				labels[name] = true
			}
		}
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(labels))); got != "[decision le part pipeline route source state status version]" {
		t.Errorf("the labels are %s", got)
	}
}
