package config

import (
	"go/doc/comment"
	"go/parser"
	"go/token"
	"regexp"
	"testing"
)

// examples returns the code blocks of the package's documentation below each
// heading.
func examples(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found, heading := map[string]string{}, ""
	var p comment.Parser
	for _, block := range p.Parse(file.Doc.Text()).Content {
		switch block := block.(type) {
		case *comment.Heading:
			heading = string(block.Text[0].(comment.Plain))
		case *comment.Code:
			found[heading] += block.Text
		}
	}
	return found
}

func TestTheDocumentedPipelineIsOne(t *testing.T) {
	src := parse(t, examples(t)["A pipeline"])
	if got := src.Pipeline.Stages[1].Steps[0].With["file"]; got != "out/app.sql" {
		t.Errorf("the last setting is %v", got)
	}
}

func TestTheDocumentedPipelineHasEveryKey(t *testing.T) {
	text := examples(t)["A pipeline"]
	for _, k := range []kind{
		pipelineKind, stageKind, stepKind, inputKind, runRuleKind, stepRuleKind, needKind, overlapKind, autoCancelKind,
		retentionKind, boundsKind, retryKind, allowFailureKind, downstreamKind, forwardKind,
		triggerKind, jitterKind, afterKind, filesKind,
	} {
		for _, key := range k.keys {
			if !regexp.MustCompile(`\b` + key + `\b`).MatchString(text) {
				t.Errorf("%s of %s is not documented", key, k.title)
			}
		}
	}
}

func TestTheDocumentedConfigurationHasEveryKey(t *testing.T) {
	text := examples(t)["The daemon"]
	if _, err := ParseDaemon("doc.go", []byte(text)); err != nil {
		t.Error(err)
	}
	d, err := decode("doc.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for table, k := range map[string]kind{"": daemonKind, "log": logKind, "steps": stepsKind, "plugins": pluginsKind, "storage": storageKind, "schedules": schedulesKind, "access": accessKind, "http": httpKind} {
		for _, key := range k.keys {
			in := d.values
			if table != "" {
				in = d.values[table].(map[string]any)
			}
			if _, ok := in[key]; !ok {
				t.Errorf("%s of %s is not documented", key, k.title)
			}
		}
	}
}

func TestTheDocumentedTestsHaveEveryKey(t *testing.T) {
	text := examples(t)["Tests"]
	if _, err := ParseTests("doc.go", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, k := range []kind{testsKind, testKind, upstreamKind, fileKind, scriptKind, outcomeKind, actKind, expectKind} {
		for _, key := range k.keys {
			if !regexp.MustCompile(`\b` + key + `\b`).MatchString(text) {
				t.Errorf("%s of %s is not documented", key, k.title)
			}
		}
	}
}
