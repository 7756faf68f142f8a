package rpc

// PluginListRequest asks for the step plugins that the daemon finds.
type PluginListRequest struct {
	Type string `json:"type,omitempty"` // only this one, with its documentation and settings schema
}

// PluginListResponse lists them in the order of their types.
type PluginListResponse struct {
	Plugins []Plugin `json:"plugins"` // at most one of a type
}

// Plugin is a step plugin's binary.
type Plugin struct {
	Type          string         `json:"type"`                      // what uses of a step names
	Version       string         `json:"version,omitempty"`         // as it says itself
	Summary       string         `json:"summary,omitempty"`         // what it does, on a line
	Documentation string         `json:"documentation,omitempty"`   // Markdown; with Type given
	Settings      map[string]any `json:"settings_schema,omitempty"` // JSON Schema; with Type given
	Outputs       []PluginOutput `json:"outputs,omitempty"`         // what its steps leave for later ones
	Capacity      int            `json:"capacity,omitempty"`        // attempts a process serves at a time
	Path          string         `json:"path"`                      // of the binary
	SHA256        string         `json:"sha256,omitempty"`          // of the binary, in hex
	Processes     int            `json:"processes"`                 // alive now
	Attempts      int            `json:"attempts"`                  // in work now
	Problem       string         `json:"problem,omitempty"`         // why it cannot be used
}

// PluginOutput is a value that a step of the type leaves for later steps.
type PluginOutput struct {
	Name        string `json:"name"`                  // as expressions name it
	Description string `json:"description,omitempty"` // what it is
}
