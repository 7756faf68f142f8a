package metrics

import "github.com/prometheus/client_golang/prometheus"

// gauges reads all gauges at once, so that they are of one moment.
type gauges struct{ now func() Now }

var (
	liveRuns   = prometheus.NewDesc("penstock_live_runs", "Runs that are not over.", nil, nil)
	steps      = prometheus.NewDesc("penstock_steps", "Steps that run, or may begin and wait for a place.", []string{"state"}, nil)
	stepsLimit = prometheus.NewDesc("penstock_steps_limit", "Steps that may run at a time.", nil, nil)
	storeBytes = prometheus.NewDesc("penstock_store_bytes", "Size of the store on the disk.", []string{"part"}, nil)
	diskFree   = prometheus.NewDesc("penstock_disk_free_bytes", "Free space where the state is.", nil, nil)
)

// Describe lists the gauges.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{liveRuns, steps, stepsLimit, storeBytes, diskFree} {
		to <- d
	}
}

// Collect reads them.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	n := g.now()
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	show(liveRuns, float64(n.LiveRuns))
	show(steps, float64(n.RunningSteps), "running")
	show(steps, float64(n.PendingSteps), "pending")
	show(stepsLimit, float64(n.MaxRunning))
	show(storeBytes, float64(n.TableBytes), "tables")
	show(storeBytes, float64(n.ValueBytes), "values")
	show(diskFree, float64(n.FreeBytes))
}
