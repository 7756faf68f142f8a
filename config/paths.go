package config

import (
	"errors"
	"path/filepath"
)

// Paths is where a daemon and its clients meet when nobody says otherwise.
type Paths struct {
	State  string // directory
	Socket string
	Config string // file; it need not exist
}

// DefaultPaths is the paths for the user with the number uid; getenv is
// os.Getenv. Root has /var/lib/penstock, /run/penstock/penstock.sock and
// /etc/penstock/penstockd.toml, whatever the environment says. Anybody else has
// $XDG_STATE_HOME/penstock (~/.local/state by default),
// $XDG_RUNTIME_DIR/penstock/penstock.sock and
// $XDG_CONFIG_HOME/penstock/penstockd.toml (~/.config by default). Without
// XDG_RUNTIME_DIR, as under cron, the socket lies in the state directory, at
// run/penstock.sock.
//
// As the XDG Base Directory Specification demands, a variable that holds a
// relative path is ignored. It is an error when a path is left that only HOME
// could tell, and HOME does not.
func DefaultPaths(getenv func(string) string, uid int) (Paths, error) {
	if uid == 0 {
		return Paths{
			State:  "/var/lib/penstock",
			Socket: "/run/penstock/penstock.sock",
			Config: "/etc/penstock/penstockd.toml",
		}, nil
	}
	state, stateErr := below(getenv, "XDG_STATE_HOME", ".local/state")
	config, configErr := below(getenv, "XDG_CONFIG_HOME", ".config")
	if err := errors.Join(stateErr, configErr); err != nil {
		return Paths{}, err
	}
	return Paths{
		State:  state,
		Socket: socketPath(getenv, state),
		Config: filepath.Join(config, "penstockd.toml"),
	}, nil
}

// below is our directory in the one that a variable names, or in home.
func below(getenv func(string) string, variable, inHome string) (string, error) {
	if dir := getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "penstock"), nil
	}
	home := getenv("HOME")
	if !filepath.IsAbs(home) {
		return "", errors.New("neither " + variable + " nor HOME is an absolute path: set one of them, or name the paths on the command line")
	}
	return filepath.Join(home, inHome, "penstock"), nil
}

func socketPath(getenv func(string) string, state string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "penstock", "penstock.sock")
	}
	return filepath.Join(state, "run", "penstock.sock")
}
