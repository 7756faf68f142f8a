package daemon

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// The most that is kept of trigger keys.
const (
	maxKeys      = 100 // of a pipeline
	maxAddresses = 100 // of a key
)

// KeyCreate makes a trigger key. Its secret is in the answer and nowhere else.
func (d *Daemon) KeyCreate(ctx context.Context, q *rpc.KeyCreateRequest) (*rpc.KeyCreateResponse, error) {
	form, addresses, err := checkNewKey(q)
	if err != nil {
		return nil, rpc.Errorf(rpc.CodeInvalid, "%v", err)
	}
	id, secret, err := d.newSecret(form)
	if err != nil {
		return nil, failure(err, "key")
	}
	who, _ := actor(ctx)
	record := store.Key{
		ID: id, Name: q.Name, Form: string(form), Digest: secret.Digest(), Hint: secret.Hint(), Addresses: addresses, CreatedBy: who, SkipLocks: q.MaySkipLocks,
	}
	if q.ExpiresAt != nil {
		record.ExpiresAt = *q.ExpiresAt
	}
	if err := d.putNewKey(ctx, q.Pipeline, &record); err != nil {
		return nil, err
	}
	d.log.Info("a trigger key was created", "pipeline", q.Pipeline, "key", id, "name", q.Name, "form", form, "actor", who)
	answer := &rpc.KeyCreateResponse{Key: keyLine(record, q.Pipeline), Secret: secret.Reveal()}
	return answer, d.explainCall(answer)
}

// checkNewKey reads what a key is to be like.
func checkNewKey(q *rpc.KeyCreateRequest) (key.Form, []string, error) {
	if err := config.CheckName(q.Name); err != nil {
		return "", nil, fmt.Errorf("the name of a key: %w", err)
	}
	if q.ExpiresAt != nil && !q.ExpiresAt.After(time.Now()) {
		return "", nil, fmt.Errorf("expires at %s: that is past already", q.ExpiresAt.Format(time.RFC3339))
	}
	form, err := key.ParseForm(q.Form)
	if err != nil {
		return "", nil, err
	}
	addresses, err := keyAddresses(q.Addresses)
	return form, addresses, err
}

// keyAddresses makes prefixes of addresses.
func keyAddresses(list []string) (prefixes []string, err error) {
	if len(list) > maxAddresses {
		return nil, fmt.Errorf("%d addresses; a key has at most %d: name the network that they are in", len(list), maxAddresses)
	}
	for _, s := range list {
		prefix, why := config.ParseAddresses(s)
		if why != "" {
			return nil, fmt.Errorf("the address %q %s", s, why)
		}
		prefixes = append(prefixes, prefix.String())
	}
	return prefixes, nil
}

// newSecret makes the id and the secret of a key.
func (d *Daemon) newSecret(form key.Form) (id string, s key.Secret, err error) {
	random := make([]byte, key.Randomness)
	if _, err := rand.Read(random); err != nil {
		return "", s, fmt.Errorf("random bytes for a key: %w", err)
	}
	var signing []byte
	if form.Signs() {
		if signing, err = d.signing.Make(); err != nil {
			return "", s, err
		}
	}
	id, s = key.New(form, random, signing)
	return id, s, nil
}

func (d *Daemon) putNewKey(ctx context.Context, pipeline string, record *store.Key) error {
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		p, err := tx.PipelineNamed(pipeline)
		if err != nil {
			return err
		}
		own, err := tx.KeysOf(p.ID)
		if err != nil {
			return err
		}
		if len(own) >= maxKeys {
			return rpc.Errorf(rpc.CodeConflict, "pipeline %q has %d trigger keys, and no more are kept: delete those that nobody uses", pipeline, len(own))
		}
		record.Pipeline, record.CreatedAt = p.ID, now
		tx.PutKey(*record)
		return nil
	})
	return failure(err, fmt.Sprintf("pipeline %q", pipeline))
}

// pageOfKeys bounds how many pipelines are looked at for one page.
const pageOfKeys = 1000

// KeyList lists trigger keys, without their secrets.
func (d *Daemon) KeyList(_ context.Context, q *rpc.KeyListRequest) (*rpc.KeyListResponse, error) {
	view := d.store.View()
	defer view.Close()
	answer := &rpc.KeyListResponse{Keys: []rpc.Key{}}
	if q.Pipeline != "" {
		p, err := view.PipelineNamed(q.Pipeline)
		if err == nil {
			err = addKeys(answer, view, p)
		}
		return answer, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
	}
	seen, last := 0, ""
	for p, err := range view.Pipelines(q.After) {
		if seen == pageOfKeys || len(answer.Keys) >= pageOfKeys {
			answer.Next = last
			break
		}
		if err == nil {
			err = addKeys(answer, view, p)
		}
		if err != nil {
			return nil, failure(err, "keys")
		}
		seen, last = seen+1, p.Name
	}
	return answer, nil
}

