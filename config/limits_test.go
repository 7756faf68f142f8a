package config

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

const small = "name = \"p\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"t\"\nuses = \"shell\"\n"

func problems(t *testing.T, text string) Problems {
	t.Helper()
	_, err := ParsePipeline("p.toml", []byte(text))
	if err == nil {
		return nil
	}
	var all Problems
	if !errors.As(err, &all) {
		t.Fatalf("the error is a %T, want Problems", err)
	}
	return all
}

func TestTextsBeyondALimitAreRefusedAtTheirPlace(t *testing.T) {
	pad := func(n int) string { return strings.Repeat("# "+strings.Repeat("x", 97)+"\n", n/100) }
	deep := func(n int) string { return "with.x = " + strings.Repeat("[", n) + strings.Repeat("]", n) }
	dotted := func(n int) string { return "with" + strings.Repeat(".a", n) + " = 1" }
	tests := []struct {
		name, text string
		want       string // "" passes
	}{
		{"text of 256 KiB", small + pad(maxText-len(small)), ""},
		{"longer text", small + pad(maxText), "1:1: the text has"},
		{"line of 8 KiB", small + "#" + strings.Repeat("x", maxLine-1), ""},
		{"longer line", small + "#" + strings.Repeat("x", maxLine), "7:8193: the line is longer than 8192 bytes"},
		{"64 brackets", small + deep(maxDepth), ""},
		{"65 brackets", small + deep(maxDepth+1), "7:74: brackets are nested deeper than 64 levels"},
		{"65 braces", small + "with.x = " + strings.Repeat("{a=", 65), "7:202: brackets are nested deeper than 64 levels"},
		{"65 brackets over lines", small + "with.x = " + strings.Repeat("[\n", 65), "71:1: brackets are nested deeper than 64 levels"},
		{"16 dots", small + dotted(maxDots), ""},
		{"17 dots", small + dotted(maxDots+1), "7:37: the key has more than 16 dots"},
		{"17 dots in an inline table", small + "with = { y = 1, x" + strings.Repeat(".a", 17), "7:50: the key has more than 16 dots"},
		{"17 dots in a header", small + "[a" + strings.Repeat(" . b", 17), "7:68: the key has more than 16 dots"},
		{"17 dots between quoted keys", small + `"a"` + strings.Repeat(`."b"`, 17), "7:68: the key has more than 16 dots"},
		{"dots in a quoted key", small + `with = { "` + strings.Repeat(".", 40) + `" = 1 }`, ""},

		{"keys in too many tables", small + "[a" + strings.Repeat(".b", 16) + "]\nc = " + strings.Repeat("{d.e.f.g = ", 63) + "{" + strings.Repeat("h = 1,\n", 20000),
			"the text has too many keys in tables inside tables up to here"},
		{"no UTF-8", small + "# \xff", "7:3: the text is not valid UTF-8 here"},
		{"UTF-16", "n\x00a\x00m\x00e\x00", "1:2: the text holds a NUL byte"},
		{"byte order mark", "\ufeff" + small, ""},
		{"byte order mark shifts nothing", "\ufeffname = \"p\"\nnam = 1\nstage = [{ name = \"s\", step = [{ name = \"t\", uses = \"shell\" }] }]", "2:1: unknown key \"nam\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := problems(t, tt.text)
			switch {
			case tt.want == "" && got != nil:
				t.Errorf("got %v, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].Error(), tt.want)):
				t.Errorf("got %v, want one with %q", got, tt.want)
			}
		})
	}
}

