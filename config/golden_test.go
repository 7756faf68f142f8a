package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected errors in testdata/bad")

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s (%v)", pattern, err)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// parseEither reads a configuration of the daemon where the file's name begins
// with penstockd, tests where it ends with .test.toml, else a pipeline.
func parseEither(file string, text []byte) error {
	name := filepath.Base(file)
	if strings.HasPrefix(name, "penstockd") {
		_, err := ParseDaemon(name, text)
		return err
	}
	if strings.HasSuffix(name, ".test.toml") {
		_, err := ParseTests(name, text)
		return err
	}
	_, err := ParsePipeline(name, text)
	return err
}

func TestGoodTextsPass(t *testing.T) {
	for _, file := range glob(t, "testdata/good/*.toml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err := parseEither(file, read(t, file)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadTextsAreRefusedAsWritten(t *testing.T) {
	for _, file := range glob(t, "testdata/bad/*.toml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			err := parseEither(file, read(t, file))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want Problems", err)
			}
			compare(t, strings.TrimSuffix(file, ".toml")+".err", err.Error()+"\n")
		})
	}
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(read(t, golden)); got != want {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", golden, got, want)
	}
}
