package store

import (
	"slices"
	"testing"
)

func TestClaimsAreOfTheirTriggerAndGoWithThePipeline(t *testing.T) {
	s := openStore(t, t.TempDir())
	a := Claim{Pipeline: 1, Trigger: "files", From: "/in/a", Path: "/out/a", Inode: 7}
	b := Claim{Pipeline: 1, Trigger: "files", From: "/in/b", Path: "/out/b", Inode: 8}
	other, longer := a, a
	other.Pipeline, longer.Trigger = 2, "files2"
	put(t, s, func(tx *Tx) {
		tx.PutPipeline(Pipeline{ID: 1, Name: "one"})
		for _, c := range []Claim{a, b, other, longer} {
			tx.PutClaim(c)
		}
	})
	put(t, s, func(tx *Tx) { tx.RemoveClaim(b) })
	claims := func(pipeline uint64, trigger string) []Claim {
		v := s.View()
		defer v.Close()
		all, err := v.Claims(pipeline, trigger)
		check(t, err)
		return all
	}
	if got := claims(1, "files"); !slices.Equal(got, []Claim{a}) {
		t.Errorf("%+v", got)
	}
	put(t, s, func(tx *Tx) { check(t, tx.DeletePipeline(Pipeline{ID: 1, Name: "one"})) })
	if got := slices.Concat(claims(1, "files"), claims(1, "files2"), claims(2, "files")); !slices.Equal(got, []Claim{other}) {
		t.Errorf("%+v", got)
	}
}
