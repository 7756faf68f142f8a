package logs

import "testing"

func TestWhatIsMissingIsAShareOfTheOutputInTheGap(t *testing.T) {
	s := Sealed{Size: 1 << 61, GapStart: 10, GapSize: 1 << 60}
	for rest, want := range map[int64]int64{0: 0, 1: 1, 1 << 59: 1 << 57, 1 << 60: 1 << 58} {
		if got := s.share(1<<58, rest); got != want {
			t.Errorf("the last %d bytes hold %d, want %d", rest, got, want)
		}
	}
}

func TestLocate(t *testing.T) {
	gapless := Sealed{Size: 100}
	gapped := Sealed{Size: 100, GapStart: 30, GapSize: 50}
	headless := Sealed{Size: 100, GapSize: 60}
	for _, c := range []struct {
		name                string
		sealed              Sealed
		cursor              int64
		at, missing, follow int64
	}{
		{"empty log", Sealed{}, 0, 0, 0, 0},
		{"begin", gapless, 0, 0, 0, 100},
		{"within", gapless, 40, 40, 0, 60},
		{"last byte", gapless, 99, 99, 0, 1},
		{"end", gapless, 100, 100, 0, 0},
		{"behind the end", gapless, 1 << 60, 100, 0, 0},
		{"head", gapped, 10, 10, 0, 20},
		{"last byte before the gap", gapped, 29, 29, 0, 1},
		{"gap begins", gapped, 30, 30, 50, 20},
		{"within the gap", gapped, 70, 30, 10, 20},
		{"last byte of the gap", gapped, 79, 30, 1, 20},
		{"gap ends", gapped, 80, 30, 0, 20},
		{"tail", gapped, 95, 45, 0, 5},
		{"end behind a gap", gapped, 100, 50, 0, 0},
		{"gap at the begin", headless, 0, 0, 60, 40},
		{"tail without a head", headless, 61, 1, 0, 39},
	} {
		at, missing, follow := c.sealed.locate(c.cursor)
		if at != c.at || missing != c.missing || follow != c.follow {
			t.Errorf("%s: locate(%d) = %d, %d, %d, want %d, %d, %d", c.name, c.cursor, at, missing, follow, c.at, c.missing, c.follow)
		}
	}
}
