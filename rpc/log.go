package rpc

// LogReadRequest reads the log of one attempt from a byte cursor.
type LogReadRequest struct {
	Run     string `json:"run"`               // nightly/42, nightly/latest or its id, 1007
	Stage   string `json:"stage,omitempty"`   // may be left out where the step's name is unique
	Step    string `json:"step"`              // compile, or a cell: test@2
	Attempt int    `json:"attempt,omitempty"` // 0 is the newest
	Offset  int64  `json:"offset,omitempty"`  // 0, or Next of the answer before
	Limit   int    `json:"limit,omitempty"`   // bytes, at most 262144; 0 means 65536
	WaitMS  int    `json:"wait_ms,omitempty"` // wait this long for bytes; at most 60000
}

// LogReadResponse is a piece of the log: whole lines in the CRI log format,
// "<RFC 3339 time with nanoseconds> <stdout|stderr> <F|P> <text>\n".
type LogReadResponse struct {
	Attempt int    `json:"attempt"` // which one it is of
	Data    []byte `json:"data"`    // base64 in JSON: output is bytes, not text
	Next    int64  `json:"next"`    // the cursor after Data
	// Missing is how many bytes before Data were dropped because the log
	// outgrew its cap.
	Missing int64 `json:"missing,omitempty"`
	End     bool  `json:"end"` // the attempt has ended and Data reaches the end
}

// LogEraseRequest removes the log of an attempt for good, or with Attempt 0
// those of every attempt of the step. What else is known of the attempts stays.
type LogEraseRequest struct {
	Run     string `json:"run"`               // nightly/42, nightly/latest or its id, 1007
	Stage   string `json:"stage,omitempty"`   // may be left out where the step's name is unique
	Step    string `json:"step"`              // compile, or a cell: test@2
	Attempt int    `json:"attempt,omitempty"` // from 1; 0 is all
	DryRun  bool   `json:"dry_run,omitempty"` // say what would go; remove nothing
}

// LogEraseResponse says what went.
type LogEraseResponse struct {
	Run      string `json:"run"`       // nightly/42
	Step     string `json:"step"`      // build/compile
	Attempts []int  `json:"attempts"`  // that had a log
	LogBytes uint64 `json:"log_bytes"` // stored
}
