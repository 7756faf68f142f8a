// Penstock-step-shell is the plugin of the step shell: see package shell.
package main

import (
	"github.com/penstock/penstock/plugins/shell"
	"github.com/penstock/penstock/plugins/step"
)

func main() { step.Serve(shell.About(), shell.Work) }
