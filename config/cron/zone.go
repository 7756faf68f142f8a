package cron

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a machine need not have the time zone database

	"github.com/penstock/penstock/config/spelling"
)

// zoneNames are the names of the time zone database, as Go's own copy has them,
// in order.
//
//go:embed zones.txt
var zoneNames string

var names = sync.OnceValue(func() []string { return strings.Fields(zoneNames) })

// loaded keeps the zones that were asked for: each takes some kilobytes, and
// there are no more of them than names.
var loaded sync.Map

// Zone is the time zone of an IANA name, as Europe/Berlin or UTC. Others,
// Local and abbreviations among them, are refused with what to write instead.
func Zone(name string) (*time.Location, error) {
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if _, known := slices.BinarySearch(names(), name); !known {
		return nil, fmt.Errorf("%q is no time zone%s", name, zoneHint(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %s: %w", name, err)
	}
	loaded.Store(name, zone)
	return zone, nil
}

// Zones are the names that Zone knows, in order.
func Zones() []string { return slices.Clone(names()) }

// zoneHint is what to write instead of a name that is none.
func zoneHint(name string) string {
	const form = "; names are as Europe/Berlin, America/New_York or UTC"
	if name == "" || len(name) > 64 {
		return form
	}
	if strings.EqualFold(name, "local") {
		return ": what is local differs from machine to machine" + form
	}
	if iana, ok := otherNames[strings.ToLower(name)]; ok {
		return "; write " + iana
	}
	if strings.ContainsAny(name, "+0123456789") {
		return ": an offset does not know when clocks change; write the name of a place" + form
	}
	if city := zoneOfCity(name); city != "" {
		return "; write " + city
	}
	if near := spelling.Nearest(name, names()); near != "" {
		return "; did you mean " + near + "?"
	}
	return form
}

// zoneOfCity is the zone of that name, case aside, or the first with that name
// after its area.
func zoneOfCity(name string) string {
	city := strings.ReplaceAll(name, " ", "_")
	found := ""
	for _, zone := range names() {
		if strings.EqualFold(zone, city) {
			return zone
		}
		if found == "" && strings.EqualFold(zone[strings.LastIndexByte(zone, '/')+1:], city) {
			found = zone
		}
	}
	return found
}

// otherNames are names from elsewhere, Rails' foremost, whose zone does not
// follow from the name itself.
var otherNames = map[string]string{
	"abu dhabi":                    "Asia/Muscat",
	"alaska":                       "America/Juneau",
	"almaty":                       "Asia/Almaty",
	"american samoa":               "Pacific/Pago_Pago",
	"arizona":                      "America/Phoenix",
	"astana":                       "Asia/Almaty",
	"atlantic time (canada)":       "America/Halifax",
	"auckland":                     "Pacific/Auckland",
	"beijing":                      "Asia/Shanghai",
	"bern":                         "Europe/Zurich",
	"brasilia":                     "America/Sao_Paulo",
	"canberra":                     "Australia/Canberra",
	"cape verde is.":               "Atlantic/Cape_Verde",
	"central america":              "America/Guatemala",
	"central time (us & canada)":   "America/Chicago",
	"chatham is.":                  "Pacific/Chatham",
	"chennai":                      "Asia/Kolkata",
	"eastern time (us & canada)":   "America/New_York",
	"edinburgh":                    "Europe/London",
	"ekaterinburg":                 "Asia/Yekaterinburg",
	"fiji":                         "Pacific/Fiji",
	"georgetown":                   "America/Guyana",
	"greenland":                    "America/Nuuk",
	"guadalajara":                  "America/Mexico_City",
	"hanoi":                        "Asia/Ho_Chi_Minh",
	"harare":                       "Africa/Harare",
	"hawaii":                       "Pacific/Honolulu",
	"indiana (east)":               "America/Indiana/Indianapolis",
	"international date line west": "Etc/GMT+12",
	"islamabad":                    "Asia/Karachi",
	"kyiv":                         "Europe/Kyiv",
	"marshall is.":                 "Pacific/Majuro",
	"mid-atlantic":                 "Atlantic/South_Georgia",
	"midway island":                "Pacific/Midway",
	"mountain time (us & canada)":  "America/Denver",
	"mumbai":                       "Asia/Kolkata",
	"new caledonia":                "Pacific/Noumea",
	"new delhi":                    "Asia/Kolkata",
	"newfoundland":                 "America/St_Johns",
	"nuku'alofa":                   "Pacific/Tongatapu",
	"osaka":                        "Asia/Tokyo",
	"pacific time (us & canada)":   "America/Los_Angeles",
	"pretoria":                     "Africa/Johannesburg",
	"puerto rico":                  "America/Puerto_Rico",
	"quito":                        "America/Lima",
	"samoa":                        "Pacific/Apia",
	"sapporo":                      "Asia/Tokyo",
	"saskatchewan":                 "America/Regina",
	"solomon is.":                  "Pacific/Guadalcanal",
	"sri jayawardenepura":          "Asia/Colombo",
	"st. petersburg":               "Europe/Moscow",
	"tokelau is.":                  "Pacific/Fakaofo",
	"ulaan bataar":                 "Asia/Ulaanbaatar",
	"urumqi":                       "Asia/Urumqi",
	"wellington":                   "Pacific/Auckland",
	"west central africa":          "Africa/Algiers",

	"bst":  "Europe/London",
	"cest": "Europe/Berlin",
	"cdt":  "America/Chicago",
	"edt":  "America/New_York",
	"eest": "Europe/Helsinki",
	"ist":  "Asia/Kolkata",
	"jst":  "Asia/Tokyo",
	"mdt":  "America/Denver",
	"msk":  "Europe/Moscow",
	"pdt":  "America/Los_Angeles",
	"pst":  "America/Los_Angeles",
	"z":    "UTC",
}
