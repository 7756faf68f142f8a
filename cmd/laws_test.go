// Package cmd_test holds the tree to the laws of its design: each is a row of
// a table with its reason. The checks read source, not binaries, so they see
// every build tag and every platform; they are themselves tested on small trees
// that break the laws (breaches_test.go).
package cmd_test

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/penstock/penstock"

// law is a rule and how to find what breaks it.
type law struct {
	name   string
	why    string
	broken func(*tree) []string // each with its place
}

func TestTheLawsOfTheHouse(t *testing.T) {
	tree, err := load(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.files) < 100 {
		t.Fatalf("only %d Go files were found: the laws would hold for nothing", len(tree.files))
	}
	for _, l := range laws() {
		for _, breach := range l.broken(tree) {
			t.Errorf("%s\n\tlaw: %s\n\twhy: %s", breach, l.name, l.why)
		}
	}
}

func laws() []law {
	all := []law{
		{"a struct has toml tags or json tags, not both",
			"config says what should happen, rpc how one talks about it: a struct that serves both ties the file format to the wire", twoTags},
		{"what decides is values in, values out",
			"the life of a run, and what is decided between runs, is what people will want to change most: without clock, I/O, locks and goroutines all of it can be tested with tables and random worlds", impure},
		{"every package has a doc comment that is a page of design",
			"what a package owns, promises and refuses is decided where it is built, or it rots", undocumented},
		{"no package is a drawer",
			"util, common, helper and their like collect what nobody wanted to name", drawers},
		{"the top level holds nothing new",
			"whoever comes looks there first", topLevel},
	}
	for _, d := range doors() {
		all = append(all, law{"only " + strings.Join(d.doors, ", ") + " may import " + d.library, d.why, d.broken})
	}
	for _, b := range borders() {
		all = append(all, law{b.name(), b.why, b.broken})
	}
	return all
}

// door: one library, and the packages that may import it.
type door struct {
	library string // import path, with all below it
	doors   []string
	why     string
}

func doors() []door {
	return []door{
		{"github.com/BurntSushi/toml", []string{"config"}, "its cost and its positions need a guard in front, and there is one"},
		{"github.com/pelletier/go-toml", []string{"config"}, "it tells where values stand, for the other parser, and decodes nothing"},
		{"github.com/expr-lang/expr", []string{"config/expression"}, "what it does not bound, and what of it is no part of our language, is refused there"},
		{"github.com/creachadair/jrpc2", []string{"rpc"}, "its limits (none) and its manners at rude clients are mended there"},
		{"github.com/dgraph-io/badger", []string{"daemon/store"}, "one writer, one key layout, one place that knows how it fails"},
		{"github.com/hashicorp/go-plugin", []string{"daemon/host", "plugins/protocol"}, "as shipped it dies of SIGPIPE, freezes on stdout, hangs in Kill and can panic the host"},
		{"github.com/robfig/cron", []string{"config/cron"}, "its runner is not to be used, its parser differs from cron(8) at the change to summer time"},
		{"github.com/teambition/rrule-go", []string{"config/calendar"}, "what repeats in a calendar is bounded there"},
		{"github.com/emersion/go-ical", []string{"config/calendar"}, "calendars are read there"},
		{"github.com/prometheus/client_golang", []string{"daemon/metrics"}, "what is counted, and under which names, is decided there"},
		{"github.com/spf13/cobra", []string{"ctl"}, "the command line is ctl's"},
		{"github.com/klauspost/compress", []string{"daemon/logs"}, "logs are what is compressed"},
		{"github.com/SaveTheRbtz/zstd-seekable-format-go", []string{"daemon/logs"}, "logs are what is compressed"},
		{"github.com/coreos/go-systemd", []string{"cmd/penstockd"}, "the daemon itself knows no service manager"},
	}
}

func (d door) broken(t *tree) []string {
	return t.imports(func(f *source, imported string) bool {
		return within(imported, d.library) && !slices.Contains(d.doors, f.dir)
	})
}

// border: packages of ours, with all below them, that must not see others of
// ours.
type border struct {
	from string
	to   string // "" is all of ours but what lies below from
	why  string
}

func borders() []border {
	const vocabularies = "what should happen, what is happening and how one talks about it are three vocabularies: no struct serves two"
	return []border{
		{"ctl", "daemon", "a client knows what can be asked, not how it is done; it must build, and judge files, without the daemon"},
		{"rpc", "", "the protocol is what both sides agree on: it may know neither"},
		{"plugins", "", "third parties import it: it must not drag the daemon in, nor tie its release to theirs"},
		{"daemon/run", "", vocabularies},
		{"daemon/policy", "daemon/engine", "it is asked, and asks nobody"},
		{"daemon/schedule", "daemon/store", "it decides, the store is told what"},
		{"daemon/schedule", "daemon/engine", "it is asked, and asks nobody"},
		{"daemon/policy", "daemon/store", "it is asked, and asks nobody"},
		{"config", "", vocabularies},
		{"daemon/store", "daemon/engine", "the store is told what to write, it decides nothing"},
		{"daemon/host", "daemon/store", "what is known of a process lies beside the process: nothing durable is needed to find it again"},
	}
}

func (b border) name() string {
	if b.to == "" {
		return b.from + " does not import what is ours, but for what lies below it"
	}
	return b.from + " does not import " + b.to
}

func (b border) broken(t *tree) []string {
	return t.imports(func(f *source, imported string) bool {
		return within(f.dir, b.from) && within(imported, path.Join(module, b.to)) &&
			(b.to != "" || !within(imported, path.Join(module, b.from)))
	})
}

// within reports whether name is dir or lies below it, as a path.
func within(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

func twoTags(t *tree) []string {
	return t.inspect(func(f *source, n ast.Node) string {
		s, ok := n.(*ast.StructType)
		if !ok {
			return ""
		}
		tags := ""
		for _, field := range s.Fields.List {
			if field.Tag != nil {
				tags += field.Tag.Value
			}
		}
		if strings.Contains(tags, `toml:"`) && strings.Contains(tags, `json:"`) {
			return "a struct has toml and json tags"
		}
		return ""
	})
}

// pageLength is the least that says what a package is for, in bytes.
const pageLength = 200

func undocumented(t *tree) (breaches []string) {
	for dir, p := range t.packages() {
		switch {
		case p.generated || p.onlyTests:
		case p.doc == 0:
			breaches = append(breaches, dir+": the package has no doc comment")
		case p.doc < pageLength && p.name != "main":
			breaches = append(breaches, fmt.Sprintf("%s: the package's doc has %d bytes; a page has more than %d", dir, p.doc, pageLength))
		}
	}
	return breaches
}

func drawers(t *tree) (breaches []string) {
	names := []string{"util", "utils", "common", "helper", "helpers", "types", "manager", "managers", "core", "model", "models", "misc", "shared", "base", "lib"}
	for dir := range t.packages() {
		if slices.Contains(names, path.Base(dir)) {
			breaches = append(breaches, dir+": the name says nothing of what is in it")
		}
	}
	return breaches
}

func topLevel(t *tree) (breaches []string) {
	allowed := []string{"cmd", "config", "ctl", "daemon", "docs", "plugins", "rpc", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE"}
	built := "bin" // what make leaves; .gitignore has it
	for _, name := range t.top {
		if !strings.HasPrefix(name, ".") && name != built && !slices.Contains(allowed, name) {
			breaches = append(breaches, name+": is not of the house")
		}
	}
	return breaches
}
