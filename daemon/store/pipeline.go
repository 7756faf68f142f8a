package store

import (
	"errors"
	"iter"
)

// Pipeline reads a pipeline by its id.
func (r *reader) Pipeline(id uint64) (p Pipeline, err error) {
	return p, r.get(pipelineKey(id), &p)
}

// PipelineNamed reads a pipeline by its name.
func (r *reader) PipelineNamed(name string) (Pipeline, error) {
	var id uint64
	if err := r.get(nameKey(name), &id); err != nil {
		return Pipeline{}, err
	}
	return r.Pipeline(id)
}

// LastNumber reads the last number that runs under a name were given by
// pipelines that have it no more.
func (r *reader) LastNumber(name string) (n uint64, err error) {
	if err = r.get(retiredKey(name), &n); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return n, err
}

// Revision reads one revision of a pipeline.
func (r *reader) Revision(pipeline, revision uint64) (v Revision, err error) {
	return v, r.get(revisionKey(pipeline, revision), &v)
}

// Pipelines visits the pipelines whose names come after one, in their order.
func (r *reader) Pipelines(after string) iter.Seq2[Pipeline, error] {
	prefix, from := []byte("n/"), nameKey(after)
	if after != "" {
		from = append(from, 0)
	}
	return func(yield func(Pipeline, error) bool) {
		r.each(prefix, from, func(key, record []byte) (bool, error) {
			var id uint64
			if err := decode(key, record, &id); err != nil {
				return false, err
			}
			p, err := r.Pipeline(id)
			return yield(p, err), nil
		}, func(err error) { yield(Pipeline{}, err) })
	}
}

// Revisions visits the revisions of a pipeline below one, newest first; 0 is
// from the newest on.
func (r *reader) Revisions(p Pipeline, before uint64) iter.Seq2[Revision, error] {
	if before == 0 || before > p.Revision {
		before = p.Revision + 1
	}
	return func(yield func(Revision, error) bool) {
		for n := before - 1; n > 0; n-- {
			v, err := r.Revision(p.ID, n)
			if !yield(v, err) {
				return
			}
		}
	}
}

// CountPipelines counts the pipelines.
func (r *reader) CountPipelines() (n int, err error) {
	prefix := []byte("p/")
	return n, r.scan(prefix, prefix, func(_, _ []byte) error {
		n++
		return nil
	})
}
