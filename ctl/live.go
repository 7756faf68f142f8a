package ctl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// frameTime is how long a picture of the live view stands.
const frameTime = 100 * time.Millisecond

// watchLive redraws the tree of a run in place until the run is complete.
func (a *app) watchLive(ctx context.Context, run string) (*rpc.RunWatchResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	news := make(chan *rpc.RunWatchResponse)
	ended := make(chan error, 1)
	defer func() { cancel(); <-ended }()
	words := a.mute()
	go func() {
		defer close(ended)
		_, err := a.follow(ctx, run, func(n *rpc.RunWatchResponse) error { return send(ctx, news, n) })
		if err != nil {
			ended <- err
		}
	}()
	return a.draw(news, ended, words)
}

func send[T any](ctx context.Context, to chan<- T, value T) error {
	select {
	case to <- value:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mute keeps the link's notices off the screen that is being drawn; the newest
// can be had from the channel instead.
func (a *app) mute() <-chan string {
	words := make(chan string, 1)
	a.link.notice = func(format string, args ...any) {
		select {
		case words <- fmt.Sprintf(format, args...):
		default: // one is waiting to be shown: that is enough
		}
	}
	return words
}

// draw shows each piece of news, and the passing of time between them.
func (a *app) draw(news <-chan *rpc.RunWatchResponse, ended <-chan error, words <-chan string) (*rpc.RunWatchResponse, error) {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	var v view
	var p picture
	var heard time.Time
	for frame := 0; ; frame++ {
		select {
		case n := <-news:
			v.take(n)
			p.word, heard = "", time.Now()
			if n.Ended {
				return n, a.print(p.last(a.style(), v.run))
			}
		case p.word = <-words:
		case err := <-ended:
			return nil, err
		case <-tick.C:
		}
		if v.place == nil {
			continue
		}
		if err := a.print(p.next(a.style(), aged(v.run, time.Since(heard)), frame)); err != nil {
			return nil, err
		}
	}
}

// aged is a run so long after the latest news of it: while its steps work, so
// much longer have they.
func aged(run rpc.Run, by time.Duration) rpc.Run {
	if run.Status == "running" && run.Duration != nil {
		seconds := *run.Duration + by.Seconds()
		run.Duration = &seconds
	}
	return run
}

// picture is what stands on the screen.
type picture struct {
	rows int    // of it, to be drawn over
	word string // below the tree; "" is none
}

// next is the text that replaces the picture by a newer one.
func (p *picture) next(s render.Style, run rpc.Run, frame int) string {
	if p.word != "" && s.Height > 0 {
		s.Height--
	}
	text := s.Live(run, frame)
	if p.word != "" {
		text += p.word + "\n"
	}
	return p.over(text)
}

// last is the text that replaces the picture by the whole of an ended run.
func (p *picture) last(s render.Style, run rpc.Run) string {
	return p.over(s.Run(run))
}

func (p *picture) over(text string) string {
	up := ""
	if p.rows > 0 {
		up = fmt.Sprintf("\x1b[%dA", p.rows) // CUU, then ED: ECMA-48 8.3.22, 8.3.39
	}
	p.rows = strings.Count(text, "\n")
	return up + "\x1b[J" + text
}
