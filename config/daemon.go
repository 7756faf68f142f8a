package config

import (
	"runtime"
	"time"
)

// Daemon is the configuration of penstockd. The keys of its text are those
// named in the comments, in tables named as the fields; a key that is absent
// has its default. "Reload" marks what SIGHUP changes in a running daemon;
// anything else needs a restart.
type Daemon struct {
	State      string   // state: absolute path of the state directory; "" is that of DefaultPaths
	Socket     string   // socket: absolute path, at most 107 bytes (unix(7)); "" is that of DefaultPaths
	PluginDirs []string // plugin_dirs: absolute paths, searched in this order; default /usr/lib/penstock/plugins
	Log        Log
	Steps      Steps
	Plugins    Plugins
	Storage    Storage
	Schedules  Schedules
	Access     Access
	HTTP       HTTP
}

// Log is the daemon's own log, on stderr. Reload: all of it.
type Log struct {
	Level  LogLevel  // level
	Format LogFormat // format
}

// LogLevel is the least level that is logged.
type LogLevel string

// The levels of a log.
const (
	LevelInfo  LogLevel = "info" // default
	LevelDebug LogLevel = "debug"
	LevelWarn  LogLevel = "warn"
	LevelError LogLevel = "error"
)

// LogFormat is the form of a log's lines.
type LogFormat string

// The formats of a log.
const (
	FormatText LogFormat = "text" // default: key=value
	FormatJSON LogFormat = "json" // an object a line
)

// Steps is how steps run. Reload: all of it, for attempts that start later.
type Steps struct {
	MaxRunning int           // max_running: steps of all runs that run at once, 1 to 10000; default 4 for each CPU, at least 8
	Grace      time.Duration // grace: between TERM and KILL of a step's processes; more than 0; default 10s
	LogLimit   int64         // log_limit: bytes of one attempt's output that are kept, at least 64 KiB; default 256 MiB
}

// Plugins is how plugin processes live.
type Plugins struct {
	Idle   time.Duration     // idle: how long a process waits for more work before it is ended; more than 0; default 30s. Reload
	Cgroup string            // cgroup: CgroupAuto (default), CgroupOff, or the absolute path of a cgroup v2 directory that is the daemon's
	SHA256 map[string]string // sha256: step type → digest of its binary, 64 lower-case hex digits; others are not pinned. Reload
}

// The values of Plugins.Cgroup that are no paths.
const (
	CgroupAuto = "auto" // where the machine allows it
	CgroupOff  = "off"  // sessions only
)

// Storage is what the daemon leaves of the state directory's file system.
type Storage struct {
	MinFree int64 // min_free: bytes; below it new runs are refused; 0 never refuses; default 1 GiB. Reload
	Ballast int64 // ballast: bytes of a file that is given up when the disk is full, so that the store can still close; default 64 MiB
}

// Schedules is how long the ledger of a trigger is kept: the record of each
// instant that was due, and of what was decided. Reload: all of it, for the next
// sweep, which is once a day.
type Schedules struct {
	LedgerAge   time.Duration // ledger_age: records whose instant and decision are older go; at least a day; default 400 days
	LedgerCount int           // ledger_count: of a trigger the newest so many stay, 100 to 1000000; default 10000
}

// Access says who may do what. An entry is the name or number of a user, or
// with @ before it of a group: "alice", "1001", "@staff", "@1002". Names are as
// written: the daemon looks up their numbers. All default to nobody: then only
// root and the daemon's own user have access, as admins. Reload: all of it.
type Access struct {
	Viewers   []string // viewers: may see
	Operators []string // operators: may see, and start and cancel runs
	Admins    []string // admins: may do everything
}

// DefaultDaemon is the configuration of an empty text.
func DefaultDaemon() Daemon {
	return Daemon{
		PluginDirs: []string{"/usr/lib/penstock/plugins"},
		Log:        Log{Level: LevelInfo, Format: FormatText},
		Steps:      Steps{MaxRunning: max(8, 4*runtime.NumCPU()), Grace: 10 * time.Second, LogLimit: 256 << 20},
		Plugins:    Plugins{Idle: 30 * time.Second, Cgroup: CgroupAuto},
		Storage:    Storage{MinFree: 1 << 30, Ballast: 64 << 20},
		Schedules:  Schedules{LedgerAge: 400 * day, LedgerCount: 10_000},
	}
}
