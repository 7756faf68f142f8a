package rpc

import "fmt"

// Role says how far a caller reaches. Each role reaches all that a lower one
// does.
type Role int

// The roles, in their order.
const (
	NoRole   Role = iota // reaches nothing
	Viewer               // reads
	Operator             // starts, steers and cancels runs, pauses
	Admin                // changes and deletes
)

// String returns viewer, operator or admin, and "" for NoRole.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Operator:
		return "operator"
	case Admin:
		return "admin"
	}
	return ""
}

// ParseRole is the inverse of String, and refuses "".
func ParseRole(s string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if s == r.String() {
			return r, nil
		}
	}
	return NoRole, fmt.Errorf("unknown role %q: it is viewer, operator or admin", s)
}

// Roles returns the role that each method needs. What is not in it is not
// callable.
func Roles() map[string]Role {
	roles := map[string]Role{}
	for _, m := range methods() {
		roles[m.name] = m.role
	}
	return roles
}

// Permit refuses the method with CodePermission unless the caller's role
// reaches what it needs. Nothing reaches a need of NoRole.
func Permit(method string, needs, role Role) error {
	if needs != NoRole && role >= needs {
		return nil
	}
	yours := role.String()
	if yours == "" {
		yours = "none"
	}
	return &Error{
		Code:    CodePermission,
		Message: fmt.Sprintf("%s needs the role %s and yours is %s: an admin of the daemon grants it in [access] of its configuration", method, needs, yours),
		Data:    PermissionData{Method: method, Needs: needs.String(), Role: role.String()},
	}
}
