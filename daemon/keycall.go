package daemon

import (
	"encoding/json"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/rpc"
)

// explainCall says where a new key is called with, and with what.
func (d *Daemon) explainCall(r *rpc.KeyCreateResponse) error {
	if d.http != nil {
		r.URL, r.Socket = d.http.Address()
		if key.Form(r.Key.Form) == key.API {
			r.URL += "/v1/pipelines/" + r.Key.Pipeline + "/trigger"
		} else {
			r.URL += "/v1/hooks/" + r.Key.ID
		}
	}
	_, definition, err := d.current(r.Key.Pipeline)
	if err != nil {
		return failure(err, "the pipeline of the key")
	}
	var given map[string]any
	if t := definition.Trigger(triggerOf(definition, r.Key.Name)); t != nil {
		given = t.Inputs
	}
	for _, in := range definition.Inputs {
		input, err := keyInput(in, given[in.Name])
		if err != nil {
			return failure(err, "input "+in.Name)
		}
		r.Inputs = append(r.Inputs, input)
	}
	if definition.Type == config.Dynamic {
		for _, v := range definition.Variables {
			if key.CheckVariable(v.Name) == nil {
				r.Variables = append(r.Variables, v.Name)
			}
		}
	}
	return nil
}

// keyInput is an input with a value that it would take: the one that the trigger
// of the key gives, where that is not nil.
func keyInput(in config.Input, given any) (rpc.KeyInput, error) {
	value := given
	if value == nil {
		value = in.Default
	}
	required := value == nil
	if value == nil && len(in.Options) > 0 {
		value = in.Options[0]
	}
	if value == nil {
		value = map[config.InputType]any{config.String: "…", config.Number: 0, config.Boolean: false, config.Array: []any{}}[in.Type]
	}
	sample, err := json.Marshal(value)
	return rpc.KeyInput{
		Name: in.Name, Type: string(in.Type), Required: required, Description: in.Description, Sample: string(sample),
	}, err
}
