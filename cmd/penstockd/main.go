// Command penstockd is the pipeline daemon: see package daemon.
package main

import "os"

func main() { os.Exit(serve(os.Args[1:])) }
