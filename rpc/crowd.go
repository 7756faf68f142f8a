package rpc

import "time"

// crowd bounds what the log says of connections that were refused: who is
// refused may ask again at once, and must not fill it.
type crowd struct {
	said   time.Time // when the log had the last word on it
	unsaid int       // refused since then
}

// add counts a refusal, and tells whether a word is due and of how many before
// this one nothing was said.
func (c *crowd) add(now time.Time, pause time.Duration) (before int, due bool) {
	if now.Sub(c.said) < pause {
		c.unsaid++
		return 0, false
	}
	before, c.said, c.unsaid = c.unsaid, now, 0
	return before, true
}

// noteRefusal logs why a connection was refused, unless it has just logged
// another.
func (v *server) noteRefusal(why error) {
	v.mu.Lock()
	before, due := v.crowd.add(time.Now(), v.lim.refusal)
	v.mu.Unlock()
	if due {
		v.log.Warn("connection refused", "err", why, "others_before", before)
	}
}
