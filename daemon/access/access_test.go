package access

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// Numbers that no user and no group of the machine is likely to have.
const (
	stranger uint32 = 4100000001
	nobodys  uint32 = 4100000002
)

// granted has a user and a group for each role, and some who are named twice.
func granted() config.Access {
	return config.Access{
		Viewers:   []string{"4100000011", "@4100000021", "4100000014", "@4100000024"},
		Operators: []string{"4100000012", "@4100000022", "4100000014"},
		Admins:    []string{"4100000013", "@4100000023", "@4100000024"},
	}
}

func TestTheAccessTableGivesRoles(t *testing.T) {
	a, err := Read(granted())
	if err != nil {
		t.Fatal(err)
	}
	own := uint32(os.Getuid())
	for _, c := range []struct {
		what string
		peer rpc.Peer
		want rpc.Role
	}{
		{"nobody", rpc.Peer{UID: stranger, GID: nobodys}, rpc.NoRole},
		{"root", rpc.Peer{UID: 0, GID: nobodys}, rpc.Admin},
		{"the daemon's user", rpc.Peer{UID: own, GID: nobodys}, rpc.Admin},
		{"root's group", rpc.Peer{UID: stranger, GID: 0, Groups: []uint32{0}}, rpc.NoRole},
		{"a viewer", rpc.Peer{UID: 4100000011, GID: nobodys}, rpc.Viewer},
		{"an operator", rpc.Peer{UID: 4100000012, GID: nobodys}, rpc.Operator},
		{"an admin", rpc.Peer{UID: 4100000013, GID: nobodys}, rpc.Admin},
		{"the higher of two", rpc.Peer{UID: 4100000014, GID: nobodys}, rpc.Operator},
		{"a group's number is no user", rpc.Peer{UID: 4100000023, GID: nobodys}, rpc.NoRole},
		{"a user's number is no group", rpc.Peer{UID: stranger, GID: 4100000013}, rpc.NoRole},
		{"by the first group", rpc.Peer{UID: stranger, GID: 4100000021}, rpc.Viewer},
		{"by a further group", rpc.Peer{UID: stranger, GID: nobodys, Groups: []uint32{nobodys, 4100000022}}, rpc.Operator},
		{"by the best of the groups", rpc.Peer{UID: 4100000011, GID: 4100000022, Groups: []uint32{4100000024, 4100000021}}, rpc.Admin},
		{"by the user above the group", rpc.Peer{UID: 4100000013, GID: 4100000021}, rpc.Admin},
	} {
		if got := a.Role(c.peer); got != c.want {
			t.Errorf("%s: %q, not %q", c.what, got, c.want)
		}
	}
}

func TestRootAndTheDaemonsUserCannotBeLowered(t *testing.T) {
	a, err := Read(config.Access{Viewers: []string{"0", strconv.Itoa(os.Getuid())}})
	if err != nil {
		t.Fatal(err)
	}
	for _, uid := range []int{0, os.Getuid()} {
		if got := a.Role(rpc.Peer{UID: uint32(uid)}); got != rpc.Admin {
			t.Errorf("%d: %s", uid, got)
		}
	}
}

func TestNamesAreLookedUpWhenTheTableIsRead(t *testing.T) {
	u, err := user.Lookup("daemon")
	if err != nil {
		t.Skip("this machine has no user daemon: ", err)
	}
	g, err := user.LookupGroup("daemon")
	if err != nil {
		t.Skip("this machine has no group daemon: ", err)
	}
	a, err := Read(config.Access{Viewers: []string{"daemon"}, Operators: []string{"@daemon"}})
	if err != nil {
		t.Fatal(err)
	}
	uid, gid := number(t, u.Uid), number(t, g.Gid)
	if got := a.Role(rpc.Peer{UID: uid, GID: nobodys}); got != rpc.Viewer {
		t.Errorf("the user: %q", got)
	}
	if got := a.Role(rpc.Peer{UID: stranger, GID: gid}); got != rpc.Operator {
		t.Errorf("the group: %q", got)
	}
}

func number(t *testing.T, id string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

func TestANameOfNobodyIsAnError(t *testing.T) {
	for who, says := range map[string]string{
		"no-such-user-here": "no such user", "@no-such-group-here": "no such group",
		"+4100000011": "no such user", "-7": "no such user", "@+4100000011": "no such group", "@-7": "no such group",
	} {
		_, err := Read(config.Access{Operators: []string{who}})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), strconv.Quote(who)) {
			t.Errorf("%s: %v", who, err)
		}
	}
}

func TestTheSocketIsOpenOnlyWhereSomebodyElseHasARole(t *testing.T) {
	own := strconv.Itoa(os.Getuid())
	for _, c := range []struct {
		access config.Access
		want   bool
	}{
		{config.Access{}, false},
		{config.Access{Admins: []string{"0", own}}, false},
		{config.Access{Viewers: []string{"4100000011"}}, true},
		{config.Access{Viewers: []string{"@4100000021"}}, true},
	} {
		a, err := Read(c.access)
		if err != nil {
			t.Fatal(err)
		}
		if a.Open() != c.want {
			t.Errorf("%+v: %v", c.access, a.Open())
		}
	}
}

// TestEveryMethodIsClosedBelowItsRole asks each method as each role; what no
// table names is closed to all.
func TestEveryMethodIsClosedBelowItsRole(t *testing.T) {
	who, err := Read(granted())
	if err != nil {
		t.Fatal(err)
	}
	peers := []rpc.Peer{{UID: stranger, GID: nobodys}, {UID: 4100000011, GID: nobodys}, {UID: 4100000012, GID: nobodys}, {UID: 4100000013, GID: nobodys}}
	if len(who.needs) < 18 {
		t.Fatalf("%d methods", len(who.needs))
	}
	for method, needs := range who.needs {
		for role := rpc.NoRole; role <= rpc.Admin; role++ {
			err := who.Permit(peers[role], method)
			if (err == nil) != (role >= needs && needs != rpc.NoRole) {
				t.Errorf("%s as %q, needs %q: %v", method, role, needs, err)
			}
			if e, ok := errors.AsType[*rpc.Error](err); err != nil && (!ok || e.Data != rpc.PermissionData{Method: method, Needs: needs.String(), Role: role.String()}) {
				t.Errorf("%s as %q: %+v", method, role, e)
			}
		}
	}
	if e, ok := errors.AsType[*rpc.Error](who.Permit(peers[rpc.Admin], "no.such")); !ok || e.Code != rpc.CodePermission {
		t.Errorf("no.such as an admin: %v", e)
	}
}

func TestAPeerWithoutANameIsItsNumber(t *testing.T) {
	if got := UserName(rpc.Peer{UID: stranger}); got != "uid 4100000001" {
		t.Error(got)
	}
	if got := UserName(rpc.Peer{UID: 0}); got != "root" {
		t.Error(got)
	}
}
