package step

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkAttempt is a warm step that does nothing, from Start to ENDED. It
// reports the processor time of the plugin and its children beside the time.
func BenchmarkAttempt(b *testing.B) {
	for name, settings := range map[string]map[string]any{
		"nothing": {"mode": "nothing"},
		"true":    {"mode": "script", "script": "true"},
	} {
		b.Run(name, func(b *testing.B) {
			p := launch(b, "x")
			var trials []*trial
			for range b.N {
				trials = append(trials, newTrial(b, settings, nil))
			}
			before := cpu(b, p)
			b.ResetTimer()
			for _, a := range trials {
				p.perform(a)
			}
			b.ReportMetric(float64(cpu(b, p)-before)/float64(time.Microsecond)/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkOutput is a script that writes 100 byte lines through the log.
func BenchmarkOutput(b *testing.B) {
	const size = 256 << 20
	line := strings.Repeat("x", 99)
	p := launch(b, "x")
	b.SetBytes(size)
	for range b.N {
		before := cpu(b, p)
		p.perform(script(b, "yes "+line+" | head -c "+strconv.Itoa(size), nil))
		b.ReportMetric(size/1e6/(cpu(b, p)-before).Seconds(), "MB/cpu-s")
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	fatal(b, err)
	for line := range strings.Lines(string(status)) {
		if field, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(field)[0])
			fatal(b, err)
			b.ReportMetric(float64(kib)/1024, "peak-MiB")
		}
	}
}

// cpu is the processor time of the plugin and of the children it waited for.
func cpu(b *testing.B, p *process) time.Duration {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	fatal(b, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks := 0
	for _, i := range []int{11, 12, 13, 14} {
		n, err := strconv.Atoi(fields[i])
		fatal(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ is 100 on Linux
}
