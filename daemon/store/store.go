package store

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// memTableSize is part of the format on disk: Badger's next Open kills the
// process if it was lowered after an unclean stop. Never lower it.
const memTableSize = 16 << 20

// Headroom is the free space, in bytes, below which Open refuses: Badger
// preallocates its files sparsely and dies of SIGBUS where they cannot grow.
const Headroom = 4 * memTableSize

// Store is an open store. Reads may come from any goroutine; writes come from
// one, the owner of the [Tx].
type Store struct {
	db    *badger.DB
	space space
	Meta  Meta // as Open left it: Generation counts this start
	// Room, where it is set, is asked before each commit whether the disk has
	// room for one; its error is the commit's.
	Room func() error
}

// Open opens, or makes, the store in dir and counts a new generation. A store
// that another process holds, for longer than two seconds, or of another schema,
// is refused and left as it is.
func Open(dir string, log *slog.Logger) (*Store, error) {
	if err := removeStillborn(dir); err != nil {
		return nil, err
	}
	if err := awaitLock(dir); err != nil {
		return nil, err
	}
	db, err := badger.Open(badgerOptions(dir, log))
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", dir, err)
	}
	s := &Store{db: db, space: space{dir: dir}}
	if err := s.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store %s: %w", dir, err), db.Close())
	}
	return s, nil
}

func badgerOptions(dir string, log *slog.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(logger{log}).WithMetricsEnabled(false).
		WithMemTableSize(memTableSize).WithNumMemtables(2).
		// Everything below the threshold stays in the tree: the value log, whose
		// failed syncs Badger only logs, is never written.
		WithValueThreshold(1 << 20).WithValueLogFileSize(16 << 20).
		WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(8).WithNumCompactors(2).
		WithBaseTableSize(4 << 20).
		WithCompression(options.None).WithBlockCacheSize(0).WithIndexCacheSize(0).
		// The other modes report damage as a missing key, or panic.
		WithChecksumVerificationMode(options.OnTableRead).WithVerifyValueChecksum(true).
		WithDetectConflicts(false). // there is one writer
		WithSyncWrites(false).      // Tx.Commit syncs once for all that it holds
		WithCompactL0OnClose(false).
		WithExternalMagic(Schema)
}

// begin finishes what a kill cut off and counts this start.
func (s *Store) begin() error {
	if err := s.replay(); err != nil {
		return fmt.Errorf("finish a commit that was cut off: %w", err)
	}
	if err := s.indexCalendars(); err != nil {
		return fmt.Errorf("find out who uses which calendar: %w", err)
	}
	return s.countGeneration()
}

func (s *Store) countGeneration() error {
	tx := s.Begin()
	defer tx.Discard()
	meta, err := tx.Meta()
	if err != nil {
		return err
	}
	meta.Generation++
	s.Meta = meta
	tx.PutMeta(meta)
	return tx.Commit()
}

// Close closes the store. Commits that were answered are safe without it.
func (s *Store) Close() error { return s.db.Close() }

// logger gives Badger's chatter to slog, two levels lower than it thinks of
// itself.
type logger struct{ log *slog.Logger }

func (l logger) Errorf(f string, a ...any)   { l.log.Error("badger: " + fmt.Sprintf(f, a...)) }
func (l logger) Warningf(f string, a ...any) { l.log.Warn("badger: " + fmt.Sprintf(f, a...)) }
func (l logger) Infof(f string, a ...any)    { l.log.Debug("badger: " + fmt.Sprintf(f, a...)) }
func (l logger) Debugf(string, ...any)       {}
