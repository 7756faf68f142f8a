package daemon

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// access maps the numeric ids that the kernel vouches for to roles. Names are
// resolved once, when the configuration is read: a request can never bring one.
type access struct {
	users, groups map[int]rpc.Role
}

// newAccess resolves the [access] table. The daemon's own user and root are
// admins, whatever it says; nobody else has a role unless it says so.
func newAccess(c config.Access) (*access, error) {
	a := &access{users: map[int]rpc.Role{}, groups: map[int]rpc.Role{}}
	for _, grant := range []struct {
		role rpc.Role
		who  []string
	}{{rpc.Viewer, c.Viewers}, {rpc.Operator, c.Operators}, {rpc.Admin, c.Admins}} {
		for _, who := range grant.who {
			if err := a.grant(who, grant.role); err != nil {
				return nil, err
			}
		}
	}
	a.users[0], a.users[os.Getuid()] = rpc.Admin, rpc.Admin
	return a, nil
}

// CheckAccess says whether everybody whom the [access] table names exists.
func CheckAccess(c config.Access) error {
	_, err := newAccess(c)
	return err
}

// open reports whether anybody but the daemon's own user and root has a role.
func (a *access) open() bool {
	return len(a.groups) > 0 || slices.ContainsFunc(keys(a.users), func(uid int) bool {
		return uid != 0 && uid != os.Getuid()
	})
}

func keys(m map[int]rpc.Role) (ids []int) {
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}

// grant gives a role; the higher one wins.
func (a *access) grant(who string, role rpc.Role) error {
	name, isGroup := strings.CutPrefix(who, "@")
	ids, id, err := a.users, -1, error(nil)
	if isGroup {
		ids = a.groups
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

// role is the highest that the peer's user or any of its groups has.
func (a *access) role(p rpc.Peer) rpc.Role {
	role := a.users[int(p.UID)]
	for _, g := range append([]uint32{p.GID}, p.Groups...) {
		role = max(role, a.groups[int(g)])
	}
	return role
}

// authorize is rpc.ServerOptions's: it refuses a method that the peer's role
// does not reach.
func (d *Daemon) authorize(_ context.Context, p rpc.Peer, method string) error {
	return rpc.Permit(method, d.roles[method], d.access.Load().role(p))
}

// peerName is the caller's user name as the system has it, for people to read.
func peerName(p rpc.Peer) string {
	u, err := user.LookupId(strconv.Itoa(int(p.UID)))
	if err != nil {
		return fmt.Sprintf("uid %d", p.UID)
	}
	return u.Username
}
