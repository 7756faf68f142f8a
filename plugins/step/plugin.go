package step

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/penstock/penstock/plugins/protocol/steppb"
)

// plugin is what an author gave Serve, without the type of the settings.
type plugin struct {
	about  About
	schema []byte
	// bind decodes settings for one attempt; the error is Problems.
	bind func(settings []byte) (func(context.Context, *Task) error, error)
}

func newPlugin[S any](about About, work func(context.Context, S, *Task) error) (*plugin, error) {
	if about.Type == "" || about.Version == "" {
		return nil, errors.New("step.About needs Type and Version")
	}
	t := reflect.TypeFor[S]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the settings of a step are a struct, not %s", t)
	}
	schema, err := schemaOf(t)
	if err != nil {
		return nil, err
	}
	about.Capacity = max(about.Capacity, 1)
	return &plugin{about: about, schema: schema, bind: func(object []byte) (func(context.Context, *Task) error, error) {
		settings, err := Decode[S](object)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, t *Task) error { return work(ctx, settings, t) }, nil
	}}, nil
}

// check says all that is wrong with settings.
func (p *plugin) check(settings []byte) Problems {
	_, err := p.bind(settings)
	if problems, ok := errors.AsType[Problems](err); ok {
		return problems
	}
	if err != nil {
		return Problems{{Message: err.Error()}}
	}
	return nil
}

func (p *plugin) description() *steppb.Description {
	d := &steppb.Description{
		Type:           p.about.Type,
		Version:        p.about.Version,
		Summary:        p.about.Summary,
		Documentation:  p.about.Documentation,
		SettingsSchema: p.schema,
		Capacity:       uint32(p.about.Capacity),
	}
	for _, o := range p.about.Outputs {
		d.Outputs = append(d.Outputs, &steppb.Output{Name: o.Name, Description: o.Description})
	}
	return d
}

// page is the description for people and scripts: --describe.
func (p *plugin) page() ([]byte, error) {
	type output struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	outputs := []output{}
	for _, o := range p.about.Outputs {
		outputs = append(outputs, output(o))
	}
	return json.MarshalIndent(struct {
		Type          string          `json:"type"`
		Version       string          `json:"version"`
		Summary       string          `json:"summary"`
		Documentation string          `json:"documentation"`
		Settings      json.RawMessage `json:"settings_schema"`
		Outputs       []output        `json:"outputs"`
		Capacity      int             `json:"capacity"`
	}{p.about.Type, p.about.Version, p.about.Summary, p.about.Documentation, p.schema, outputs, p.about.Capacity}, "", "  ")
}
