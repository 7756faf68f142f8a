package cron_test

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config/cron"
)

func TestEveryZoneLoads(t *testing.T) {
	zones := cron.Zones()
	if len(zones) < 590 {
		t.Fatalf("only %d zones", len(zones))
	}
	for _, name := range zones {
		zone, err := cron.Zone(name)
		if err != nil || zone.String() != name {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
		if again, _ := cron.Zone(name); again != zone {
			t.Errorf("%s is loaded twice", name)
		}
	}
}

// Go's copy of the database comes with the toolchain; the list of its names is
// made by hand.
func TestZonesAreThoseOfTheToolchain(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("there is no toolchain to ask: %v", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib/time/zoneinfo.zip"))
	if err != nil {
		t.Skipf("the toolchain has no copy to compare with: %v", err)
	}
	defer archive.Close()
	var names []string
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, cron.Zones()) {
		t.Errorf("zones.txt has %d names, the toolchain %d; write zones.txt anew from zoneinfo.zip, without Factory, in order", len(cron.Zones()), len(names))
	}
}

func TestWhatIsNoZoneSaysWhatToWrite(t *testing.T) {
	for name, says := range map[string]string{
		"":                           "names are as Europe/Berlin",
		"Local":                      "differs from machine to machine",
		"local":                      "differs from machine to machine",
		"Berlin":                     "write Europe/Berlin",
		"new york":                   "write America/New_York",
		"europe/berlin":              "write Europe/Berlin",
		"utc":                        "write UTC",
		"Eastern Time (US & Canada)": "write America/New_York",
		"Europe/Belrin":              "did you mean Europe/Berlin?",
		"CEST":                       "write Europe/Berlin",
		"+02:00":                     "an offset does not know",
		"UTC+2":                      "an offset does not know",
		"GMT+2":                      "an offset does not know",
		"Invalid-zone":               "names are as Europe/Berlin",
		"../../etc/passwd":           "names are as Europe/Berlin",
		"posix/Europe/Berlin":        "names are as Europe/Berlin",
		"localtime":                  "no time zone",
		strings.Repeat("x", 1000):    "names are as Europe/Berlin",
	} {
		if zone, err := cron.Zone(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v; want %q", name, zone, err, says)
		}
	}
}
