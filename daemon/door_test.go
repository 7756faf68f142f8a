package daemon

import (
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/engine"
)

func TestAnEngineIsUnwellThatIsAtOneTurnForLong(t *testing.T) {
	for _, test := range []struct {
		busy time.Duration
		err  error
		want string
	}{
		{0, nil, ""},
		{longTurn, nil, ""},
		{longTurn + 1, nil, "slow"},
		{time.Hour, nil, "slow"},
		{0, engine.ErrStopping, "stopping"},
	} {
		if why := unwell(test.busy, test.err); why != test.want {
			t.Errorf("busy for %s, %v: %q, want %q", test.busy, test.err, why, test.want)
		}
	}
}
