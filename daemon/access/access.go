// Package access says what each caller of the socket may do.
//
// A caller is who the kernel says it is (SO_PEERCRED), and has the highest role
// that the [access] table of the configuration gives to its user or to any of its
// groups. Names of users and groups are resolved once, when the configuration is
// read: a request can never bring one, and a user who is renamed meanwhile keeps
// the role of its number until the next reload.
//
// The daemon's own user and root are admins whatever the table says: whoever can
// write the state directory needs no permission. Nobody else has a role that the
// table does not give, and what the table of methods does not name is closed to
// all.
package access

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// Table maps the numeric ids that the kernel vouches for to roles.
type Table struct {
	users, groups map[int]rpc.Role
	needs         map[string]rpc.Role // by the method
}

// Read resolves the [access] table. An error names who is not a user, or a
// group, of this machine.
func Read(c config.Access) (*Table, error) {
	t := &Table{users: map[int]rpc.Role{}, groups: map[int]rpc.Role{}, needs: rpc.Roles()}
	for _, grant := range []struct {
		role rpc.Role
		who  []string
	}{{rpc.Viewer, c.Viewers}, {rpc.Operator, c.Operators}, {rpc.Admin, c.Admins}} {
		for _, who := range grant.who {
			if err := t.grant(who, grant.role); err != nil {
				return nil, err
			}
		}
	}
	t.users[0], t.users[os.Getuid()] = rpc.Admin, rpc.Admin
	return t, nil
}

// Open reports whether anybody but the daemon's own user and root has a role.
func (t *Table) Open() bool {
	for uid := range t.users {
		if uid != 0 && uid != os.Getuid() {
			return true
		}
	}
	return len(t.groups) > 0
}

// grant gives a role; the higher one wins.
func (t *Table) grant(who string, role rpc.Role) error {
	name, isGroup := strings.CutPrefix(who, "@")
	ids, id, err := t.users, -1, error(nil)
	if isGroup {
		ids = t.groups
		id, err = groupID(name)
	} else {
		id, err = userID(name)
	}
	if err != nil {
		return fmt.Errorf("[access] %q: %w", who, err)
	}
	ids[id] = max(ids[id], role)
	return nil
}

func userID(name string) (int, error) {
	if id, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int(id), nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return -1, fmt.Errorf("no such user")
	}
	return strconv.Atoi(u.Uid)
}

func groupID(name string) (int, error) {
	if id, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int(id), nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return -1, fmt.Errorf("no such group")
	}
	return strconv.Atoi(g.Gid)
}

// Role is the highest that the peer's user or any of its groups has.
func (t *Table) Role(p rpc.Peer) rpc.Role {
	role := t.users[int(p.UID)]
	for _, g := range append([]uint32{p.GID}, p.Groups...) {
		role = max(role, t.groups[int(g)])
	}
	return role
}

// Permit refuses a method that the peer's role does not reach.
func (t *Table) Permit(p rpc.Peer, method string) error {
	return rpc.Permit(method, t.needs[method], t.Role(p))
}

// UserName is the peer's user as the system calls it, for people to read.
func UserName(p rpc.Peer) string {
	u, err := user.LookupId(strconv.Itoa(int(p.UID)))
	if err != nil {
		return fmt.Sprintf("uid %d", p.UID)
	}
	return u.Username
}
