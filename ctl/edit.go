package ctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

func (a *app) editCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change the text of a pipeline in an editor",
		Long: "Change the text of a pipeline in $VISUAL, else $EDITOR, else vi, and apply it. Where it is\n" +
			"refused, or somebody else changed the pipeline meanwhile, the edited text is kept in a\n" +
			"file that is named.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.edit(cmd.Context(), args[0], note) },
	}
	cmd.Flags().StringVar(&note, "note", "", "why; kept in the history")
	return a.outputs(cmd)
}

func (a *app) edit(ctx context.Context, name, note string) error {
	old, err := call(ctx, a.link, (*rpc.Client).PipelineGet, &rpc.PipelineGetRequest{Name: name})
	if err != nil {
		return err
	}
	path, err := draft(old.Text, name)
	if err != nil {
		return err
	}
	text, err := a.edited(ctx, path)
	if text == old.Text {
		if err == nil {
			a.notice("%s: nothing changed", old.Pipeline)
		}
		return errors.Join(err, os.RemoveAll(filepath.Dir(path)))
	}
	if err == nil {
		err = a.replace(ctx, old, rpc.PipelineApplyRequest{Text: text, File: path, Note: note})
	}
	if err != nil {
		a.notice("Your text is kept in %s", path)
		return err
	}
	return os.RemoveAll(filepath.Dir(path))
}

// draft puts a text where an editor finds it: a private directory, so that
// nobody else reads it or puts another in its place.
func draft(text, name string) (string, error) {
	dir, err := os.MkdirTemp("", "penstockctl-edit-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the text: %w", err)
	}
	path := filepath.Join(dir, filepath.Base(name)+".toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return path, nil
}

// edited is the text after the editor ended, however it did. The editor's name may hold
// arguments, as in "code --wait": a shell takes it apart, as git(1) does.
func (a *app) edited(ctx context.Context, path string) (string, error) {
	editor := cmp.Or(a.getenv("VISUAL"), a.getenv("EDITOR"), "vi")
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", editor+` "$1"`, "sh", path)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Env, a.Stdin, a.Stdout, a.Stderr
	if a.output == formatJSON {
		cmd.Stdout = a.Stderr
	}
	failed := cmd.Run()
	f, err := a.readFile(path)
	if failed != nil {
		err = fmt.Errorf("editor %s: %w; nothing was applied", editor, failed)
	}
	return f.text, err
}

// replace applies a text in place of the one that was edited, and of no other.
func (a *app) replace(ctx context.Context, old *rpc.PipelineRevision, request rpc.PipelineApplyRequest) error {
	if problems := unfit(file{request.File, request.Text}); problems != nil {
		return refuse(problems)
	}
	source, err := config.ParsePipeline(request.File, []byte(request.Text))
	if err == nil && source.Pipeline.Name != old.Pipeline {
		return usagef("the text names the pipeline %q, not %q: use rename or clone for that; nothing was applied",
			source.Pipeline.Name, old.Pipeline)
	}
	request.ExpectRevision = old.Revision
	r, err := call(ctx, a.link, (*rpc.Client).PipelineApply, &request)
	if err != nil {
		return err
	}
	return a.applied(*r, false)
}
