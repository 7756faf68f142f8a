package config

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func TestAnEmptyConfigurationIsTheDefault(t *testing.T) {
	got, err := ParseDaemon("penstockd.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := DefaultDaemon(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got.Steps.MaxRunning < 8 {
		t.Errorf("max_running is %d by default", got.Steps.MaxRunning)
	}
}

func TestEveryKeyArrivesInTheConfiguration(t *testing.T) {
	const pin = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	got, err := ParseDaemon("penstockd.toml", []byte(`
state = "/srv/penstock/"
socket = "/srv/../run/p.sock"
plugin_dirs = ["/a", "/b/"]
[log]
level = "warn"
format = "json"
[steps]
max_running = 3
grace = "1m"
log_limit = "1MB"
[plugins]
idle = "5s"
cgroup = "/sys/fs/cgroup/penstock"
sha256 = { shell = "`+pin+`" }
[storage]
min_free = 0
ballast = "0"
[schedules]
ledger_age = "30d"
ledger_count = 100
[access]
viewers = ["@staff"]
operators = ["alice", "1001"]
admins = ["@1002", "4294967294"]
[http]
listen = "unix:/run/../run/h.sock"
tls_cert = "/c.pem"
tls_key = "/k.pem"
trusted_proxies = ["unix", "10.0.0.1"]
allow = ["10.0.0.0/8"]
metrics = ["2001:db8::1"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Daemon{
		State: "/srv/penstock", Socket: "/run/p.sock", PluginDirs: []string{"/a", "/b"},
		Log:       Log{LevelWarn, FormatJSON},
		Steps:     Steps{3, time.Minute, 1e6},
		Plugins:   Plugins{5 * time.Second, "/sys/fs/cgroup/penstock", map[string]string{"shell": pin}},
		Schedules: Schedules{30 * day, 100},
		Access:    Access{[]string{"@staff"}, []string{"alice", "1001"}, []string{"@1002", "4294967294"}},
		HTTP: HTTP{
			Listen: "unix:/run/h.sock", TLSCert: "/c.pem", TLSKey: "/k.pem",
			TrustedProxies: Callers{Unix: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}},
			Allow:          Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
			Metrics:        Callers{Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8::1/128")}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestAWrongConfigurationGivesNone(t *testing.T) {
	got, err := ParseDaemon("penstockd.toml", []byte(`state = "/x"`+"\nsteps.grace = 1"))
	if err == nil || !reflect.DeepEqual(got, Daemon{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDefaultPaths(t *testing.T) {
	tests := []struct {
		name string
		uid  int
		env  map[string]string
		want Paths
	}{
		{"root, whatever the environment says", 0, map[string]string{"HOME": "/root", "XDG_STATE_HOME": "/x", "XDG_RUNTIME_DIR": "/y"},
			Paths{"/var/lib/penstock", "/run/penstock/penstock.sock", "/etc/penstock/penstockd.toml"}},
		{"all named", 1000, map[string]string{"XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/run/user/1000", "XDG_CONFIG_HOME": "/c"},
			Paths{"/s/penstock", "/run/user/1000/penstock/penstock.sock", "/c/penstock/penstockd.toml"}},
		{"only home", 1000, map[string]string{"HOME": "/home/a"},
			Paths{"/home/a/.local/state/penstock", "/home/a/.local/state/penstock/run/penstock.sock", "/home/a/.config/penstock/penstockd.toml"}},
		{"relative ones are ignored", 1000, map[string]string{"HOME": "/home/a", "XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": "r", "XDG_CONFIG_HOME": "c"},
			Paths{"/home/a/.local/state/penstock", "/home/a/.local/state/penstock/run/penstock.sock", "/home/a/.config/penstock/penstockd.toml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DefaultPaths(func(name string) string { return tt.env[name] }, tt.uid)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestPathsThatNobodyTellsAreAnError(t *testing.T) {
	for _, home := range []string{"", "relative"} {
		if got, err := DefaultPaths(func(name string) string { return map[string]string{"HOME": home}[name] }, 1000); err == nil {
			t.Errorf("HOME=%q: got %+v", home, got)
		}
	}
}

func TestCallersAreFoundByTheirAddress(t *testing.T) {
	prefix := netip.MustParsePrefix("10.0.0.0/8")
	for _, c := range []struct {
		callers Callers
		address string // "" is a Unix socket
		want    bool
	}{
		{Callers{}, "10.0.0.1", false},
		{Callers{}, "", false},
		{Callers{Prefixes: []netip.Prefix{prefix}}, "10.1.2.3", true},
		{Callers{Prefixes: []netip.Prefix{prefix}}, "::ffff:10.1.2.3", true},
		{Callers{Prefixes: []netip.Prefix{prefix}}, "11.0.0.1", false},
		{Callers{Prefixes: []netip.Prefix{prefix}}, "::10.1.2.3", false},
		{Callers{Prefixes: []netip.Prefix{prefix}}, "", false},
		{Callers{Unix: true}, "", true},
		{Callers{Unix: true}, "10.0.0.1", false},
	} {
		var a netip.Addr
		if c.address != "" {
			a = netip.MustParseAddr(c.address)
		}
		if got := c.callers.Has(a); got != c.want {
			t.Errorf("%v has %q: %v", c.callers, c.address, got)
		}
	}
}
