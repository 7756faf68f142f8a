package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
)

// Each listing in TOML says what it is: a whole pipeline, a whole
// configuration, or steps, which are checked inside a pipeline.
func TestTheListingsOfTheManualAreRight(t *testing.T) {
	counts := map[string]int{}
	for _, file := range manual(t) {
		for _, l := range listings(t, file) {
			counts[l.kind]++
			checkListing(t, l)
		}
	}
	for _, kind := range []string{"toml pipeline", "toml daemon", "toml step", "toml test", "walk"} {
		if counts[kind] == 0 {
			t.Errorf("no listing of the kind %q was found", kind)
		}
	}
}

func checkListing(t *testing.T, l listing) {
	t.Helper()
	switch l.kind {
	case "toml pipeline":
		checkPipeline(t, l.place, l.text)
	case "toml step":
		checkPipeline(t, l.place, "name = \"listing\"\n[[stage]]\nname = \"stage\"\n"+l.text)
	case "toml daemon":
		if _, err := config.ParseDaemon(l.place, []byte(l.text)); err != nil {
			t.Error(err)
		}
	case "toml test":
		playTests(t, l.place, l.pipeline, l.text)
	case "walk":
		playWalk(t, l.pipeline, l.text)
	case "toml":
		t.Errorf("%s: a listing in TOML says what it is: toml pipeline, toml step, toml test or toml daemon", l.place)
	}
}

// The manual names files of the tree and pages of its own: they are there.
func TestTheLinksOfTheManualLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#: ]+)(#[^)]*)?\)`)
	found := 0
	for _, file := range manual(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
	}
	if found == 0 {
		t.Error("no links were found")
	}
}

// listing is a fenced block of a page.
type listing struct {
	place    string // file and number of the block
	kind     string // what stands behind the fence
	text     string
	pipeline string // the text of the pipeline before it on the page
}

func listings(t *testing.T, file string) (all []listing) {
	t.Helper()
	pipeline := ""
	block := regexp.MustCompile("(?ms)^```([a-z ]*)$\n(.*?)^```$")
	for _, m := range block.FindAllStringSubmatch(read(t, file), -1) {
		first, _, _ := strings.Cut(m[2], "\n")
		if m[1] == "toml pipeline" {
			pipeline = m[2]
		}
		all = append(all, listing{file + " (" + first + ")", m[1], m[2], pipeline})
	}
	return all
}

func manual(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no manual: %v", err)
	}
	return append(pages, "../README.md")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
