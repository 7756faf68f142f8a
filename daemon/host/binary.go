package host

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// binary is a plugin's file as it was verified.
type binary struct {
	kind   string // the type
	path   string
	sha256 string
	mark   mark
	script bool // begins with #!
}

// mark tells one content of a file from another without reading it.
type mark struct {
	device, inode uint64
	size          int64
	mode, owner   uint32
	mtime, ctime  syscall.Timespec
}

func markOf(stat syscall.Stat_t) mark {
	return mark{uint64(stat.Dev), stat.Ino, stat.Size, stat.Mode, stat.Uid, stat.Mtim, stat.Ctim}
}

// ErrMissing is why there is no binary of a type.
var ErrMissing = errors.New("is not installed")

// binaries finds plugins' files and remembers what it verified.
type binaries struct {
	directories []string

	mu    sync.Mutex // protects the fields below
	pins  map[string]string
	known map[string]binary // by path
}

// pin replaces the pins.
func (b *binaries) pin(pins map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pins = pins
}

// find returns the binary of a type: of the first directory that has one. Its
// content is hashed once and again when its mark changes.
func (b *binaries) find(kind string) (binary, error) {
	if err := checkType(kind); err != nil {
		return binary{}, err
	}
	for _, directory := range b.directories {
		path := filepath.Join(directory, protocol.BinaryPrefix+kind)
		var stat syscall.Stat_t
		err := syscall.Stat(path, &stat)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			return binary{}, fmt.Errorf("plugin %s: %s: %w", kind, path, err)
		}
		return b.verified(kind, path, markOf(stat))
	}
	return binary{}, fmt.Errorf("plugin %s %w: no %s%s in %s", kind, ErrMissing,
		protocol.BinaryPrefix, kind, strings.Join(b.directories, ", "))
}

func (b *binaries) verified(kind, path string, now mark) (binary, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.known[path]
	if !ok || found.mark != now {
		file, fresh, err := openBinary(binary{kind: kind, path: path})
		if err != nil {
			return binary{}, err
		}
		if err := file.Close(); err != nil {
			return binary{}, fmt.Errorf("plugin %s: %w", kind, err)
		}
		found, b.known[path] = fresh, fresh
	}
	if pin, ok := b.pins[kind]; ok && !strings.EqualFold(pin, found.sha256) {
		return binary{}, fmt.Errorf("plugin %s is refused: another SHA-256 than that of its file is pinned: install that binary or change the pin\n%s",
			kind, details([2]string{"file", path}, [2]string{"its SHA-256", found.sha256}, [2]string{"pinned", pin}))
	}
	return found, nil
}

// open gives a descriptor of the very content that b was verified to have.
func (b binary) open() (*os.File, error) {
	file, fresh, err := openBinary(b)
	if err != nil {
		return nil, err
	}
	if fresh.sha256 != b.sha256 {
		return nil, errors.Join(fmt.Errorf("plugin %s: %s was replaced while it was being started", b.kind, b.path), file.Close())
	}
	return file, nil
}

// openBinary opens and checks the file of known, and hashes it unless known's
// mark says that nothing changed.
func openBinary(known binary) (*os.File, binary, error) {
	file, err := openInside(known.path)
	if err != nil {
		return nil, binary{}, fmt.Errorf("plugin %s is refused: %w", known.kind, err)
	}
	found, err := inspect(known, file)
	if err != nil {
		return nil, binary{}, errors.Join(fmt.Errorf("plugin %s is refused: %s: %w", known.kind, known.path, err), file.Close())
	}
	return file, found, nil
}

// openInside opens a file without leaving its directory, which must be one
// that only root and we can change.
func openInside(path string) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return nil, err
	}
	if err := ownedSafely(info); err != nil {
		return nil, fmt.Errorf("its directory %s %w", filepath.Dir(path), err)
	}
	return root.OpenFile(filepath.Base(path), os.O_RDONLY|unix.O_NONBLOCK, 0)
}

func inspect(known binary, file *os.File) (binary, error) {
	info, err := file.Stat()
	if err != nil {
		return binary{}, err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return binary{}, errors.New("it is not an executable file")
	}
	if err := ownedSafely(info); err != nil {
		return binary{}, fmt.Errorf("it %w", err)
	}
	found := binary{kind: known.kind, path: known.path, mark: markOf(*info.Sys().(*syscall.Stat_t))}
	if found.mark == known.mark {
		return known, nil
	}
	found.sha256, found.script, err = digest(file)
	return found, err
}

// digest hashes the file and says whether it is a script.
func digest(file *os.File) (sum string, script bool, err error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", false, err
	}
	head := make([]byte, 2)
	if n, err := file.ReadAt(head, 0); err != nil && n < len(head) {
		return "", false, errors.New("it is empty")
	}
	return hex.EncodeToString(hash.Sum(nil)), bytes.Equal(head, []byte("#!")), nil
}

// ownedSafely refuses what somebody other than root and us could change.
func ownedSafely(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("has no owner that can be told")
	}
	if stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("belongs to uid %d, neither root nor the daemon's user", stat.Uid)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("can be written by others (mode %#o): chmod go-w", mode)
	}
	return nil
}

// checkType refuses what is no name of a type, before it becomes a path.
func checkType(kind string) error {
	if kind == "" || kind == ".." || len(kind) > 63 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return fmt.Errorf("plugin type %.80q: a type has 1 to 63 of a-z, 0-9, dot, hyphen and underscore", kind)
	}
	return nil
}

// installed lists the types that the directories have binaries of.
func (b *binaries) installed() ([]string, error) {
	seen := map[string]bool{}
	var kinds []string
	for _, directory := range b.directories {
		entries, err := os.ReadDir(directory)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("plugin directory: %w", err)
		}
		for _, entry := range entries {
			kind, ok := strings.CutPrefix(entry.Name(), protocol.BinaryPrefix)
			if ok && !seen[kind] && checkType(kind) == nil {
				seen[kind] = true
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds, nil
}
