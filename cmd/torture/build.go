package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const module = "github.com/penstock/penstock"

// build builds the daemon with its crash points, the plugin, and this program
// for the steps. Whoever starts it stands inside the module.
func build(ctx context.Context, bin string) error {
	if err := os.MkdirAll(filepath.Join(bin, "plugins"), 0o755); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"-tags", "torture", "-o", bin + "/", module + "/cmd/penstockd", module + "/cmd/torture"},
		{"-o", filepath.Join(bin, "plugins") + "/", module + "/plugins/shell/penstock-step-shell"},
	} {
		cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	return nil
}
