// Command penstock-step-sleep is the plugin of package sleep.
package main

import (
	"github.com/penstock/penstock/plugins/sleep"
	"github.com/penstock/penstock/plugins/step"
)

func main() { step.Serve(sleep.About(), sleep.Do) }
