package config

import (
	"fmt"
	"strings"
)

// nameRule is what a person is told about names.
const nameRule = "1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter, a digit or a dot, and neither . nor .."

// validName tells whether s may name a pipeline, a stage, a step or a step
// type: [a-z0-9.][a-z0-9_.-]{0,62}, and no directory's name for itself or its
// parent, because names become keys and directories.
func validName(s string) bool {
	if s == "" || len(s) > 63 || s == "." || s == ".." || s[0] == '_' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !lower(c) && !digit(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// CheckName says why s cannot name a pipeline, a trigger or a trigger key, nil
// where it can.
func CheckName(s string) error {
	if validName(s) {
		return nil
	}
	return fmt.Errorf("%s is no name (%s)", quote(s), nameRule)
}

// asName is what a person probably meant to write as a name, "" where that
// cannot be guessed.
func asName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '/' || r == ':' {
			return '-'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
	if validName(s) && s[0] != '.' {
		return s
	}
	return ""
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }
