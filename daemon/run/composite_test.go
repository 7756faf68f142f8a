package run

import (
	"encoding/json"
	"os"
	"testing"
)

// TestCompositeMatchesGitLab checks every row of the table of GitLab's own
// composite status. Rows with statuses that Penstock has no use for
// (preparing, waiting_for_callback) are left out, and counted.
func TestCompositeMatchesGitLab(t *testing.T) {
	text, err := os.ReadFile("testdata/composite_status.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Cases []struct {
			Name string
			Jobs []struct {
				Status       Status
				AllowFailure bool `json:"allow_failure"`
			}
			Dag            bool
			ExpectedStatus Status `json:"expected_status"`
			HasWarnings    bool   `json:"has_warnings"`
		}
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	checked := 0
cases:
	for _, c := range table.Cases {
		var tally Tally
		for _, j := range c.Jobs {
			if _, known := tagOfStatus[j.Status]; !known {
				continue cases
			}
			tally.Add(j.Status, j.AllowFailure)
		}
		checked++
		if got := tally.Composite(c.Dag); got != c.ExpectedStatus {
			t.Errorf("%s: composite is %s, want %s", c.Name, got, c.ExpectedStatus)
		}
		if got := tally.Warnings(); got != c.HasWarnings {
			t.Errorf("%s: warnings is %v, want %v", c.Name, got, c.HasWarnings)
		}
	}
	if checked != 26 {
		t.Errorf("only %d of %d rows were checked", checked, len(table.Cases))
	}
}
