package tree

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// proc is a process as /proc/<pid>/stat shows it, proc_pid_stat(5).
type proc struct {
	pid     int
	parent  int
	session int
	zombie  bool
	start   uint64 // with pid, it is unique within a boot
}

func read(pid int) (proc, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, err
	}
	return parseStat(pid, stat)
}

// parseStat skips the second field by its last parenthesis: it is a name that
// the process chose and may hold anything.
func parseStat(pid int, stat []byte) (proc, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return proc{}, fmt.Errorf("read process %d: stat has %d fields behind the name", pid, len(fields))
	}
	number := func(i int) uint64 {
		n, err := strconv.ParseUint(string(fields[i]), 10, 64)
		if err != nil {
			return 0 // a session of -1 or the like: matches nothing
		}
		return n
	}
	state := fields[0][0]
	return proc{
		pid:     pid,
		parent:  int(number(1)),
		session: int(number(3)),
		zombie:  state == 'Z' || state == 'X',
		start:   number(19),
	}, nil
}

// processes returns all processes of the machine that this one can see.
func processes() (map[int]proc, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	all := make(map[int]proc, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, err := read(pid); err == nil { // else it has gone
			all[pid] = p
		}
	}
	return all, nil
}

// descends says whether p or one of its ancestors fulfills is. Processes that
// come and go while they are listed may form a ring: the walk is bounded.
func descends(all map[int]proc, p proc, is func(proc) bool) bool {
	for range len(all) {
		if is(p) {
			return true
		}
		parent, ok := all[p.parent]
		if !ok {
			return false
		}
		p = parent
	}
	return false
}

// marked says whether the process began with PENSTOCK_OUTPUT=mark in its
// environment.
func marked(pid int, mark string) bool {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false // gone, or not ours to look at
	}
	want := []byte(Mark + "=" + mark)
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.Equal(entry, want) {
			return true
		}
	}
	return false
}

// describe names p for people: "pid 123 sleep 600".
func describe(p proc) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/cmdline")
	line := strings.TrimSpace(string(bytes.ReplaceAll(text, []byte{0}, []byte{' '})))
	if err != nil || line == "" {
		return fmt.Sprintf("pid %d", p.pid)
	}
	return fmt.Sprintf("pid %d %s", p.pid, printable(line))
}

// printable makes a command line harmless on a terminal and at most 80 bytes.
func printable(line string) string {
	quoted := strconv.Quote(line)
	quoted = quoted[1 : len(quoted)-1]
	if len(quoted) > 80 {
		quoted = strings.ToValidUTF8(quoted[:77], "") + "..."
	}
	return quoted
}
