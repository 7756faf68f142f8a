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
//	type        = "dynamic"        # standard (default): no value changes from run to run | dynamic
//	order       = "parallel"       # of the steps in a stage: parallel (default) | serial
//	workspace   = "run"            # one directory for the run (default) | "step": one for each step
//	priority    = 10               # -100 to 100, default 0: whose steps begin first
//	timeout     = "4h"             # of a run, from its first step on: ns us ms s m h d w; default none
//	max_parallel = 4               # steps of a run that work at a time; default no bound
//	overlap     = { policy = "queue", limit = 2 } # or a policy alone; the limit is 1 by default:
//	                               # allow (default) | queue | queue_one | skip | cancel
//	auto_cancel = { on_new_run = "none", on_step_failure = "all" }
//	                               # none (default) | conservative | interruptible; none (default) | all
//	retention   = { age = "90d", count = 200, failed = { age = "365d" } }
//	                               # age from 1d to 365d; also success, canceled, skipped; default for ever
//	run_name    = "{{ inputs.database }} by {{ run.actor }}" # of its runs, for people; default none
//	labels      = { team = "db" }  # of its runs, to find them by; values as of variables
//
//	[[trigger]]                    # at most 100; each makes runs by itself
//	name     = "evening"           # its own in the pipeline; default its kind: schedule, after, files, key
//	schedule = "30 18 * * mon-fri" # when: package cron has the language
//	timezone = "Europe/Berlin"     # IANA; default UTC
//	from     = 2026-01-01          # a date, a date and time, or either in quotes; in the time zone
//	until    = "2026-12-31T12:00"  # no instant at or after it
//	jitter   = { max = "5m", random = true } # how much later a run may start: 1s to 24h; or "5m", which
//	                               # is the same for ever
//	include  = ["business-hours"]  # calendars of the daemon: only what is in one of them counts
//	exclude  = ["holidays"]        # what is in one of them does not
//	shift    = "next"              # where that goes: none (default) | next | previous
//	catch_up = "one"               # of what was missed: one (default) | all | none
//	window   = "12h"               # how late, 1m to 31d; default 24h
//	inputs    = { keep = 30 }      # of the runs; what has no default must be there
//	variables = { WHEN = "{{ trigger.scheduled_at }}" }
//	overlap   = "skip"             # default the pipeline's; of every kind of trigger, as what follows
//	sub_queue = "evening"          # at most 25 bytes; default none
//	pause_on_failure = true        # a run that fails pauses the trigger; default false
//
//	[[trigger]]
//	after  = { pipeline = "build", status = ["success", "failed"] } # or "build", whose success counts
//	inputs = { database = "{{ upstream.outputs.pack.name }}" }
//
//	[[trigger]]
//	files  = { pattern = "/var/spool/in/*.sql", settle = "5s", claim = "/var/spool/claimed" }
//	                               # or a pattern; settle, 100ms to 1d, is 2s by default; claim: none
//	inputs = { database = "{{ file.name }}" }
//
//	[[trigger]]
//	key    = "github"              # calls with trigger keys of that name: what their payload becomes
//	inputs = { database = "{{ payload.repository.name ?? 'app' }}" }
//
//	[[input]]                      # at most 20; only a dynamic pipeline has any
//	name        = "keep"           # [A-Za-z_][A-Za-z0-9_-]{0,62}
//	type        = "number"         # string (default) | number | boolean | array
//	default     = 7                # without one every run must give it
//	options     = [1, 7, 30]       # at most 50; of strings and numbers
//	description = "How many copies stay"
//
//	[[input]]
//	name    = "database"
//	default = "app"
//	regex   = "[a-z]+"             # RE2, of the whole string
//
//	[variables]                    # of every step's environment; strings, numbers, booleans
//	PGHOST = "db.internal"
//	TARGET = "{{ inputs.database }}.sql"
//
//	[[rule]]                       # is there a run? the first that holds says so, and none says no
//	if   = 'run.source == "schedule" and trigger.name == "test"'
//	when = "never"                 # always (default) | never
//
//	[[rule]]
//	variables   = { PGUSER = "backup" } # over the pipeline's
//	auto_cancel = { on_new_run = "interruptible" } # what it names, instead of the pipeline's
//
//	[[stage]]                      # at least one; they run in this order
//	name  = "dump"
//	order = "serial"               # default: the pipeline's
//	skip  = false                  # true leaves its steps out; the run goes on
//	variables = { PGUSER = "reader" } # wins over the pipeline's
//
//	  [[stage.step]]               # at least one in a stage
//	  name    = "dump"             # its own in the whole pipeline
//	  uses    = "shell"            # the step type: which plugin
//	  dir     = "out"              # below the workspace; default the workspace
//	  with    = { script = 'pg_dump "$DATABASE" > "$TARGET"' } # settings: what the plugin says
//	  variables = { DATABASE = "{{ inputs.database }}" } # wins over the stage's
//	  timeout         = "20m"      # of the work of an attempt; default none
//	  silence_timeout = "5m"       # without a byte of output
//	  waiting_timeout = "1d"       # for a place or a resource
//	  resource_group  = "database/{{ vars.PGHOST }}" # one step at a time, of all runs
//	  interruptible   = true       # auto_cancel may end it; default false
//	  retry = { max = 2, when = ["script_failure"], exit_codes = [75], delay = "10s", backoff = 2, max_delay = "5m", jitter = 0.5 }
//	                               # or a number, 0 to 10; reasons: always script_failure step_timeout
//	                               # stuck_or_timeout plugin_failure plugin_missing lost
//	                               # downstream_pipeline_creation_failed downstream_pipeline_failed
//
//	[[stage]]
//	name = "store"
//
//	  [[stage.step]]
//	  name  = "upload"
//	  uses  = "http"
//	  needs = ["dump"]             # leaves stage order; [] starts at once; at most 50
//	  when  = "on_success"         # on_success (default) | on_failure | always | manual | delayed
//	  allow_failure = { exit_codes = [22] } # or true, false; default false, of a manual step true
//	  matrix = [                   # a step for each choice: 3 here, at most 200; values are variables too
//	    { SITE = ["north", "south"], COPY = 1 },
//	    { SITE = "east", COPY = 2 },
//	  ]
//	  max_parallel = 2             # of them at a time; default no bound
//	  fail_fast    = true          # a failed one cancels the others; default false
//
//	    [stage.step.with]
//	    method = "PUT"
//	    url    = "https://{{ matrix.SITE }}.internal/{{ run.number }}.sql"
//	    file   = "out/app.sql"
//
//	  [[stage.step]]
//	  name     = "check"
//	  uses     = "shell"
//	  parallel = 2                 # as many copies, at most 200; or { number = 2 }, or { matrix = … }
//	  needs    = [
//	    "upload: [north, 1]",      # one of a matrix; of copies "check 1/2"
//	    { step = "upload", matrix = [{ SITE = "east" }], optional = true, artifacts = false },
//	  ]                            # optional: it may be absent
//	  variables = { ETAG = "{{ steps['upload@1'].outputs.etag }}" }
//	  with      = { script = 'check "$ETAG"' }
//
//	  [[stage.step]]
//	  name  = "publish"
//	  uses  = "shell"
//	  when  = "manual"
//	  manual_confirmation = "Publish the dump?"
//	  with  = { script = "publish" }
//	  rule  = [                    # is it in the run, and how? the first that holds says so, and none says no
//	    { if = "inputs.keep < 7", when = "never" },
//	    { if = 'run.actor == "night"', when = "delayed", start_in = "1h", allow_failure = true },
//	    { variables = { WHO = "a person" }, needs = ["upload"], interruptible = true },
//	  ]
//
//	  [[stage.step]]
//	  name = "deploy"
//	  uses = "pipeline"            # built into the daemon: it starts another run
//
//	    [stage.step.with]
//	    pipeline  = "deploy"       # or inline = """the text of a child""", or file = "gen/child.toml"
//	    strategy  = "depend"       # none (default) | depend | mirror: what it takes over of the run
//	    forward   = { yaml_variables = true, pipeline_variables = false }
//	    inputs    = { version = "{{ inputs.database }}" }
//	    variables = { SITE = "north" }
//
//	  [[stage.step]]
//	  name = "later"
//	  uses = "shell"
//	  skip = true                  # left out; the run goes on
//	  when = "delayed"
//	  start_in = "30m"             # from 1s to 1w, always beside delayed
//	  with = { script = "true" }
//
// A step may need steps of its stage and of earlier ones; in a serial stage
// only those before it, because there each follows the one before. The same holds
// for steps whose outputs it reads: each is one more step that must be over. No
// needs, outputs and rows may close a circle, whichever rules are chosen. Settings
// hold what JSON can carry: dates go in quotes. A pipeline cannot set variables
// which change how every program starts (LD_*, BASH_ENV, ENV, SHELLOPTS,
// BASHOPTS, PS4, IFS, GCONV_PATH, GLIBC_TUNABLES), nor PENSTOCK_*.
//
// Cells of a matrix are named as GitLab does, after their values in the order of
// the text, and two of one name are one (see [Step.Cells]). A rule's when is the
// step's own unless it names one, and so is its allow_failure: a step that is
// manual by a rule alone must not fail. What a manual step may by default ends
// where a rule makes it begin by itself.
//
// A trigger is judged as the run that it starts will be: an input that does not
// exist, a constant that its input does not take, and an input that nobody gives
// and that has no default are errors (the callers of a key may give it). Whether
// calendars exist only a daemon knows: see [Source.CheckCalendars].
//
// A child (inline, or a file that an earlier step wrote, a path below the
// workspace) is a run inside of the run that starts it. Its text is a
// pipeline that needs no name, is dynamic by default, and has no trigger, overlap, retention and
// auto_cancel.on_new_run; its placeholders are its own, and it gets values as
// inputs and variables. Strategy and forward are known when a text is read; the
// other settings may hold placeholders.
//
// What the language has but this version does not (artifacts, cache,
// environment, run_as, secrets) is refused by name. A pipeline whose cache was
// ignored would be worse than one that is refused.
//
// # Placeholders
//
// `{{ … }}` holds an expression; package expression has the language. They stand
// in variables, in settings, in resource_group, in the matrix of a need, in
// run_name and labels and in what a trigger gives, and nowhere else; `if` is such an expression without braces. What they may name:
//
//	                          inputs  vars of                  run, pipeline,  matrix  steps
//	                                                           trigger
//	variables of the pipeline   x                                    x
//	variables of a stage        x     the pipeline                   x
//	variables of a step         x     pipeline and stage             x           x       x
//	settings                    x     pipeline, stage and step       x           x       x
//	resource_group              x     pipeline, stage and step    not late       x
//	run_name, labels            x     the pipeline               not late
//	if, matrix of a need, and inputs and variables of a trigger: see below
//
// A variable never names one of its own table: {{ vars.PATH }} in the variables of
// a step is that of the stage or the pipeline. The variables of a rule see those
// that they win over; one that only a rule sets cannot be named. A condition is
// decided when the run is created: it sees inputs, run.source, run.actor, the
// trigger, the variables that are known then and, in a step, its matrix. The matrix
// of a need sees that of the step which needs. Of a matrix those names can be used
// that all its entries have; they are variables as well, and so are
// PENSTOCK_NODE_INDEX and PENSTOCK_NODE_TOTAL of a step that is several. An output
// of such a step is that of one: steps["test@2"].outputs.size is that of the second.
//
// What a trigger gives is made before there is a run: it sees the trigger, the
// pipeline and what the trigger heard of (upstream, file, payload).
//
// A standard pipeline has no placeholder whose value may differ from run to run.
//
// Shell text (script, before_script and after_script of any plugin) takes none: a
// value in it could become code. What a person meant as one is refused there, and
// what is some other program's, such as docker's {{.Names}}, is left alone.
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
//	trigger      = "nightly"       # whose inputs and variables the run gets too; default none
//	source       = "schedule"      # why the run exists; default what the trigger makes, else command
//	actor        = "alice"         # default test
//	scheduled_at = "2026-03-29T02:30:00+02:00" # what it was due at; default the clock, of a schedule
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
//	name     = "the version comes from the build"
//	trigger  = "after"
//	upstream = { pipeline = "build", run = "build/7", status = "success", outputs = { pack = { name = "app" } } }
//	                               # default: a success, /1 of the pipeline that the trigger follows
//	expect   = { inputs = { database = "app" }, name = "app by test", labels = { team = "db" } }
//
//	[[test]]
//	name    = "a file"
//	trigger = "files"
//	file    = { path = "/var/spool/in/app.sql", size = 12 } # or a path
//	expect  = { inputs = { database = "app.sql" } }
//
//	[[test]]
//	name    = "a call"
//	trigger = "key"
//	payload = { repository = { name = "app" } } # or JSON in quotes
//	expect  = { inputs = { database = "app" } }
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
//	[schedules]                    # SIGHUP reloads, for the next daily sweep
//	ledger_age   = "400d"          # how long the records of due instants are kept
//	ledger_count = 10000           # and how many of a trigger
//
//	[access]                       # SIGHUP reloads; @ means a group
//	viewers   = ["@staff", "1001"]
//	operators = ["alice"]
//	admins    = ["@1002"]
//
//	[http]                         # trigger keys over HTTP; without listen there is no listener
//	listen   = "127.0.0.1:8420"    # or ":8420", "[::1]:8420", "unix:/run/penstock/http.sock"
//	tls_cert = "/etc/penstock/tls/cert.pem"
//	tls_key  = "/etc/penstock/tls/key.pem"
//	# SIGHUP reloads these, and reads the two files again
//	trusted_proxies = ["10.0.0.1", "unix"] # whose X-Forwarded-For is believed; default nobody's
//	allow           = ["10.0.0.0/8"]       # who may call at all; default everybody
//	metrics         = ["10.0.0.5"]         # who may read /metrics; default nobody
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
