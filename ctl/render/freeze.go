package render

import "github.com/penstock/penstock/rpc"

// Freeze is a line on the freeze that is in force; "" without one.
func (s Style) Freeze(f *rpc.Freeze) string {
	if f == nil {
		return ""
	}
	return s.paint(red, "frozen "+s.frozenBy(*f)) + "\n"
}

// Lifted is a line on the freeze that was; "" without one.
func (s Style) Lifted(f *rpc.Freeze) string {
	if f == nil {
		return ""
	}
	return "lifted: " + s.Freeze(f)
}

// frozenBy says who froze everything, since when, until when and why.
func (s Style) frozenBy(f rpc.Freeze) string { return s.decree(f.Actor, f.At, f.Until, f.Reason) }
