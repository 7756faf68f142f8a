package cron_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config/cron"
)

func TestDescribe(t *testing.T) {
	for text, want := range map[string]string{
		"30 2 * * *":                 "at 02:30 every day",
		"  30\t2 * * ?  ":            "at 02:30 every day",
		"15 30 2 * * *":              "at 02:30:15 every day",
		"0,30 0 2 * * 7":             "at 02:00:00 and 02:00:30 on Sundays",
		"0 6,18 * * *":               "at 06:00 and 18:00 every day",
		"* * * * *":                  "every minute",
		"* * * * * *":                "every second",
		"*/15 * * * *":               "every 15 minutes",
		"5/15 * * * *":               "at minutes 5, 20, 35 and 50 of every hour",
		"0 */2 * * *":                "at minute 0 of every 2nd hour",
		"*/10 * 2 * * *":             "every 10 seconds of hour 2",
		"*/7 3-5 * * 1-5":            "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of hours 3 to 5 on Mondays to Fridays",
		"* 0 1 12 *":                 "every minute of hour 0 on the 1st of December",
		"0 0 1,15 * FRI":             "at 00:00 on the 1st and 15th of the month and on Fridays",
		"0 0 */10 * mon":             "at 00:00 on Mondays that are the 1st, 11th, 21st and 31st of the month",
		"0 0 L * *":                  "at 00:00 on the last day of the month",
		"0 0 L-3,15w,lw * *":         "at 00:00 on 3 days before the last day, the Monday to Friday nearest to the 15th and the last Monday to Friday of the month",
		"0 0 * * friL,mon#2":         "at 00:00 on the 2nd Monday of the month and the last Friday of the month",
		"0 0 * * 5L":                 "at 00:00 on the last Friday of the month",
		"0 0 * * 1#2,1#4":            "at 00:00 on the 2nd Monday of the month and the 4th Monday of the month",
		"0 0 * * sun%2":              "at 00:00 on every other Sunday counted from 2019-01-13",
		"0 0 * * sun%2+1":            "at 00:00 on every other Sunday counted from 2019-01-06",
		"0 0 * * sun%3+1":            "at 00:00 on every 3rd Sunday counted from 2019-01-06",
		"0 22-2 * * *":               "at 00:00, 01:00, 02:00, 22:00 and 23:00 every day",
		"0 0 * nov-feb *":            "at 00:00 in January, February, November and December",
		"0 0 * * fri-mon":            "at 00:00 on Sundays, Mondays, Fridays and Saturdays",
		"0 0 * * 5-7":                "at 00:00 on Sundays, Fridays and Saturdays",
		"0 0 * * 7-2":                "at 00:00 on Sundays to Tuesdays",
		"0 0 * * 0-7":                "at 00:00 every day",
		"0 0 * * fri-tue/2":          "at 00:00 on Sundays, Tuesdays and Fridays",
		"@YEARLY":                    "at 00:00 on the 1st of January",
		"@annually":                  "at 00:00 on the 1st of January",
		"@monthly":                   "at 00:00 on the 1st of the month",
		"@weekly":                    "at 00:00 on Sundays",
		"@Daily":                     "at 00:00 every day",
		"@midnight":                  "at 00:00 every day",
		"@hourly":                    "at minute 0 of every hour",
		"@every 6h":                  "every 6 hours",
		"@every 1d":                  "every day",
		"@EVERY 1w2d1h30m":           "every 9 days 1 hour 30 minutes",
		"@at 2026-12-31T23:00":       "once, at 2026-12-31 23:00",
		"@at 2026-12-31T23:00:05":    "once, at 2026-12-31 23:00:05",
		"@at 2026-12-31T23:00Z":      "once, at 2026-12-31 23:00:00 UTC",
		"@at 2026-12-31T23:00+02:00": "once, at 2026-12-31 21:00:00 UTC",
		"@reboot":                    "once after each boot",
	} {
		e, err := cron.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.Describe(); got != want {
			t.Errorf("%s:\n\tgot  %s\n\twant %s", text, got, want)
		}
		if got := e.String(); got != strings.Trim(text, " \t") {
			t.Errorf("%q is kept as %q", text, got)
		}
	}
}

func TestRulesOfWeeksAreDescribedByADayOnWhichTheyAreDue(t *testing.T) {
	described := map[string]string{}
	for _, day := range []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} {
		for _, period := range []int{2, 3, 53} {
			for k := range period {
				text := fmt.Sprintf("0 0 * * %s%%%d+%d", day, period, k)
				e, err := cron.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				words := e.Describe()
				if other, known := described[words]; known {
					t.Errorf("%s and %s are both %q", text, other, words)
				}
				described[words] = text
				named, err := time.Parse(time.DateOnly, words[strings.LastIndex(words, " ")+1:])
				if o, ok := e.Prev(named, time.UTC, time.Time{}); err != nil || !ok || !o.At.Equal(named) {
					t.Errorf("%s is %q, and is due at %v: %v", text, words, o.At, err)
				}
			}
		}
	}
}

func TestWhatIsRefusedSaysWhereAndWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"", 0, "write five fields"},
		{" \t", 0, "write five fields"},
		{"a", 0, "one field; five belong here"},
		{"* * * *", 7, "4 fields; five belong here"},
		{"* * * * * * *", 12, "7 fields"},
		{"*********", 0, "one field"},
		{strings.Repeat("0,", 200) + "0 * * * *", 256, "at most 256"},
		{"0 0 * * *\n", 9, "printable ASCII"},
		{"0 0 * * sünday", 9, "printable ASCII"},
		{"0\u00a00 * * *", 1, "printable ASCII"},
		{"'0 * * * *'", 0, "without"},

		// What robfig/cron panics on.
		{"TZ=UTC", 0, "timezone ="},
		{"CRON_TZ=", 0, "timezone ="},
		{" tz=UTC * * * * *", 1, "leave tz=UTC out"},
		{"TZ= 0 0 * * *", 0, "timezone ="},

		// What robfig/cron accepts by mistake.
		{"*-3 * * * *", 0, `"*-3" is no range`},
		{"3-* * * * *", 2, "is no range"},
		{", * * * *", 0, "a value is missing"},
		{"1,,2 * * * *", 2, "a value is missing"},
		{"1, * * * *", 2, "a value is missing"},
		{"*/99 * * * *", 2, "write 0"},
		{"0 */24 * * *", 4, "write 0"},
		{"0 0 */31 * *", 6, "write 1"},
		{"0 0 * * */7", 10, "write 0"},
		{"10-20/15 * * * *", 6, "write 10"},
		{"+5 * * * *", 0, "no value"},
		{"? * * * *", 0, "write *"},
		{"0 0 ?/2 * *", 4, "write *"},
		{"0 0 31 2 *", 4, "month 2 has no day 31"},
		{"0 0 31 feb,apr-apr *", 4, "never be due"},
		{"0 0 31W 4 *", 4, "never be due"},
		{"0 0 L-29 2 ?", 4, "never be due"},

		{"60 * * * *", 0, "outside of 0-59"},
		{"0 24 * * *", 2, "outside of 0-23"},
		{"0 0 0 * *", 4, "outside of 1-31"},
		{"0 0 32 * *", 4, "outside of 1-31"},
		{"0 0 * 13 *", 6, "outside of 1-12"},
		{"0 0 * 0 *", 6, "outside of 1-12"},
		{"0 0 * * 8", 8, "outside of 0-7"},
		{"99999999999999999999 * * * *", 0, "outside of 0-59"},
		{"*,5 * * * *", 0, "leave it or the others out"},
		{"5- * * * *", 0, "lacks a value"},
		{"-5 * * * *", 0, "lacks a value"},
		{"30-5 * * * *", 0, "write 30-59,0-5"},
		{"0 0 28-3 * *", 4, "write 28-31,1-3"},
		{"*/0 * * * *", 2, "smallest step is 1"},
		{"1/ * * * *", 2, "belongs a number"},
		{"1/-2 * * * *", 2, "belongs a number"},
		{"1/2/3 * * * *", 2, "belongs a number"},
		{"0 0 * * munday", 8, "known are sun"},
		{"0 0 * * tus", 8, "did you mean tue?"},
		{"0 0 * * mon-frj", 12, "did you mean fri?"},
		{"0 0 * * Monday", 8, "write mon"},
		{"0 0 * janury *", 6, "write jan"},
		{"H H * * *", 0, "jitter"},
		{"0 0 * * L", 8, "friL"},
		{"0 0 * * friday#2", 8, "write fri"},
		{"0 0 * * mon#6", 12, "1-5"},
		{"0 0 * * mon#", 12, "1-5"},
		{"0 0 * * sun%1", 12, "2-53"},
		{"0 0 * * sun%54", 12, "2-53"},
		{"0 0 * * sun%2+", 14, "0-1"},
		{"0 0 * * 9%2", 8, "outside of 0-7"},
		{"0 0 15W-3 * *", 4, "no value"},
		{"0 0 32W * *", 4, "before W belongs one day"},
		{"0 0 L-31 * *", 4, "after L-"},
		{"0 0 1#2 * *", 4, "belong to the weekday"},
		{"1#2 * * * *", 0, "belong to the weekday"},

		{"@dayly", 0, "did you mean @daily?"},
		{"@daily x", 7, `remove "x"`},
		{"@", 0, "known are @yearly"},
		{"every 3h", 0, "@every"},
		{"daily", 0, "@daily"},
		{"@every", 6, "whole seconds"},
		{"@every -5m", 7, "whole seconds"},
		{"@every 1500ms", 12, "whole seconds"},
		{"@every 1.5h", 7, "whole seconds"},
		{"@every 1h x", 9, "whole seconds"},
		{"@every 1h30", 9, "whole seconds"},
		{"@every 0s", 7, "shortest period is 1s"},
		{"@every 100000000000000000000000d", 7, "longest period is 3660d"},
		{"@every 3660d1s", 7, "longest period is 3660d"},
		{"@at", 3, "write @at"},
		{"@at 2026-13-01T00:00", 4, "write @at"},
		{"@at 2026-02-29T00:00", 4, "write @at"},
		{"@at 2026-01-01T00:00:00.5", 4, "write @at"},
		{"  @at tomorrow", 6, "write @at"},
	} {
		e, err := cron.Parse(c.text)
		var wrong *cron.SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: got %v and error %v", c.text, e, err)
			continue
		}
		if wrong.Offset != c.offset || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %q at %d, want %q at %d", c.text, err, wrong.Offset, c.says, c.offset)
		}
	}
}
