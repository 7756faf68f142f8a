package cmd_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// tree is all the Go source of the module, and the names at its top.
type tree struct {
	positions *token.FileSet
	files     []*source
	top       []string
}

// source is one Go file.
type source struct {
	dir    string // of its package, from the top
	test   bool
	syntax *ast.File
}

// load reads a module. testdata and what begins with a dot are no part of it.
func load(module fs.FS) (*tree, error) {
	t := &tree{positions: token.NewFileSet()}
	err := fs.WalkDir(module, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		}
		if !strings.Contains(name, "/") {
			t.top = append(t.top, name)
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		return t.add(module, name)
	})
	return t, err
}

func (t *tree) add(module fs.FS, name string) error {
	text, err := fs.ReadFile(module, name)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(t.positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.files = append(t.files, &source{path.Dir(name), strings.HasSuffix(name, "_test.go"), syntax})
	return nil
}

// imports are the places of the imports that are bad.
func (t *tree) imports(bad func(f *source, imported string) bool) (places []string) {
	for _, f := range t.files {
		for _, spec := range f.syntax.Imports {
			if imported := unquote(spec.Path); bad(f, imported) {
				places = append(places, t.place(spec, "imports "+imported))
			}
		}
	}
	return places
}

// inspect are the places of the nodes that judge says something of.
func (t *tree) inspect(judge func(*source, ast.Node) string) (places []string) {
	for _, f := range t.files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			if what := judge(f, n); what != "" {
				places = append(places, t.place(n, what))
			}
			return true
		})
	}
	return places
}

func (t *tree) place(n ast.Node, what string) string {
	return fmt.Sprintf("%s: %s", t.positions.Position(n.Pos()), what)
}

// about is what the laws want to know of a package.
type about struct {
	name      string
	doc       int // bytes of its doc comment
	generated bool
	onlyTests bool
}

// packages are the packages by directory.
func (t *tree) packages() map[string]*about {
	all := map[string]*about{}
	for _, f := range t.files {
		p := all[f.dir]
		if p == nil {
			p = &about{onlyTests: true}
			all[f.dir] = p
		}
		p.generated = p.generated || ast.IsGenerated(f.syntax)
		if f.test {
			continue
		}
		p.name, p.onlyTests = f.syntax.Name.Name, false
		p.doc += len(f.syntax.Doc.Text())
	}
	return all
}
