package key

import (
	"fmt"
	"slices"
	"strings"
)

// CheckVariable refuses a variable that a caller with a key may not set, whose
// text is no author's: those by which the programs that a step calls are found,
// or made to run other code, and the one by which a step finds the payload. An
// author may set them in the pipeline. What nobody may set (LD_PRELOAD, BASH_ENV, PENSTOCK_* …) is refused with the run.
func CheckVariable(name string) error {
	upper := strings.ToUpper(name)
	if upper == "TRIGGER_PAYLOAD" {
		return fmt.Errorf("variable %q: it is where a step finds the payload of a call; a caller's would have it read another file", name)
	}
	if slices.Contains(steering, upper) || slices.ContainsFunc(steeringPrefixes, func(p string) bool { return strings.HasPrefix(upper, p) }) {
		return fmt.Errorf("variable %q: it decides which code the programs of a step run, and is the pipeline's to set, not a caller's", name)
	}
	return nil
}

// steering are the variables of interpreters, and of programs that run
// others, by their manuals.
var steering = []string{
	"PATH", "HOME", "SHELL", "CDPATH", "TMPDIR", "ZDOTDIR", "FPATH", "PROMPT_COMMAND", "FIGNORE", "GLOBIGNORE",
	"NODE_OPTIONS", "NODE_PATH", "RUBYOPT", "RUBYLIB", "PERLLIB", "CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR",
	"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_HOME", "GOFLAGS", "GOTOOLCHAIN", "RUSTC_WRAPPER", "RUSTFLAGS",
	"MAKEFLAGS", "MAKEFILES", "CC", "CXX", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "SSH_ASKPASS",
	"LUA_PATH", "LUA_CPATH", "LUA_INIT", "R_PROFILE", "R_ENVIRON", "TCLLIBPATH", "RSYNC_RSH", "CVS_RSH", "TAR_OPTIONS", "WGETRC", "CURL_HOME",
	"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "LOCPATH", "NLSPATH", "HOSTALIASES", "RES_OPTIONS",
	"RSYNC_CONNECT_PROG", "SVN_SSH", "SUDO_ASKPASS", "SUDO_EDITOR", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "KUBE_EDITOR", "VIMINIT", "EXINIT",
	"JAVA_OPTS", "MAVEN_OPTS", "GRADLE_OPTS", "ANT_OPTS", "ELIXIR_ERL_OPTIONS", "RUSTC", "RUSTDOC", "GOENV", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS",
	"KUBECONFIG", "AWS_CONFIG_FILE", "TF_CLI_CONFIG_FILE", "PSQLRC", // a payload is a file too, and such a file names programs
}

var steeringPrefixes = []string{
	"PYTHON", "PERL5", "GIT_", "NPM_CONFIG_", "DYLD_", "MALLOC_", "BASH_FUNC_", "COR_", "DOTNET_", "BUNDLE_", "PIP_", "GEM_", "ERL_", "CARGO_", "ANSIBLE_",
}
