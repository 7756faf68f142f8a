package rpc

import (
	"cmp"
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strings"
)

// sources are the files of the messages. What is said of a message and its
// fields is said there once, in comments, for who reads the code and for who
// asks rpc.discover.
//
//go:embed backfill.go calendar.go code.go forecast.go freeze.go info.go key.go log.go
//go:embed pause.go pipeline.go plugin.go resource.go run.go schedule.go step.go why.go method.go
var sources embed.FS

// comments are what the sources say, by the names of types and of their
// fields: Run, Run.Message.
type comments map[string]string

// readComments reads the sources.
func readComments() (comments, error) {
	entries, err := sources.ReadDir(".")
	if err != nil {
		return nil, err
	}
	all := comments{}
	for _, e := range entries {
		text, err := sources.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read the comments of %s: %w", e.Name(), err)
		}
		all.file(file)
	}
	return all, nil
}

func (c comments) file(file *ast.File) {
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok {
				c.declared(t, group.Doc)
			}
		}
	}
}

// declared keeps what is said of a type, and of its fields before or behind
// them.
func (c comments) declared(t *ast.TypeSpec, doc *ast.CommentGroup) {
	c[t.Name.Name] = oneLine(doc)
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			c[t.Name.Name+"."+name.Name] = strings.TrimSpace(oneLine(f.Doc) + " " + oneLine(f.Comment))
		}
	}
}

// oneLine is the text of a comment, the lines of a paragraph put together.
func oneLine(g *ast.CommentGroup) string {
	paragraphs := strings.Split(strings.TrimSpace(g.Text()), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

// vocabulary is what is said of messages, in the words of the wire.
type vocabulary struct {
	comments comments
	// words are the names of methods, of their requests and of codes, by the names
	// that they have in Go.
	words   map[string]string
	answers map[reflect.Type]reflect.Type // of requests
}

func newVocabulary() (*vocabulary, error) {
	read, err := readComments()
	if err != nil {
		return nil, err
	}
	v := &vocabulary{comments: read, words: map[string]string{}, answers: map[reflect.Type]reflect.Type{}}
	for _, m := range methods() {
		v.words[goName(m.name)] = m.name
		if m.request != reflect.TypeFor[Empty]() {
			v.words[m.request.Name()] = m.name
			v.answers[m.request] = m.response
		}
	}
	for _, c := range codes() {
		v.words["Code"+goName(c.name)] = "the error " + c.name
	}
	return v, nil
}

// goName is what Go calls run.get, or not_found.
func goName(wire string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(wire, func(r rune) bool { return r == '.' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// ofType is what is said of a struct.
func (v *vocabulary) ofType(t reflect.Type) string { return v.worded(v.comments[t.Name()], t) }

// ofField is what is said of a field where it is declared.
func (v *vocabulary) ofField(declared reflect.Type, field string) string {
	return v.worded(v.comments[declared.Name()+"."+field], declared)
}

var identifier = regexp.MustCompile(`\[?\b[A-Z]\w*\b\]?`)

// worded puts what Go calls things into the words of the wire: a field of the
// struct, or of the answer to it, a method, its request, a code.
func (v *vocabulary) worded(text string, t reflect.Type) string {
	return identifier.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "[]")
		return cmp.Or(memberOf(t, name), memberOf(v.answers[t], name), v.words[name], name)
	})
}

// memberOf is what JSON calls a field of a struct; "" where it has none of the
// name.
func memberOf(t reflect.Type, field string) string {
	if t == nil || t.Kind() != reflect.Struct {
		return ""
	}
	f, ok := t.FieldByName(field)
	if !ok || f.Anonymous {
		return ""
	}
	member, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return member
}
