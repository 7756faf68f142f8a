package cmd_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// pure is the packages that are values in, values out, and what each imports
// beside pureImports.
var pure = map[string][]string{
	"daemon/run": nil,
	"daemon/policy": {
		"crypto/sha256", "encoding/hex", "encoding/json", module + "/config", module + "/daemon/run",
	},
	"daemon/schedule": {
		"hash/fnv", module + "/config/calendar", module + "/config/cron",
	},
	"daemon/key": {
		"crypto/hkdf", "crypto/hmac", "crypto/sha256", "crypto/subtle", "encoding/base64", "encoding/hex", "log/slog", "math/big", "net/netip",
	},
	"daemon/plan": {
		"encoding/json", module + "/config", module + "/config/expression", module + "/config/spelling", module + "/daemon/run",
	},
	"config/expression": {
		"bytes", "encoding/json", "reflect", "regexp", "regexp/syntax", module + "/config/spelling",
		"github.com/expr-lang/expr/ast", "github.com/expr-lang/expr/builtin", "github.com/expr-lang/expr/checker",
		"github.com/expr-lang/expr/compiler", "github.com/expr-lang/expr/conf", "github.com/expr-lang/expr/file",
		"github.com/expr-lang/expr/parser", "github.com/expr-lang/expr/types", "github.com/expr-lang/expr/vm",
	},
	"daemon/forecast": {module + "/rpc"},
	"daemon/account":  {module + "/daemon/run", module + "/rpc"},
	"daemon/simulation": {
		"container/heap", "encoding/json", "regexp", module + "/config", module + "/config/expression", module + "/config/spelling",
		module + "/daemon/account", module + "/daemon/plan", module + "/daemon/policy", module + "/daemon/run", module + "/rpc",
	},
}

// pureImports are packages of functions on values. Of time only the types and
// the arithmetic are: timeDoes lists what asks the clock or waits for it.
var (
	pureImports = []string{"cmp", "container/heap", "errors", "fmt", "iter", "maps", "math", "slices", "sort", "strconv", "strings", "time", "unicode", "unicode/utf8"}
	timeDoes    = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Timer", "Ticker", "LoadLocation", "Local"}
	fmtDoes     = []string{"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"}
)

// impure finds what a pure package must not do. Its tests may.
func impure(t *tree) []string {
	imported := t.imports(func(f *source, name string) bool {
		return isPure(f) && !slices.Contains(pureImports, name) && !slices.Contains(pure[f.dir], name)
	})
	done := t.inspect(func(f *source, n ast.Node) string {
		if !isPure(f) {
			return ""
		}
		return impurity(n)
	})
	return append(imported, done...)
}

func isPure(f *source) bool {
	_, ok := pure[f.dir]
	return ok && !f.test
}

// impurity says what a node does that is more than values, "" where nothing.
func impurity(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		if n.Name != nil {
			return "an import has another name, so that its use cannot be seen"
		}
	case *ast.GoStmt:
		return "a goroutine is started"
	case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt:
		return "a channel is used"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "a channel is used"
		}
	case *ast.SelectorExpr:
		return effect(n)
	}
	return ""
}

func effect(n *ast.SelectorExpr) string {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return ""
	}
	if x.Name == "time" && slices.Contains(timeDoes, n.Sel.Name) || x.Name == "fmt" && slices.Contains(fmtDoes, n.Sel.Name) {
		return fmt.Sprintf("%s.%s is used", x.Name, n.Sel.Name)
	}
	return ""
}

func unquote(literal *ast.BasicLit) string {
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return literal.Value
	}
	return text
}
