package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// scratch is the directory of unfinished files. No run has its name, for runs
// have numbers.
const scratch = "tmp"

// Key names an attempt for as long as the daemon's state lives.
type Key struct {
	Run     uint64 `json:"run"`     // the daemon-wide id of the run
	Step    int    `json:"step"`    // the step's place in the plan
	Attempt int    `json:"attempt"` // from 1
}

func (k Key) String() string {
	return fmt.Sprintf("run %d, step %d, attempt %d", k.Run, k.Step, k.Attempt)
}

func (k Key) file() string {
	return path.Join(directory(k.Run), fmt.Sprintf("%d.%d.zst", k.Step, k.Attempt))
}

func directory(run uint64) string { return strconv.FormatUint(run, 10) }

// A Store holds the sealed logs below one directory. All its methods may be
// called at the same time; one key is sealed by one caller at a time.
type Store struct {
	log     *slog.Logger
	root    *os.Root
	encoder *zstd.Encoder // works on one core at a time, whoever seals
	decoder *zstd.Decoder
	blocks  sync.Pool // of *block
	frames  sync.Pool // of *frame
	watcher *watcher
	serial  atomic.Uint64 // of files in scratch

	placing sync.Mutex // protects the field below, and the making of run directories
	durable map[uint64]bool
}

// Open opens the store in dir, makes the directory (mode 0700) where it is
// absent, and clears away what a crash left unfinished. A nil log discards.
// Where the kernel refuses inotify the store works and says so in the log:
// followers then notice new output within a second.
func Open(dir string, log *slog.Logger) (*Store, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	root, err := openDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open log store: %w", err)
	}
	encoder, decoder, err := codec()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open log store: %w", err), root.Close())
	}
	return &Store{
		log: log, root: root, encoder: encoder, decoder: decoder,
		blocks:  sync.Pool{New: func() any { return new(block) }},
		frames:  sync.Pool{New: newFrame},
		watcher: newWatcher(log),
		durable: map[uint64]bool{},
	}, nil
}

// Close ends what the store has at work. Reads and seals must have returned;
// Waits go on by looking once a second.
func (s *Store) Close() error {
	s.decoder.Close()
	return errors.Join(s.watcher.close(), s.encoder.Close(), s.root.Close())
}

func openDir(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := clear(root); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

func clear(root *os.Root) error {
	if err := root.RemoveAll(scratch); err != nil {
		return err
	}
	return root.Mkdir(scratch, 0o700)
}

func codec() (*zstd.Encoder, *zstd.Decoder, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(blockSize),
		zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, nil, err
	}
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(2*blockSize))
	return encoder, decoder, err
}

// syncDir makes the names in a directory of the store durable.
func (s *Store) syncDir(name string) error {
	d, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// isSealed reports whether a sealed file stands under key, sound or not.
func (s *Store) isSealed(key Key) (bool, error) {
	_, err := s.root.Lstat(key.file())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
