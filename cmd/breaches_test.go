package cmd_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// Each law is held against a tree that breaks it and against one that comes
// close: a check that finds nothing would be no check.
func TestEachLawCanBeBroken(t *testing.T) {
	page := "// Package p " + strings.Repeat("owns, promises, refuses. ", 10) + "\n"
	for _, c := range []struct {
		law    string // the beginning of its name
		name   string
		file   string
		text   string
		broken bool
	}{
		{"only daemon/store", "another door", "daemon/a.go", page + "package daemon\nimport _ \"github.com/dgraph-io/badger/v4\"", true},
		{"only daemon/store", "another door below", "ctl/a.go", page + "package ctl\nimport _ \"github.com/dgraph-io/badger/v4/options\"", true},
		{"only daemon/store", "a test is no exception", "daemon/a_test.go", page + "package daemon\nimport _ \"github.com/dgraph-io/badger/v4\"", true},
		{"only daemon/store", "the door", "daemon/store/a.go", page + "package store\nimport _ \"github.com/dgraph-io/badger/v4\"", false},
		{"only daemon/store", "a longer name", "daemon/a.go", page + "package daemon\nimport _ \"github.com/dgraph-io/badgerlike\"", false},
		{"only daemon/host, plugins/protocol", "the SDK", "plugins/step/a.go", page + "package step\nimport _ \"github.com/hashicorp/go-plugin\"", true},
		{"only daemon/host, plugins/protocol", "the second door", "plugins/protocol/a.go", page + "package protocol\nimport _ \"github.com/hashicorp/go-plugin\"", false},
		{"ctl does not import daemon", "through a package below", "ctl/render/a.go", page + "package render\nimport _ \"" + module + "/daemon/run\"", true},
		{"ctl does not import daemon", "the protocol", "ctl/a.go", page + "package ctl\nimport _ \"" + module + "/rpc\"", false},
		{"rpc does not import", "ours", "rpc/a.go", page + "package rpc\nimport _ \"" + module + "/config\"", true},
		{"rpc does not import", "the library", "rpc/a.go", page + "package rpc\nimport _ \"github.com/creachadair/jrpc2\"", false},
		{"plugins does not import", "the daemon", "plugins/shell/a.go", page + "package shell\nimport _ \"" + module + "/daemon/host\"", true},
		{"plugins does not import", "the top", "plugins/shell/a.go", page + "package shell\nimport _ \"" + module + "\"", true},
		{"plugins does not import", "its like", "plugins/shell/a.go", page + "package shell\nimport _ \"" + module + "/plugins/step\"", false},
		{"a struct has", "both", "daemon/a.go", page + "package daemon\ntype s struct { A int `toml:\"a\"`; B int `json:\"b\"` }", true},
		{"a struct has", "inside a function", "daemon/a.go", page + "package daemon\nfunc f() { type s struct { A int `toml:\"a\" json:\"a\"` } }", true},
		{"a struct has", "one each", "daemon/a.go", page + "package daemon\ntype s struct { A int `toml:\"a\"` }\ntype r struct { A int `json:\"a\"` }", false},
		{"what decides is", "the clock", "daemon/run/a.go", page + "package run\nimport \"time\"\nvar _ = time.Now", true},
		{"what decides is", "a timer's type", "daemon/run/a.go", page + "package run\nimport \"time\"\nvar t *time.Timer", true},
		{"what decides is", "the clock by another name", "daemon/run/a.go", page + "package run\nimport t \"time\"\nvar _ = t.Now", true},
		{"what decides is", "values of time", "daemon/run/a.go", page + "package run\nimport \"time\"\nfunc f(t time.Time) time.Duration { return t.Sub(t) + time.Second }", false},
		{"what decides is", "a lock", "daemon/run/a.go", page + "package run\nimport _ \"sync\"", true},
		{"what decides is", "a goroutine", "daemon/run/a.go", page + "package run\nfunc f() { go f() }", true},
		{"what decides is", "a channel that is read", "daemon/run/a.go", page + "package run\nfunc f(x any) { <-x }", true},
		{"what decides is", "a channel's type", "daemon/run/a.go", page + "package run\nvar c chan int", true},
		{"what decides is", "output", "daemon/run/a.go", page + "package run\nimport \"fmt\"\nfunc f() { fmt.Println() }", true},
		{"what decides is", "the other one", "daemon/policy/a.go", page + "package policy\nimport \"time\"\nvar _ = time.Now", true},
		{"what decides is", "what the one may import", "daemon/policy/a.go", page + "package policy\nimport \"crypto/sha256\"\nvar _ = sha256.New", false},
		{"what decides is", "and the other may not", "daemon/run/a.go", page + "package run\nimport \"crypto/sha256\"\nvar _ = sha256.New", true},
		{"what decides is", "a package below", "daemon/policy/a/a.go", page + "package a\nimport _ \"os\"", false},
		{"what decides is", "its tests may", "daemon/run/a_test.go", page + "package run\nimport _ \"os\"", false},
		{"every package", "no doc", "daemon/a.go", "package daemon", true},
		{"every package", "a line", "daemon/a.go", "// Package daemon is the daemon.\npackage daemon", true},
		{"every package", "a page", "daemon/a.go", page + "package daemon", false},
		{"every package", "a main with a line", "cmd/a/a.go", "// Command a does.\npackage main", false},
		{"every package", "a main without", "cmd/a/a.go", "package main", true},
		{"every package", "generated code", "daemon/a.go", "// Code generated by a. DO NOT EDIT.\n\npackage daemon", false},
		{"every package", "only tests", "daemon/a_test.go", "package daemon", false},
		{"no package is a drawer", "util", "daemon/util/a.go", page + "package util", true},
		{"no package is a drawer", "in its name", "daemon/utility/a.go", page + "package utility", false},
		{"the top level", "a folder", "pkg/a.go", page + "package pkg", true},
		{"the top level", "a dot-file", ".editorconfig", "", false},
	} {
		t.Run(c.law+"/"+c.name, func(t *testing.T) {
			tree, err := load(fstest.MapFS{c.file: {Data: []byte(c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			breaches := find(t, c.law).broken(tree)
			if got := len(breaches) > 0; got != c.broken {
				t.Errorf("breaches: %q; should there be any: %v", breaches, c.broken)
			}
		})
	}
}

// find is the law whose name begins so: exactly one.
func find(t *testing.T, prefix string) law {
	t.Helper()
	var found []law
	for _, l := range laws() {
		if strings.HasPrefix(l.name, prefix) {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d laws begin with %q", len(found), prefix)
	}
	return found[0]
}
