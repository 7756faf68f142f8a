// Command penstock-step-http is the plugin of package http.
package main

import (
	"github.com/penstock/penstock/plugins/http"
	"github.com/penstock/penstock/plugins/step"
)

func main() { step.Serve(http.About(), http.Do) }
