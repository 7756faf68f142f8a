package rpc

import "time"

// Key is a trigger key: whoever has its secret may start runs of its pipeline
// over HTTP. The secret is kept nowhere; it is in one answer, that to its
// creation.
type Key struct {
	ID        string   `json:"id"`                  // 16 hex digits
	Pipeline  string   `json:"pipeline"`            // nightly
	Name      string   `json:"name"`                // for people; several keys may have it
	Form      string   `json:"form"`                // api, webhook, github or standard
	Secret    string   `json:"secret"`              // its first four characters and "…"
	Addresses []string `json:"addresses,omitempty"` // CIDR prefixes that may call; none: any
	// MaySkipLocks: its calls may ask for runs whose steps take no resource groups.
	MaySkipLocks bool `json:"may_skip_locks,omitempty"`

	CreatedAt time.Time  `json:"created_at"`           // when it was made
	CreatedBy string     `json:"created_by"`           // by whom
	ExpiresAt *time.Time `json:"expires_at,omitempty"` // it ends then; null: never
	LastUsed  *time.Time `json:"last_used,omitempty"`  // when it last started a run
}

// KeyCreateRequest makes a trigger key. Names need not be unique: two keys of
// one name overlap while a secret is exchanged.
type KeyCreateRequest struct {
	Pipeline  string     `json:"pipeline"`             // nightly: the calls start runs of it
	Name      string     `json:"name"`                 // 1 to 63 of a-z, 0-9, ., _ and -, beginning with none of the last two
	Form      string     `json:"form,omitempty"`       // "" is api
	Addresses []string   `json:"addresses,omitempty"`  // addresses and CIDR prefixes, at most 100
	ExpiresAt *time.Time `json:"expires_at,omitempty"` // it ends then; null: never
	// MaySkipLocks lets calls ask for runs whose steps take no resource groups.
	MaySkipLocks bool `json:"may_skip_locks,omitempty"`
}

// KeyCreateResponse has the secret, which nothing will tell again.
type KeyCreateResponse struct {
	Key    Key    `json:"key"`    // without its secret
	Secret string `json:"secret"` // all of it: keep it
	// URL is where to call, http://127.0.0.1:8420/v1/pipelines/nightly/trigger;
	// with Socket the host in it means nothing. "" is: the listener is off.
	URL    string     `json:"url,omitempty"`
	Socket string     `json:"socket,omitempty"` // path of the Unix socket to call over
	Inputs []KeyInput `json:"inputs,omitempty"` // of the pipeline
	// Variables are those of the pipeline that a call may change.
	Variables []string `json:"variables,omitempty"`
}

// KeyInput is an input that a call may give.
type KeyInput struct {
	Name        string `json:"name"`                  // as the pipeline declares it
	Type        string `json:"type"`                  // string, number, boolean or array
	Required    bool   `json:"required"`              // neither it nor the trigger of the key has a value: a call without it is refused
	Description string `json:"description,omitempty"` // of the text
	Sample      string `json:"sample"`                // a value in JSON: that of the trigger of the key, the default, else one that has the type
}

// KeyListRequest asks for the keys of a pipeline, or of all.
type KeyListRequest struct {
	Pipeline string `json:"pipeline,omitempty"` // "" is all
	After    string `json:"after,omitempty"`    // pipelines after this one: Next of the page before
}

// KeyListResponse lists keys in the order of pipeline, name and id.
type KeyListResponse struct {
	Keys []Key  `json:"keys"`           // without their secrets
	Next string `json:"next,omitempty"` // ask again with After = Next; "" is the end
}

// KeyUpdateRequest changes what is said of a key. Its secret and its form stay.
type KeyUpdateRequest struct {
	Pipeline string `json:"pipeline"`         // whose key it is
	Key      string `json:"key"`              // id, or a name that one key of the pipeline has
	Rename   string `json:"rename,omitempty"` // "" leaves the name
	// Addresses take the place of those that it has; AnyAddress takes them away.
	Addresses  []string `json:"addresses,omitempty"`
	AnyAddress bool     `json:"any_address,omitempty"` // any address may call from now on
	// ExpiresAt may be in the past, which ends the key; NoExpiry takes it away.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	NoExpiry  bool       `json:"no_expiry,omitempty"` // it never ends by itself from now on
}

// KeyDeleteRequest ends a key for good, at once.
type KeyDeleteRequest struct {
	Pipeline string `json:"pipeline"` // whose key it is
	Key      string `json:"key"`      // id, or a name that one key of the pipeline has
}
