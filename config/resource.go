package config

import (
	"errors"
	"fmt"
	"strings"
)

// maxGroup is how many bytes the name of a resource group has at most, as in
// GitLab.
const maxGroup = 255

// CheckResourceGroup is why name cannot be that of a resource group, nil where
// it can. The rule is GitLab's, without $, { and }: there they are for its
// variables.
func CheckResourceGroup(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("resource_group is empty; leave it out where the step needs no resource")
	case len(name) > maxGroup:
		return fmt.Errorf("resource_group has %d bytes; at most %d are allowed", len(name), maxGroup)
	case name[0] == '/' || name[len(name)-1] == '/':
		return fmt.Errorf("resource_group = %s must not begin or end with /", quote(name))
	case strings.Contains(name, "$"):
		return fmt.Errorf("resource_group = %s: $ has no meaning here; write {{ vars.NAME }} for a variable", quote(name))
	case strings.IndexFunc(name, strangeInGroup) >= 0:
		return fmt.Errorf("resource_group = %s may hold letters, digits, spaces and - _ / . only", quote(name))
	}
	return nil
}

func strangeInGroup(r rune) bool {
	return r >= 0x80 || !lower(byte(r)) && !upper(byte(r)) && !digit(byte(r)) && !strings.ContainsRune("-_/. ", r)
}

// resourceGroup reads the name of a group; one with a placeholder is judged
// when its value is known.
func (t table) resourceGroup() string {
	name, ok := t.text("resource_group")
	if !ok || strings.Contains(name, "{{") {
		return name
	}
	if err := CheckResourceGroup(name); err != nil {
		t.report(t.key("resource_group"), "%v", err)
		return ""
	}
	return name
}