// addKeys adds the keys of a pipeline, by name.
func addKeys(answer *rpc.KeyListResponse, view *store.View, p store.Pipeline) error {
	own, err := view.KeysOf(p.ID)
	slices.SortStableFunc(own, func(a, b store.Key) int { return cmp.Compare(a.Name, b.Name) })
	for _, k := range own {
		answer.Keys = append(answer.Keys, keyLine(k, p.Name))
	}
	return err
}

// keyLine is a key as it is shown, its secret obfuscated.
func keyLine(k store.Key, pipeline string) rpc.Key {
	return rpc.Key{
		ID: k.ID, Pipeline: pipeline, Name: k.Name, Form: k.Form, Secret: k.Hint + "…", Addresses: k.Addresses, MaySkipLocks: k.SkipLocks,
		CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: account.Moment(k.ExpiresAt), LastUsed: account.Moment(k.LastUsed),
	}
}

// KeyUpdate changes what is said of a key.
func (d *Daemon) KeyUpdate(ctx context.Context, q *rpc.KeyUpdateRequest) (*rpc.Key, error) {
	change, err := keyChange(q)
	if err != nil {
		return nil, rpc.Errorf(rpc.CodeInvalid, "%v", err)
	}
	return d.changeKey(ctx, q.Pipeline, q.Key, "a trigger key was changed", func(tx *store.Tx, k *store.Key) {
		change(k)
		tx.PutKey(*k)
	})
}

// keyChange reads how a key is to change.
func keyChange(q *rpc.KeyUpdateRequest) (func(*store.Key), error) {
	addresses, err := keyAddresses(q.Addresses)
	switch {
	case err != nil:
		return nil, err
	case q.AnyAddress && len(addresses) > 0:
		return nil, fmt.Errorf("any address, and these alone: want one of the two")
	case q.NoExpiry && q.ExpiresAt != nil:
		return nil, fmt.Errorf("no expiry, and one at %s: want one of the two", q.ExpiresAt.Format(time.RFC3339))
	case q.Rename != "":
		if err := config.CheckName(q.Rename); err != nil {
			return nil, fmt.Errorf("the name of a key: %w", err)
		}
	}
	return func(k *store.Key) {
		k.Name = cmp.Or(q.Rename, k.Name)
		if q.AnyAddress || len(addresses) > 0 {
			k.Addresses = addresses
		}
		if q.NoExpiry {
			k.ExpiresAt = time.Time{}
		} else if q.ExpiresAt != nil {
			k.ExpiresAt = *q.ExpiresAt
		}
	}, nil
}

// KeyDelete ends a key: the next call with it is refused.
func (d *Daemon) KeyDelete(ctx context.Context, q *rpc.KeyDeleteRequest) (*rpc.Key, error) {
	return d.changeKey(ctx, q.Pipeline, q.Key, "a trigger key was deleted", func(tx *store.Tx, k *store.Key) { tx.RemoveKey(*k) })
}

// changeKey changes the key of a pipeline that is called name, and logs what was
// done.
func (d *Daemon) changeKey(ctx context.Context, pipeline, name, done string, change func(*store.Tx, *store.Key)) (*rpc.Key, error) {
	var found store.Key
	err := d.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		p, err := tx.PipelineNamed(pipeline)
		if err != nil {
			return err
		}
		own, err := tx.KeysOf(p.ID)
		if err == nil {
			found, err = pickKey(own, pipeline, name)
		}
		if err == nil {
			change(tx, &found)
		}
		return err
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", pipeline))
	}
	who, _ := actor(ctx)
	d.log.Info(done, "pipeline", pipeline, "key", found.ID, "name", found.Name, "actor", who)
	line := keyLine(found, pipeline)
	return &line, nil
}

// pickKey finds a key by its id, or by a name that no other has.
func pickKey(own []store.Key, pipeline, name string) (store.Key, error) {
	if i := slices.IndexFunc(own, func(k store.Key) bool { return k.ID == name }); i >= 0 {
		return own[i], nil
	}
	named := slices.DeleteFunc(slices.Clone(own), func(k store.Key) bool { return k.Name != name })
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return store.Key{}, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no trigger key %q", pipeline, name)
	}
	var ids []string
	for _, k := range named {
		ids = append(ids, k.ID)
	}
	return store.Key{}, rpc.Errorf(rpc.CodeConflict, "%d trigger keys of pipeline %q are called %q: name one by its id: %s",
		len(named), pipeline, name, strings.Join(ids, ", "))
}
