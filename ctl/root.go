package ctl

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
)

const about = `penstockctl talks to penstockd, the pipeline daemon of this machine.

RUN is nightly/42, nightly/latest, or the number that is unique over the daemon.
A cell of a matrix is a step: nightly/42/build/test@2, or with its name in
quotes "nightly/42/build/test: [linux, arm64]"; nightly/42/build/test is all.
The daemon is found by its socket: --socket, else PENSTOCK_SOCKET, else where it
listens by default for the user who calls.

With -o json a command writes the daemon's answers to stdout, one object a line.`

// root is the whole command line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "penstockctl",
		Short:         "Drive the pipeline daemon of this machine",
		Long:          about,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	root.PersistentFlags().StringVar(&a.link.socket, "socket", a.link.socket, "the daemon's socket")
	root.SetFlagErrorFunc(badFlag)
	root.SetUsageTemplate(strings.NewReplacer(
		".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", helpColumns),
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`, `See "{{.CommandPath}} COMMAND --help" for more of a command.`,
	).Replace(root.UsageTemplate()))
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.AddGroup(
		&cobra.Group{ID: "pipelines", Title: "Pipelines:"},
		&cobra.Group{ID: "runs", Title: "Runs:"},
		&cobra.Group{ID: "schedules", Title: "Schedules:"},
		&cobra.Group{ID: "daemon", Title: "The daemon:"},
	)
	group(root, "pipelines", a.applyCommand(), a.validateCommand(), a.simulateCommand(), a.testCommand(), a.editCommand(), a.listCommand(),
		a.showCommand(), a.historyCommand(), a.rollbackCommand(), a.renameCommand(), a.cloneCommand(), a.pauseCommand(), a.resumeCommand(),
		a.deleteCommand())
	group(root, "runs", a.runCommand(), a.rerunCommand(), a.runsCommand(), a.latestCommand(), a.statusCommand(), a.whyCommand(), a.watchCommand(), a.logsCommand(),
		a.playCommand(), a.unscheduleCommand(), a.retryCommand(), a.cancelCommand(), a.eraseCommand())
	group(root, "schedules", a.scheduleCommand(), a.backfillCommand(), a.calendarCommand(), a.freezeCommand(), a.unfreezeCommand())
	group(root, "daemon", a.pingCommand(), a.pluginsCommand(), a.resourceCommand(), a.keyCommand(), a.versionCommand())
	root.AddCommand(exitTopic())
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	strict(root)
	fold(root)
	return root
}

// helpColumns is how wide a help may be: a narrow terminal.
const helpColumns = 80

// fold breaks the lines of all help.
func fold(cmd *cobra.Command) {
	cmd.Long = render.Fold(cmd.Long, helpColumns)
	for _, below := range cmd.Commands() {
		fold(below)
	}
}

// strict makes cobra's own commands refuse what they do not know. By default
// they show a help and succeed, which a script takes for what it asked for.
func strict(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args, cmd.RunE = unknownCommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			cmd.RunE = helpOf
		}
	}
}

// helpOf shows the help of the command that the words name.
func helpOf(help *cobra.Command, words []string) error {
	cmd, rest, err := help.Root().Find(words)
	if err != nil {
		return err
	}
	if cmd.HasSubCommands() {
		if err := unknownCommand(cmd, rest); err != nil {
			return err
		}
	}
	cmd.InitDefaultHelpFlag()
	return cmd.Help()
}

func group(root *cobra.Command, id string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = id
		root.AddCommand(cmd)
	}
}

// unknownCommand refuses what is no command, with what may have been meant.
func unknownCommand(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := ""
	if near := parent.SuggestionsFor(args[0]); len(near) > 0 {
		text = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %q%s\nSee '%s --help'.", args[0], text, parent.CommandPath())
}
