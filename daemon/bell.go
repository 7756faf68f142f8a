package daemon

import "sync"

// bell wakes everybody who waits for it. The zero bell is ready.
type bell struct {
	mu   sync.Mutex    // protects next
	next chan struct{} // closed by the next ring; nil: nobody waits
}

// wait returns a channel that the next ring closes.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
