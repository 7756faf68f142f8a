package rpc

// ResourceListResponse lists the resource groups that are in use, or have a
// mode of their own, in the order of their names.
type ResourceListResponse struct {
	Resources []Resource `json:"resources"` // in the order of their names
}

// Resource is a resource group: over the whole daemon one step at a time has it.
type Resource struct {
	Name    string         `json:"name"`              // as resource_group of a step has it
	Mode    string         `json:"mode"`              // unordered, oldest_first, newest_first or newest_ready_first
	Holder  *ResourceStep  `json:"holder,omitempty"`  // the step that has it; null: nobody
	Waiting []ResourceStep `json:"waiting,omitempty"` // for it, next first
}

// ResourceStep is a step that has, or waits for, a resource group.
type ResourceStep struct {
	Run    string `json:"run"`    // nightly/42
	Step   string `json:"step"`   // deploy/prod
	Status string `json:"status"` // of the step
}

// ResourceModeRequest says in which order steps get a resource group.
type ResourceModeRequest struct {
	Name string `json:"name"` // as resource_group of a step has it
	Mode string `json:"mode"` // unordered, oldest_first, newest_first or newest_ready_first
}
