package daemon

import (
	"errors"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/rpc"
)

// refuse makes f the record of why its run is refused. An error that is no
// refusal stays one.
func refuse(f *engine.Firing, err error) error {
	why := refusedBy(err)
	if why == "" {
		return err
	}
	f.Start = nil
	f.Tick.Decision, f.Tick.Reason, f.Tick.Message = schedule.Skipped, schedule.Refused, why
	return nil
}

// refusedBy is why a run is refused, for the ledger; "" where err is no refusal:
// it is merely in the way of a run, and may be over later.
func refusedBy(err error) string {
	var family *familyError
	var refusal *plan.Refusal
	var coded *rpc.Error
	var problems config.Problems
	switch {
	case errors.As(err, &family):
		return short(family.Error())
	case errors.As(err, &refusal):
		return short(refusal.Error())
	case errors.As(err, &coded):
		return short(coded.Error())
	case errors.As(err, &problems): // an older version took the text
		return short(problems.Error())
	}
	return ""
}

// short bounds what is kept of a message, in bytes, and cuts no letter in two.
func short(message string) string {
	const most = 1 << 10
	if len(message) <= most {
		return message
	}
	return strings.ToValidUTF8(message[:most], "") + "…"
}
