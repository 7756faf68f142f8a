package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// The tables of a daemon's configuration.
var (
	daemonKind    = kind{"the configuration", []string{"state", "socket", "plugin_dirs", "log", "steps", "plugins", "storage", "schedules", "access", "http"}}
	logKind       = kind{"[log]", []string{"level", "format"}}
	stepsKind     = kind{"[steps]", []string{"max_running", "grace", "log_limit"}}
	pluginsKind   = kind{"[plugins]", []string{"idle", "cgroup", "sha256"}}
	storageKind   = kind{"[storage]", []string{"min_free", "ballast"}}
	schedulesKind = kind{"[schedules]", []string{"ledger_age", "ledger_count"}}
	accessKind    = kind{"[access]", []string{"viewers", "operators", "admins"}}
	httpKind      = kind{"[http]", []string{"listen", "tls_cert", "tls_key", "trusted_proxies", "allow", "metrics"}}
)

const (
	maxSocket  = 107      // bytes of a socket's path: unix(7), sun_path without its NUL
	maxRunning = 10000    // steps at once
	minLog     = 64 << 10 // bytes of an attempt's log: head and tail must have room

	leastLedger, mostLedger = 100, 1_000_000 // records of a trigger
)

// ParseDaemon reads the text of a daemon's configuration; file names it in
// problems and is not opened. Absent keys have the values of DefaultDaemon. The
// error is a Problems with everything that is wrong, in the order of the text;
// with it comes the zero Daemon.
func ParseDaemon(file string, text []byte) (Daemon, error) {
	d, err := decode(file, text)
	if err != nil {
		return Daemon{}, err
	}
	r := &reader{document: d}
	t, _ := r.table(d.root, d.values)
	config := DefaultDaemon()
	t.daemon(&config)
	if err := r.finish(); err != nil {
		return Daemon{}, err
	}
	return config, nil
}

func (t table) daemon(d *Daemon) {
	t.allow(daemonKind)
	t.setPath("state", &d.State)
	t.setPath("socket", &d.Socket)
	if len(d.Socket) > maxSocket {
		t.report(t.key("socket"), "socket has %d bytes; the path of a socket has at most %d", len(d.Socket), maxSocket)
	}
	if t.has("plugin_dirs") {
		d.PluginDirs = t.paths("plugin_dirs")
	}
	t.each(logKind, "log", func(t table) { t.log(&d.Log) })
	t.each(stepsKind, "steps", func(t table) { t.steps(&d.Steps) })
	t.each(pluginsKind, "plugins", func(t table) { t.plugins(&d.Plugins) })
	t.each(storageKind, "storage", func(t table) { t.storage(&d.Storage) })
	t.each(schedulesKind, "schedules", func(t table) { t.schedules(&d.Schedules) })
	t.each(accessKind, "access", func(t table) { t.access(&d.Access) })
	t.each(httpKind, "http", func(t table) { t.http(&d.HTTP) })
}

// each reads the table at key, where there is one.
func (t table) each(k kind, key string, read func(table)) {
	if sub, ok := t.sub(key); ok {
		sub.allow(k)
		read(sub)
	}
}

func (t table) log(l *Log) {
	l.Level = choose(t, "level", LevelInfo, LevelDebug, LevelWarn, LevelError)
	l.Format = choose(t, "format", FormatText, FormatJSON)
}

func (t table) steps(s *Steps) {
	if n, ok := t.integer("max_running", 1, maxRunning); ok {
		s.MaxRunning = int(n)
	}
	if d, ok := t.duration("grace"); ok {
		s.Grace = d
	}
	t.setSize("log_limit", minLog, &s.LogLimit)
}

func (t table) plugins(p *Plugins) {
	if d, ok := t.duration("idle"); ok {
		p.Idle = d
	}
	if s, ok := t.text("cgroup"); ok {
		p.Cgroup = t.cgroup(s)
	}
	if pins, ok := t.sub("sha256"); ok {
		p.SHA256 = pins.digests()
	}
}

func (t table) cgroup(s string) string {
	if s != CgroupAuto && s != CgroupOff && !filepath.IsAbs(s) {
		t.report(t.key("cgroup"), "cgroup = %s must be auto, off or an absolute path", quote(s))
	}
	return s
}

func (t table) storage(s *Storage) {
	t.setSize("min_free", 0, &s.MinFree)
	t.setSize("ballast", 0, &s.Ballast)
}

func (t table) schedules(s *Schedules) {
	if d, ok := t.duration("ledger_age"); ok {
		s.LedgerAge = d
		if d < day {
			t.report(t.key("ledger_age"), "ledger_age is less than a day: the ledger is what tells why a run did not start; want at least 1d")
		}
	}
	if n, ok := t.integer("ledger_count", leastLedger, mostLedger); ok {
		s.LedgerCount = int(n)
	}
}

func (t table) access(a *Access) {
	a.Viewers = t.people("viewers")
	a.Operators = t.people("operators")
	a.Admins = t.people("admins")
}

func (t table) setSize(key string, least int64, to *int64) {
	if n, ok := t.size(key, least); ok {
		*to = n
	}
}

func (t table) setPath(key string, to *string) {
	if s, ok := t.text(key); ok {
		*to = t.absolute(t.key(key), key, s)
	}
}

func (t table) paths(key string) []string {
	items, ok := t.strings(key)
	if ok && t.empty(key) {
		t.report(t.key(key), "%s is empty: without plugins no step can run; leave it out for the default", key)
	}
	var paths []string
	for _, it := range items {
		paths = append(paths, t.absolute(it.at, key, it.text))
	}
	return paths
}

// absolute is a path in its clean form.
func (t table) absolute(at *place, key, s string) string {
	if !filepath.IsAbs(s) || strings.ContainsRune(s, 0) {
		t.report(at, "%s: %s is no absolute path; it begins with /, and ~ and variables mean nothing here", key, quote(s))
		return ""
	}
	return filepath.Clean(s)
}

// digests reads the pins of plugins.
func (t table) digests() map[string]string {
	pins := map[string]string{}
	for _, name := range sortedKeys(t.values) {
		digest, ok := t.text(name)
		switch {
		case !ok:
		case !validName(name):
			t.report(t.key(name), "%s is no step type (%s)", quote(name), nameRule)
		case !validDigest(digest):
			t.report(t.key(name), "sha256 of %s must be 64 lower-case hex digits, as sha256sum prints them", name)
		default:
			pins[name] = digest
		}
	}
	return pins
}

func validDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// people reads a list of users and groups.
func (t table) people(key string) []string {
	items, _ := t.strings(key)
	var all []string
	for _, it := range items {
		if why := refusePerson(it.text); why != "" {
			t.report(it.at, "%s: %s %s", key, quote(it.text), why)
			continue
		}
		all = append(all, it.text)
	}
	return all
}

// maxID is the largest user or group number: the next one means "none" to the
// kernel (chown(2)).
const maxID = 1<<32 - 2

func refusePerson(s string) string {
	name := strings.TrimPrefix(s, "@")
	switch {
	case name == "" || strings.ContainsAny(name, ":,@\x00 \t\n"):
		return `names no user; write "alice" or "1001", and "@staff" or "@1002" for a group`
	case strings.Trim(name, "0123456789") != "":
		return ""
	}
	if n, err := strconv.ParseUint(name, 10, 32); err != nil || n > maxID {
		return fmt.Sprintf("is no number of a user or group: the largest is %d", maxID)
	}
	return ""
}
