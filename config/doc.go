// Package config says what should happen: it reads the text of a pipeline
// (ParsePipeline), of its tests (ParseTests) and of the daemon's configuration
// (ParseDaemon), all TOML, and makes values of them.
//
// It owns the languages: which keys there are, what they may hold, what they
// are by default. It promises that a text which passes means exactly what is
// written in it, that nothing in it was ignored, and that everything wrong with
// one that does not pass is said at once, each as file:line:column with what
// would be right. It refuses to know more than the text: it opens no file, asks
// no plugin, resolves no user, reads no clock and writes no log, so the daemon
// and `penstockctl validate` cannot judge differently.
//
// # A pipeline
//
//	name        = "nightly"        # names: [a-z0-9.][a-z0-9_.-]{0,62}
//	description = "Dump the database, keep a copy elsewhere"
//	type        = "standard"       # standard (default) | dynamic
//	order       = "parallel"       # of the steps in a stage: parallel (default) | serial
//	workspace   = "run"            # one directory for the run (default) | "step": one for each step
//
//	[variables]                    # of every step's environment; strings, numbers, booleans
//	PGHOST = "db.internal"
//
//	[[stage]]                      # at least one; they run in this order
//	name  = "dump"
//	order = "serial"               # default: the pipeline's
//	variables = { PGUSER = "backup" }
//
//	  [[stage.step]]               # at least one in a stage
//	  name    = "dump"             # its own in the whole pipeline
//	  uses    = "shell"            # the step type: which plugin
//	  timeout = "20m"              # of one attempt: ns us ms s m h d w; default none
//	  dir     = "out"              # below the workspace; default the workspace
//	  with    = { script = "pg_dump app > app.sql" } # settings: what the plugin says
//
//	[[stage]]
//	name = "store"
//
//	  [[stage.step]]
//	  name  = "upload"
//	  uses  = "http"
//	  needs = ["dump"]             # leaves stage order; [] starts at once; at most 50
//	  when  = "on_success"         # on_success (default) | on_failure | always
//	  allow_failure = true         # default false
//	  variables = { TRIES = 3 }    # wins over the stage's, that over the pipeline's
//
//	    [stage.step.with]
//	    method = "PUT"
//	    url    = "https://backup.internal/app.sql"
//	    file   = "out/app.sql"
//
// A step may need steps of its stage and of earlier ones; in a serial stage
// only those before it, because there each follows the one before. Settings
// hold what JSON can carry: dates go in quotes. A pipeline cannot set variables
// which change how every program starts (LD_*, BASH_ENV, ENV, SHELLOPTS,
// BASHOPTS, PS4, IFS, GCONV_PATH, GLIBC_TUNABLES), nor PENSTOCK_*.
//
// What the language has but this version does not (trigger, input, retry,
// rule, matrix, placeholders, secrets and others) is refused by name. A pipeline
// whose retry was ignored would be worse than one that is refused.
//
// # Tests
//
// Tests stand beside the pipeline, nightly.test.toml beside nightly.toml. Each
// says what a run is started with, how its steps end, what people do meanwhile
// and what is to come of it. Nothing is performed.
//
//	pipeline = "nightly.toml"      # default: the file beside them, named without .test
//
//	[[test]]
//	name         = "a failed dump is tried again"
//	inputs       = { keep = 3 }
//	variables    = { PGHOST = "replica" }
//	source       = "schedule"      # why the run exists; default command
//	actor        = "alice"         # default test
//	trigger      = "nightly"       # its name; default none
//	scheduled_at = "2026-03-29T02:30:00+02:00" # what the trigger was due at
//	clock        = "2026-03-29T00:30:00Z" # when the run is created; default 2000-01-01T00:00:00Z
//	places       = 2               # steps that work at a time; default no bound
//
//	  [[test.step]]                # default of every step: success after 1s
//	  name     = "dump"            # or a cell of a matrix, or the matrix for all of its cells
//	  attempts = [                 # in turn; beyond the list the last again
//	    "failed",                  # short for { status = "failed" }
//	    { status = "failed", reason = "script_failure", exit_code = 3, duration = "20s" },
//	    { duration = "10s", outputs = { dir = "ab" } },
//	  ]
//
//	  [[test.event]]
//	  at     = "30s"               # after the run was created; default at once
//	  expect = { run = "manual" }  # just before
//	  play   = ["deploy"]          # or retry, cancel, unschedule, pause, resume
//	  actor  = "bob"               # default test
//	  variables = { FORCE = 1 }    # with play and retry
//
//	  [[test.event]]
//	  at      = "40s"
//	  retry   = ["dump"]           # true is the whole run; so is cancel = true
//	  from    = true               # everything after it as well
//	  refused = "still running"    # a regular expression of the refusal
//
//	  [test.expect]                # what is not named is not looked at
//	  run      = "success"
//	  warnings = true
//	  absent   = ["clean"]         # steps that rules left out
//	  order    = [["dump", "check"], "upload"] # all of an element end before the next begins
//	  duration = "35s"             # in which steps worked
//	  elapsed  = "1m"              # until nothing happens any more
//	  stages   = { dump = "success" }
//	  steps    = { dump = "success", "check: [linux]" = "failed" }
//	  reasons  = { "check: [linux]" = "script_failure" }
//	  attempts = { dump = 2 }
//	  with     = { upload = { url = "https://backup.internal/1.sql" } } # what a step gets
//	  environment = { upload = { PGHOST = "replica" } }
//
//	[[test]]
//	name   = "keep is a number"
//	inputs = { keep = "many" }
//	expect = { refused = "keep.*number" } # there is no run, because
//
// # The daemon
//
//	state       = "/var/lib/penstock"             # default: see DefaultPaths
//	socket      = "/run/penstock/penstock.sock"   # default: see DefaultPaths
//	plugin_dirs = ["/usr/lib/penstock/plugins"]
//
//	[log]                          # SIGHUP reloads
//	level  = "info"                # debug | info | warn | error
//	format = "text"                # text | json
//
//	[steps]                        # SIGHUP reloads
//	max_running = 16               # default: 4 for each CPU, at least 8
//	grace       = "10s"            # between TERM and KILL
//	log_limit   = "256MiB"         # of one attempt; bytes, or KB MB GB KiB MiB GiB
//
//	[plugins]
//	idle   = "30s"                 # SIGHUP reloads
//	cgroup = "auto"                # auto | off | an absolute path
//	# SIGHUP reloads the pins
//	sha256 = { shell = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }
//
//	[storage]
//	min_free = "1GiB"              # SIGHUP reloads; below it new runs are refused
//	ballast  = "64MiB"
//
//	[access]                       # SIGHUP reloads; @ means a group
//	viewers   = ["@staff", "1001"]
//	operators = ["alice"]
//	admins    = ["@1002"]
//
// # Limits
//
// A text has at most 256 KiB, lines of 8 KiB, brackets 64 deep and 16 dots in a
// key; and the bytes of its keys, each counted with those of the tables around
// it, have a bound that only a text made to be slow comes near. The limits hold
// before a decoder sees the text: its cost is quadratic in long keys and deep
// tables, and deep brackets overflow its stack, which no program survives. At
// most 1000 problems are listed.
//
// # Why two TOML parsers
//
// BurntSushi/toml decodes, to maps only. pelletier/go-toml's parser tells where
// each value stands, which the first does not know inside arrays of tables. One
// of our own was refused: the syntax has corners that both have tests for.
package config
