package ctl

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Trigger keys, with which runs are started over HTTP",
		Long:  "Make, list, change and delete trigger keys, with which runs are started over HTTP.",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.keyCreateCommand(), a.keyListCommand(), a.keyUpdateCommand(), a.keyDeleteCommand())
	return cmd
}

// keyTerms are the flags that say who may use a key, and until when.
type keyTerms struct {
	form       string
	from       []string
	anyAddress bool
	expires    string
	noExpiry   bool
	rename     string
	skipLocks  bool
}

func (a *app) keyCreateCommand() *cobra.Command {
	var t keyTerms
	cmd := &cobra.Command{
		Use:   "create PIPELINE/NAME",
		Short: "Make a trigger key and show its secret, once",
		Long: "Make a trigger key and show its secret, once: the daemon keeps none. With the secret a ready\n" +
			"call is shown. The name is for people, and joins the key with a [[trigger]] that has key = NAME.\n\n" +
			"--form says how calls prove that they have the secret: api (a bearer, or in the body: the\n" +
			"default), webhook (a bearer or X-Gitlab-Token; the body is the payload), github (signed as GitHub\n" +
			"does), standard (signed as Standard Webhooks and GitLab do).",
		Example: "  penstockctl key create nightly/ci\n" +
			"  penstockctl key create deploy/github --form github --expires 90d",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keyCreate(cmd.Context(), args[0], t) },
	}
	cmd.Flags().StringVar(&t.form, "form", "", "api (default), webhook, github or standard")
	completeWords(cmd, "form", "api", "webhook", "github", "standard")
	cmd.Flags().BoolVar(&t.skipLocks, "may-skip-locks", false, "calls may ask for runs whose steps take no resource groups")
	t.common(cmd)
	return a.outputs(cmd)
}

func (t *keyTerms) common(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&t.from, "from", nil, "an address or CIDR prefix that may call; may be repeated (default: any)")
	cmd.Flags().StringVar(&t.expires, "expires", "", "how long the key lasts (30d, 12h), or until when")
}

func (a *app) keyListCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "list [PIPELINE]",
		Aliases:           []string{"ls"},
		Short:             "List trigger keys: who may call, until when, when last",
		Long:              "List trigger keys: who may call, until when, when last; never their secrets.",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.keyList(cmd.Context(), strings.Join(args, ""))
		},
	})
}

func (a *app) keyUpdateCommand() *cobra.Command {
	var t keyTerms
	cmd := &cobra.Command{
		Use:               "update PIPELINE/KEY",
		Short:             "Change the name, the addresses or the expiry of a trigger key",
		Long:              "Change the name, the addresses or the expiry of a trigger key. Its secret stays valid. KEY is\nits name, or its id where several have the name.",
		Example:           "  penstockctl key update nightly/ci --rename build-server --from 10.0.0.0/8",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeKey,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keyUpdate(cmd.Context(), args[0], t) },
	}
	cmd.Flags().StringVar(&t.rename, "rename", "", "the new name")
	t.common(cmd)
	cmd.Flags().BoolVar(&t.anyAddress, "from-anywhere", false, "any address may call")
	cmd.Flags().BoolVar(&t.noExpiry, "never-expires", false, "the key lasts until it is deleted")
	return a.outputs(cmd)
}

func (a *app) keyDeleteCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "delete PIPELINE/KEY",
		Aliases:           []string{"rm"},
		Short:             "End a trigger key for good: the next call with it is refused",
		Long:              "End a trigger key for good, at once and without a question. KEY is its name, or its id where\nseveral have the name.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeKey,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keyDelete(cmd.Context(), args[0]) },
	})
}

// splitKey reads PIPELINE/KEY.
func splitKey(path string) (pipeline, key string, err error) {
	pipeline, key, ok := strings.Cut(path, "/")
	if !ok || pipeline == "" || key == "" || strings.Contains(key, "/") {
		return "", "", usagef("%q: want PIPELINE/KEY, such as nightly/ci", path)
	}
	return pipeline, key, nil
}

// expiry is when a key is to end; nil where that was not said.
func (t keyTerms) expiry(now time.Time) (*time.Time, error) {
	if t.expires == "" {
		return nil, nil
	}
	if length, err := config.ParseDuration(t.expires); err == nil && length > 0 {
		end := now.Add(length)
		return &end, nil
	}
	end, ok := parseMoment(t.expires, now)
	if !ok {
		return nil, usagef("--expires %q: want a length of time, such as 30d, or 2026-11-24 or 2026-11-24T08:00:00Z", t.expires)
	}
	return &end, nil
}

func (a *app) keyCreate(ctx context.Context, path string, t keyTerms) error {
	pipeline, name, err := splitKey(path)
	if err != nil {
		return err
	}
	until, err := t.expiry(time.Now())
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).KeyCreate, &rpc.KeyCreateRequest{
		Pipeline: pipeline, Name: name, Form: t.form, Addresses: t.from, ExpiresAt: until, MaySkipLocks: t.skipLocks,
	})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.KeyCreated(*r) })
}

func (a *app) keyList(ctx context.Context, pipeline string) error {
	all := rpc.KeyListResponse{Keys: []rpc.Key{}}
	for q := (&rpc.KeyListRequest{Pipeline: pipeline}); ; {
		page, err := call(ctx, a.link, (*rpc.Client).KeyList, q)
		if err != nil {
			return err
		}
		all.Keys = append(all.Keys, page.Keys...)
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(all.Keys) == 0 {
		a.notice("There are no trigger keys. See 'penstockctl key create --help'.")
	}
	return a.answer(&all, func(s render.Style) string { return s.Keys(all.Keys) })
}

func (a *app) keyUpdate(ctx context.Context, path string, t keyTerms) error {
	pipeline, key, err := splitKey(path)
	if err != nil {
		return err
	}
	until, err := t.expiry(time.Now())
	if err != nil {
		return err
	}
	q := &rpc.KeyUpdateRequest{
		Pipeline: pipeline, Key: key, Rename: t.rename, Addresses: t.from, AnyAddress: t.anyAddress, ExpiresAt: until, NoExpiry: t.noExpiry,
	}
	if t.rename == "" && len(t.from) == 0 && !t.anyAddress && until == nil && !t.noExpiry {
		return usagef("nothing is to change: see 'penstockctl key update --help'")
	}
	r, err := call(ctx, a.link, (*rpc.Client).KeyUpdate, q)
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Keys([]rpc.Key{*r}) })
}

func (a *app) keyDelete(ctx context.Context, path string) error {
	pipeline, key, err := splitKey(path)
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).KeyDelete, &rpc.KeyDeleteRequest{Pipeline: pipeline, Key: key})
	if err != nil {
		return err
	}
	return a.answer(r, func(render.Style) string { return render.KeyName(*r) + ": deleted\n" })
}

// completeKey proposes keys.
func (a *app) completeKey(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) {
		r, err := call(ctx, a.link, (*rpc.Client).KeyList, &rpc.KeyListRequest{})
		if err != nil {
			return nil, err
		}
		var names proposals
		for _, k := range r.Keys {
			same := func(o rpc.Key) bool { return o.Pipeline == k.Pipeline && o.Name == k.Name && o.ID != k.ID }
			name := k.Name
			if slices.ContainsFunc(r.Keys, same) {
				name = k.ID
			}
			names = append(names, cobra.CompletionWithDesc(render.Line(k.Pipeline+"/"+name), render.Line(k.Form+" "+k.Secret)))
		}
		return names, nil
	})
}
