// Package docs_test holds the manual to the program: what it shows as a
// pipeline or a configuration is read by the daemon's own parsers, settings by
// the steps they are for, and its links lead somewhere.
package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/plugins/http"
	"github.com/penstock/penstock/plugins/shell"
	"github.com/penstock/penstock/plugins/sleep"
	"github.com/penstock/penstock/plugins/step"
)

func TestTheExamplesAreRight(t *testing.T) {
	files, err := filepath.Glob("examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".test.toml") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkPipeline(t, file, string(text))
		})
	}
}

// checkPipeline reads a pipeline as apply does: the text, then each step's
// settings as its plugin sees them.
func checkPipeline(t *testing.T, file, text string) {
	t.Helper()
	source, err := config.ParsePipeline(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range source.Pipeline.Stages {
		for _, s := range stage.Steps {
			if err := checkSettings(s); err != nil {
				t.Errorf("%s: step %s: %v", file, s.Name, err)
			}
		}
	}
}

func checkSettings(s config.Step) error {
	settings, err := json.Marshal(s.With)
	if err != nil {
		return err
	}
	switch s.Uses {
	case "shell":
		var decoded shell.Settings
		if decoded, err = step.Decode[shell.Settings](settings); err == nil && decoded.Script != "" {
			err = exec.Command("sh", "-n", "-c", decoded.Script).Run()
		}
	case "http":
		_, err = step.Decode[http.Settings](settings)
	case "sleep":
		_, err = step.Decode[sleep.Settings](settings)
	case config.DownstreamType:
		return nil // its settings were judged with the text
	default:
		err = fmt.Errorf("there is no built-in step %q", s.Uses)
	}
	return err
}
