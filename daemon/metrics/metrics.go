// Package metrics counts what the daemon does, for Prometheus: the one place
// that knows the names, the labels and the library.
//
// What is counted follows the commits: a run that is counted as started or ended
// is so durably. Counters begin at zero with each start of the daemon; gauges
// are read when somebody asks. Nothing here waits: counting costs the engine's
// loop well under a microsecond an event.
//
//	penstock_build_info{version}                    1
//	penstock_runs_started_total{pipeline,source}
//	penstock_runs_ended_total{pipeline,status}      a run that is retried ends again
//	penstock_run_duration_seconds{pipeline}         histogram, from its start to its end
//	penstock_live_runs                              gauge
//	penstock_steps{state}                           gauge: running, pending
//	penstock_steps_limit                            gauge: steps.max_running
//	penstock_ticks_total{decision}                  instants of triggers, by what was decided
//	penstock_tick_lateness_seconds                  histogram: from an instant of a schedule to its run
//	penstock_http_answers_total{route,status}
//	penstock_store_bytes{part}                      gauge: tables, values
//	penstock_disk_free_bytes                        gauge
//
// and what the library tells of the Go runtime and the process. No label is a
// run, a step, an actor or anything else that has no end. Pipelines have names
// without end as well: the first 200 that do something have a label of their
// own, all others together are "(other)".
package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts.
type Metrics struct {
	handler http.Handler

	started, ended, ticks, answers *prometheus.CounterVec
	durations                      *prometheus.HistogramVec
	lateness                       prometheus.Histogram

	mu        sync.Mutex      // protects the field below
	pipelines map[string]bool // that have a label of their own
}

// Now is what gauges show.
type Now struct {
	LiveRuns, RunningSteps, PendingSteps, MaxRunning int
	TableBytes, ValueBytes                           int64 // of the store
	FreeBytes                                        uint64
}

// maxPipelines bounds the labels.
const maxPipelines = 200

// Other is the label of the pipelines that have none of their own. It is no name
// that a pipeline can have.
const Other = "(other)"

// New makes metrics of a daemon; now is asked whenever somebody reads them.
func New(version string, now func() Now) *Metrics {
	m := &Metrics{
		started: counter("penstock_runs_started_total", "Runs that were started.", "pipeline", "source"),
		ended:   counter("penstock_runs_ended_total", "Runs that ended; one that is retried ends again.", "pipeline", "status"),
		ticks:   counter("penstock_ticks_total", "Instants of triggers, by what was decided.", "decision"),
		answers: counter("penstock_http_answers_total", "Answers of the HTTP listener.", "route", "status"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "penstock_run_duration_seconds", Help: "From the start of a run to its end.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}, []string{"pipeline"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "penstock_tick_lateness_seconds", Help: "From an instant of a schedule to the run that it made.",
			Buckets: []float64{0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 600, 3600, 24 * 3600},
		}),
		pipelines: map[string]bool{},
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.started, m.ended, m.ticks, m.answers, m.durations, m.lateness,
		build(version), &gauges{now}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, DisableCompression: true})
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func build(version string) prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "penstock_build_info", Help: "1, with the version of the daemon."}, []string{"version"})
	info.WithLabelValues(version).Set(1)
	return info
}

// RunStarted counts a run that is durable.
func (m *Metrics) RunStarted(pipeline, source string) {
	m.started.WithLabelValues(m.label(pipeline), source).Inc()
}

// RunEnded counts the end of a run. One that never began to work has no
// duration.
func (m *Metrics) RunEnded(pipeline, status string, startedAt, finishedAt time.Time) {
	label := m.label(pipeline)
	m.ended.WithLabelValues(label, status).Inc()
	if !startedAt.IsZero() {
		m.durations.WithLabelValues(label).Observe(max(0, finishedAt.Sub(startedAt).Seconds()))
	}
}

// Ticked counts a decision on some instants, and how late the run of a schedule
// was; negative is: it made none.
func (m *Metrics) Ticked(decision string, instants int, late time.Duration) {
	m.ticks.WithLabelValues(decision).Add(float64(instants))
	if late >= 0 {
		m.lateness.Observe(late.Seconds())
	}
}

// Answered counts an answer of the HTTP listener.
func (m *Metrics) Answered(route string, status int) {
	m.answers.WithLabelValues(route, strconv.Itoa(status)).Inc()
}

// ServeHTTP shows all of it.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// label is the pipeline's own, as long as there are some.
func (m *Metrics) label(pipeline string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.pipelines[pipeline] {
		if len(m.pipelines) >= maxPipelines {
			return Other
		}
		m.pipelines[pipeline] = true
	}
	return pipeline
}