// The texts that took seconds or the whole stack in a decoder, and those that
// could in our own code.
func TestHostileTextsCostLittle(t *testing.T) {
	fill := func(head string, line func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < maxText-600; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	step := func(i int, rest string) string {
		return fmt.Sprintf("[[stage.step]]\nname=\"%d\"\nuses=\"a\"\n%s", i, rest)
	}
	tests := map[string]string{
		"one dotted key of 20 KB":         strings.Repeat("a.", 10000) + "a = 1",
		"one dotted key of 200 KB":        strings.Repeat("a.", 100000) + "a = 1",
		"inline tables of 40 KB":          "a = " + strings.Repeat("{a=", 13000) + "1" + strings.Repeat("}", 13000),
		"inline tables of 80 KB on lines": "a = " + strings.Repeat("{a=\n", 20000),
		"arrays of 250 KB":                "a = " + strings.Repeat("[", 250000),
		"deep inline tables, many": fill("", func(i int) string {
			return fmt.Sprintf("k%d=%s1%s\n", i, strings.Repeat("{a=", 60), strings.Repeat("}", 60))
		}),
		"keys of 16 dots":                 fill("", func(i int) string { return fmt.Sprintf("k%d%s=1\n", i, strings.Repeat(".a", 16)) }),
		"keys under a long header":        fill("["+strings.Repeat("k", 500)+"]\n", func(i int) string { return fmt.Sprintf("%x=1\n", i) }),
		"dotted keys under a long header": fill("["+strings.Repeat("k", 460)+"]\n", func(i int) string { return fmt.Sprintf("%x%s=1\n", i, strings.Repeat(".a", 16)) }),
		"inline keys below long ones":     fill("a = "+strings.Repeat("{ "+strings.Repeat("k", 240)+" = ", 2)+"{", func(i int) string { return fmt.Sprintf("%x=1,\n", i) }),
		"arrays of tables":                fill("", func(int) string { return "[[a]]\n" }),
		"arrays of tables in each other":  fill("[[a]]\n", func(int) string { return "[[a.b.c.d.e.f.g]]\n" }),
		"unknown keys near known ones":    fill(small, func(i int) string { return fmt.Sprintf("timeou%d=1\n", i) }),
		"steps":                           fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string { return step(i, "") }),
		"steps of one name":               fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(int) string { return step(7, "") }),
		"unknown needs":                   fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string { return step(i, fmt.Sprintf("needs=[\"%d\"]\n", 100000+i)) }),
		"unknown needs of long names": fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string {
			return fmt.Sprintf("[[stage.step]]\nname=\"%060d\"\nuses=\"a\"\nneeds=[\"x%060d\"]\n", i, i)
		}),
		"keys in 60 tables":                "a = " + strings.Repeat("{a.b.c.d = ", 60) + fill("{", func(i int) string { return fmt.Sprintf("%x=1,\n", i) }),
		"dotted keys in 60 tables":         "a = " + strings.Repeat("{a.b.c = ", 60) + fill("{", func(i int) string { return fmt.Sprintf("%x%s=1,\n", i, strings.Repeat(".a", 15)) }),
		"arrays under a long key":          fill(strings.Repeat("k", 8000)+" = [\n", func(int) string { return "[],\n" }),
		"one cycle of all steps":           fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string { return step(i, fmt.Sprintf("needs=[\"%d\",\"0\"]\n", i+1)) }),
		"cycles of every length":           fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string { return step(i, fmt.Sprintf("needs=[\"%d\",\"%d\",\"0\"]\n", i+1, i/2)) }),
		"one step that needs the same one": fill("name=\"a\"\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nneeds=[", func(int) string { return "\"a\",\n" }) + "]",
		"variables":                        fill("name=\"a\"\n[variables]\n", func(i int) string { return fmt.Sprintf("A%d=1\n", i) }),
		"needs on cells": fill("name=\"a\"\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nparallel=200\n", func(i int) string {
			return fmt.Sprintf("[[stage.step]]\nname=\"s%d\"\nuses=\"a\"\nneeds=[\"a %d/200\"]\n", i, i%300)
		}),
		"selections of cells": fill("name=\"a\"\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nmatrix={A=["+strings.Repeat("1,", 199)+"2]}\n[[stage.step]]\nname=\"b\"\nuses=\"a\"\nneeds=[{step=\"a\",matrix=[\n",
			func(int) string { return "{A=3},\n" }) + "]}]",
		"matrices": fill("name=\"a\"\n[[stage]]\nname=\"a\"\n", func(i int) string {
			return step(i, "matrix={A=["+strings.Repeat("1,", 20)+"],B=[1,2,3,4,5,6,7,8,9,10]}\n")
		}),
		"placeholders": fill("name=\"a\"\ntype=\"dynamic\"\nvariables={A=1}\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nwith.a=[", func(int) string { return "\"{{A}}\",\n" }) + "]",
		"placeholders under many names": fill(fill("name=\"a\"\ntype=\"dynamic\"\n[variables]\n", func(i int) string {
			if i > 11000 {
				return "#" + strings.Repeat("x", 5000) + "\n"
			}
			return fmt.Sprintf("A%d=1\n", i)
		})[:130000]+"\n[[stage]]\nname=\"a\"\n", func(i int) string {
			return step(i, "variables={A=\"{{A9}}\"}\nwith={a=\"{{steps.x.outputs.y}}\"}\n")
		}),
		"outputs of many cells": fill("name=\"a\"\ntype=\"dynamic\"\n[[stage]]\nname=\"a\"\n", func(i int) string {
			return step(i, fmt.Sprintf("parallel=200\nwith={a=\"{{steps['%d@7'].outputs.y}}\"}\n", max(i-1, 0)))
		}),
		"long expressions": fill("name=\"a\"\ntype=\"dynamic\"\nvariables={A=1}\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nwith.a=[", func(int) string {
			return "\"{{ vars.A" + strings.Repeat("+vars.A", 400) + " }}\",\n"
		}) + "]",
		"braces in a script": fill("name=\"a\"\ntype=\"dynamic\"\nvariables={A=1}\n[[stage]]\nname=\"a\"\n[[stage.step]]\nname=\"a\"\nuses=\"a\"\nwith.script=\"\"\"\n", func(int) string {
			return "{{ x }} {{.A}}\n"
		}) + "\"\"\"",
		"regexes": fill("name=\"a\"\ntype=\"dynamic\"\n", func(i int) string {
			return fmt.Sprintf("[[input]]\nname=\"i%d\"\nregex='(((((a{10}){10}){10}))b{9})'\ndefault='aaaa'\n", i)
		}),
		"strings that never end": fill("", func(int) string { return "\"\"\"\n" }),
		"escaped newlines":       fill("a = \"\"\"", func(int) string { return "\\\n" }),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			checkCost(t, text)
			if r := inspect(text); r != nil {
				checkCost(t, text[:r.offset]) // as much as passes the limits
			}
		})
	}
}

