package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// plugins is the directory of the built-in plugins, built for these tests.
var plugins string

func TestMain(m *testing.M) {
	os.Exit(withPlugins(m.Run))
}

// withPlugins builds the plugins, and sees that the tests leave no goroutine.
func withPlugins(tests func() int) int {
	unix.Umask(0o022) // plugins that a group may write are refused
	dir, err := os.MkdirTemp("", "pen")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	plugins = filepath.Join(dir, "plugins")
	out, err := exec.Command("go", "build", "-o", plugins+"/",
		"../plugins/shell/penstock-step-shell", "../plugins/sleep/penstock-step-sleep").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	if code := tests(); code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
