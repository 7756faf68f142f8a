package arrival

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// disk is the files as they are; since is when each last changed.
type disk struct {
	files map[string]File
	since map[string]time.Time
	now   time.Time
	next  uint64 // inode
}

func (d *disk) paths() []string {
	var all []string
	for path := range d.files {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

func (d *disk) write(path string, anew bool) {
	f := d.files[path]
	if anew || f.Path == "" {
		d.next++
		f = File{Path: path, Stamp: Stamp{Inode: d.next}}
	}
	f.Size++
	f.ModTime = d.now
	d.files[path], d.since[path] = f, d.now
}

// Whatever is written, replaced, moved away and looked at, whether or not it is
// told: a state of a file is offered once, after it has not changed for the settle
// time, and in the end every state that stays is offered.
func TestAStateOfAFileIsOfferedOnceWhenItHasSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const settle = 10 * time.Second
		d := &disk{files: map[string]File{}, since: map[string]time.Time{}, now: time.Unix(1_000_000, 0)}
		b, offered := newBook(settle), map[string]bool{}
		tell := func(path string) {
			if f, ok := d.files[path]; ok {
				b.see(f, rapid.Bool().Draw(t, "touched"), d.now)
			} else {
				b.lose(path)
			}
		}
		lookThrough := func() {
			seen := map[string]bool{}
			for _, path := range d.paths() {
				seen[path] = true
				b.see(d.files[path], false, d.now)
			}
			b.keep(seen)
		}
		look := func(most int) {
			for f, ok := b.due(d.now); ok; f, ok = b.due(d.now) {
				switch again, there := d.files[f.Path]; {
				case !there:
					b.lose(f.Path)
				case again.equals(f.Stamp):
					b.settleDown(f.Path)
				default:
					b.see(again, true, d.now)
				}
			}
			files := b.offer(most)
			taken := rapid.IntRange(0, len(files)).Draw(t, "taken")
			if most > 100 {
				taken = len(files)
			}
			for i, f := range files {
				if now, there := d.files[f.Path]; there && now.equals(f.Stamp) && d.now.Sub(d.since[f.Path]) < settle {
					t.Fatalf("%s is offered %v after a change", f.Path, d.now.Sub(d.since[f.Path]))
				}
				if offered[f.Identity()] {
					t.Fatalf("%q is offered again", f.Identity())
				}
				if i > 0 && f.ModTime.Before(files[i-1].ModTime) {
					t.Fatalf("%s is offered after a younger one", f.Path)
				}
				if i < taken {
					offered[f.Identity()] = true
				}
			}
			b.decide(taken)
		}
		name := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("/in/%d", rapid.IntRange(0, 4).Draw(t, "file")) })
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				path := name.Draw(t, "path")
				d.write(path, rapid.Bool().Draw(t, "anew"))
				if rapid.Bool().Draw(t, "told") {
					tell(path)
				}
			},
			"move away": func(t *rapid.T) {
				path := name.Draw(t, "path")
				delete(d.files, path)
				if rapid.Bool().Draw(t, "told") {
					tell(path)
				}
			},
			"tell again": func(t *rapid.T) { tell(name.Draw(t, "path")) },
			"idle": func(t *rapid.T) {
				d.now = d.now.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "seconds")) * time.Second)
			},
			"look through": func(*rapid.T) { lookThrough() },
			"look":         func(t *rapid.T) { look(rapid.IntRange(1, 4).Draw(t, "most")) },
		})
		lookThrough()
		d.now = d.now.Add(settle)
		look(1000)
		d.now = d.now.Add(settle)
		look(1000)
		for _, path := range d.paths() {
			if !offered[d.files[path].Identity()] {
				t.Fatalf("%+v was never offered", d.files[path])
			}
		}
		if at, ok := b.next(); ok {
			t.Fatalf("something is due at %v still", at)
		}
	})
}