// checkCost bounds processor time, not time, so that a busy machine changes
// nothing. Quadratic texts take from 3 s to minutes without the limits, all of
// these less than half a second with them.
func checkCost(t *testing.T, text string) {
	t.Helper()
	began := processorTime(t)
	if _, err := ParsePipeline("p.toml", []byte(text)); err == nil && !strings.HasPrefix(text, "name") {
		t.Error("passed; it is no pipeline")
	}
	took := processorTime(t) - began
	t.Log(took)
	if took > 2*time.Second*slowness {
		t.Errorf("took %v", took)
	}
}

// processorTime is what this process has used, collection of garbage included.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestAPipelineOf4000StepsIsReadWhole(t *testing.T) {
	var b strings.Builder
	b.WriteString("name = \"p\"\n[[stage]]\nname = \"s\"\n")
	for i := range 4000 {
		fmt.Fprintf(&b, "[[stage.step]]\nname=\"%d\"\nuses=\"a\"\nneeds=[]\n", i)
	}
	src, err := ParsePipeline("p.toml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(src.Pipeline.Stages[0].Steps); n != 4000 {
		t.Errorf("got %d steps", n)
	}
}

func TestProblemsBeyondAThousandAreCounted(t *testing.T) {
	var b strings.Builder
	for i := range maxProblems + 5 {
		fmt.Fprintf(&b, "unknown-%d = 1\n", i)
	}
	got := problems(t, b.String()+small)
	if len(got) != maxProblems+1 {
		t.Fatalf("got %d problems, want %d and one that counts the others", len(got), maxProblems)
	}
	if last := got[maxProblems].Message; last != "there are 5 more problems; correct these first" {
		t.Errorf("the last is %q", last)
	}
}
