package ctl

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// Versions is the answer of `version -o json`.
type Versions struct {
	Client Build  `json:"client"`
	Daemon *Build `json:"daemon"` // null where none answers
}

// Build says what a program was built from.
type Build struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the versions of penstockctl and of the daemon",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.version(cmd.Context()) },
	}
	return a.outputs(cmd)
}

func (a *app) version(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v := Versions{Client: Build{a.Version, rpc.Version}}
	info, err := call(ctx, a.link, (*rpc.Client).DaemonInfo, &rpc.Empty{})
	if err == nil {
		v.Daemon = &Build{info.Version, info.Protocol}
	}
	return a.answer(v, func(render.Style) string { return v.text(err) })
}

func (v Versions) text(err error) string {
	text := fmt.Sprintf("penstockctl %s, protocol %d\n", v.Client.Version, v.Client.Protocol)
	if v.Daemon == nil {
		return text + fmt.Sprintf("penstockd   not reached: %s\n", render.Line(err.Error()))
	}
	return text + fmt.Sprintf("penstockd   %s, protocol %d\n", render.Line(v.Daemon.Version), v.Daemon.Protocol)
}
