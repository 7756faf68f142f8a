package listener

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/penstock/penstock/config"
)

// call is a request under way.
type call struct {
	*Listener
	w        *status
	r        *http.Request
	route    route
	settings *settings
	from     netip.Addr        // who calls; the zero Addr over a Unix socket
	digest   [sha256.Size]byte // of the body: by it the log can be held against what a sender keeps
	place    *place            // one of the calls that are read and performed at a time
	slow     bool              // its body did not come in time
	came     time.Time         // when the head was read
}

// health says whether runs can be started.
func (c *call) health() {
	from, err := c.caller()
	if c.from = from; err != nil || !c.allows(from) {
		c.refuse("the address is not allowed")
		return
	}
	if why := c.daemon.Unhealthy(); why != "" {
		c.write(http.StatusServiceUnavailable, health{"failing", why})
		return
	}
	c.write(http.StatusOK, health{Status: "ok"})
}

// health is the answer of /healthz.
type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

func (c *call) allows(from netip.Addr) bool {
	return c.settings.allow.Empty() || c.settings.allow.Has(from)
}

// showMetrics shows the metrics to whom the configuration names.
func (c *call) showMetrics() {
	from, err := c.caller()
	if c.from = from; err != nil || !c.settings.metrics.Has(from) {
		c.refuse("the address is not in http.metrics")
		return
	}
	c.metrics.ServeHTTP(c.w, c.r)
}

// start admits the caller and starts what is asked for.
func (c *call) start() {
	from, err := c.caller()
	if err != nil {
		c.refuse(err.Error())
		return
	}
	c.from = from
	if wait, ok := c.failures.left(network(from), c.now()); !ok {
		c.busy("too_many_failures", "too many calls from this address were refused", wait)
		return
	}
	asked, run, err := c.perform()
	var stranger *unproven
	switch {
	case errors.As(err, &stranger):
		c.failures.take(network(from), c.now())
		c.refuse(stranger.why, stranger.about()...)
	case errors.Is(err, errPing):
		c.write(http.StatusOK, problem{Code: "ping", Message: "the signature is right; a ping starts nothing"})
	case err != nil:
		c.fail(err)
	default:
		c.succeed(asked, run)
	}
}

// perform admits the caller and starts the run, one of so many at a time.
func (c *call) perform() (asked *Call, run Run, err error) {
	var ok bool
	if c.place, ok = c.places().take(c.share()); !ok {
		return nil, run, errBusy
	}
	defer c.place.free()
	if asked, err = c.admitted(); err != nil {
		return nil, run, err
	}
	if !c.connection().place.keep() {
		return nil, run, errBusy // nobody would hear of the run
	}
	run, err = c.daemon.Start(c.whole(), *asked)
	return asked, run, err
}

// whole is the context of what is done to its end once it has begun. That of
// the request ends when the caller closes its half of the connection (nc does, when
// it has sent all), which waits for an answer all the same; and one that has gone
// may have its run by then.
func (c *call) whole() context.Context { return context.WithoutCancel(c.r.Context()) }

// places are those that the call takes one of. Whoever shows no key can send a
// body as slowly as may be: that keeps none waiting who does.
func (c *call) places() *places {
	if c.shown() != "" {
		return c.calls
	}
	return c.strangers
}

// shown is the secret that comes before the body; "" is none.
func (c *call) shown() string {
	switch {
	case c.route.name == routeGitLab:
		return c.r.URL.Query().Get("token")
	case c.route.name == routeHook && c.isSigned():
		return ""
	case c.route.name == routeHook && c.header("X-Gitlab-Token") != "":
		return c.header("X-Gitlab-Token")
	}
	return c.bearer()
}

// share is whose places the call takes one of.
func (c *call) share() netip.Prefix {
	if c.settings.trusted.Has(c.from) {
		return netip.Prefix{}
	}
	return network(c.from)
}

var errBusy = &Refusal{Status: http.StatusServiceUnavailable, Code: "busy", Message: "too many calls at a time; come again"}

// succeed answers with the run, once it is over where the caller asked to wait.
func (c *call) succeed(asked *Call, run Run) {
	c.log.Info("a call started a run", "run", run.Name, "duplicate", run.Duplicate, "key", asked.Key.ID, "route", c.route.name, "from", c.origin(),
		"body", hex.EncodeToString(c.digest[:]))
	wait, err := c.wait()
	if err != nil {
		c.fail(err) // it was checked before
		return
	}
	if wait > 0 && !run.Over {
		run = c.await(run, wait)
	}
	switch {
	case c.route.name == routeGitLab:
		c.write(http.StatusCreated, startedGitLab{run.answer(), run.Number, asked.Ref, "trigger"})
	case wait > 0 && run.Over:
		c.write(http.StatusOK, run.answer())
	default:
		c.write(http.StatusAccepted, run.answer())
	}
}

// maxWait bounds ?wait.
const maxWait = 10 * time.Minute

// wait is how long the caller asks to wait; 0 is not at all.
func (c *call) wait() (time.Duration, error) {
	text := c.r.URL.Query().Get("wait")
	if text == "" {
		return 0, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil || d > maxWait {
		return 0, &Refusal{Status: http.StatusBadRequest, Code: "invalid", Message: "wait: want a duration of at most 10m, such as 30s"}
	}
	return d, nil
}

// await waits for the end of a run. Where nobody else may wait, or the daemon
// stops, the run is as it was.
func (c *call) await(run Run, wait time.Duration) Run {
	place, ok := c.waits.take(c.share())
	if !ok {
		return run
	}
	defer place.free()
	control := http.NewResponseController(c.w)
	if err := control.SetWriteDeadline(time.Now().Add(wait + c.times.Answer)); err != nil {
		c.log.Debug("a deadline cannot be set", "error", err)
		return run
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), wait)
	defer cancel()
	now, err := c.daemon.Await(ctx, run.ID)
	if errors.Is(err, NotFound) {
		c.log.Info("a run was deleted while its caller waited for it", "run", run.Name)
		return run
	}
	if err != nil {
		c.log.Error("a run that was started cannot be read", "run", run.Name, "error", err)
		return run
	}
	now.Duplicate = run.Duplicate
	return now
}
