package docs_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// The table of roles in the manual is the one that the daemon goes by.
func TestTheTableOfRolesIsRight(t *testing.T) {
	text := read(t, "security.md")
	told := map[string]rpc.Role{}
	for _, role := range []rpc.Role{rpc.Viewer, rpc.Operator, rpc.Admin} {
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| %s \|(.*)$`, role)).FindString(text)
		for _, m := range regexp.MustCompile("`([a-z]+\\.[a-z]+)`").FindAllStringSubmatch(row, -1) {
			told[m[1]] = role
		}
	}
	if !maps.Equal(told, rpc.Roles()) {
		t.Errorf("security.md has %v\nthe daemon has %v", told, rpc.Roles())
	}
}

// The two tables of exit codes do not drift apart.
func TestTheTablesOfExitCodesAreWhole(t *testing.T) {
	for _, file := range []string{"cli.md", "../README.md"} {
		var codes []string
		for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(read(t, file), -1) {
			codes = append(codes, m[1])
		}
		if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "130"}; !slices.Equal(codes, want) {
			t.Errorf("%s has the codes %v, not %v", file, codes, want)
		}
	}
}
