package ctl

import (
	"bytes"
	"strings"
	"sync"
)

// syncBuffer is a buffer that can be waited on.
type syncBuffer struct {
	mu    sync.Mutex // protects the fields below
	text  bytes.Buffer
	grown *sync.Cond
}

func (b *syncBuffer) cond() *sync.Cond {
	if b.grown == nil {
		b.grown = sync.NewCond(&b.mu)
	}
	return b.grown
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cond().Broadcast()
	return b.text.Write(p)
}

// await returns once text has been written.
func (b *syncBuffer) await(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !strings.Contains(b.text.String(), text) {
		b.cond().Wait()
	}
}
