package rpc

// PluginListRequest asks for the step plugins that the daemon finds.
type PluginListRequest struct {
	Type string `json:"type,omitempty"` // only this one, with its documentation and settings schema
}

// PluginListResponse lists them in the order of their types.
type PluginListResponse struct {
	Plugins []Plugin `json:"plugins"`
}

// Plugin is a step plugin's binary.
type Plugin struct {
	Type          string         `json:"type"`
	Version       string         `json:"version,omitempty"`
	Summary       string         `json:"summary,omitempty"`
	Documentation string         `json:"documentation,omitempty"`   // Markdown; with Type given
	Settings      map[string]any `json:"settings_schema,omitempty"` // JSON Schema; with Type given
	Outputs       []PluginOutput `json:"outputs,omitempty"`
	Capacity      int            `json:"capacity,omitempty"` // attempts a process serves at a time
	Path          string         `json:"path"`
	SHA256        string         `json:"sha256,omitempty"`
	Processes     int            `json:"processes"`         // alive now
	Attempts      int            `json:"attempts"`          // in work now
	Problem       string         `json:"problem,omitempty"` // why it cannot be used
}

// PluginOutput is a value that a step of the type leaves for later steps.
type PluginOutput struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}
