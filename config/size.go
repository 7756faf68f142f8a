package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var errSize = errors.New(`write it as a number of bytes or as "64KiB", "256MiB", "1GiB", "64KB", "256MB" or "1GB"`)

// parseSize reads a number of bytes: a whole number, and one of the units B,
// KB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024).
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "BKMGi ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || digits[0] == '+' {
		return 0, errSize
	}
	unit, ok := unitSize(strings.TrimLeft(text[len(digits):], " "))
	if !ok {
		return 0, errSize
	}
	if n > math.MaxInt64/unit {
		return 0, errors.New("it is too large")
	}
	return n * unit, nil
}

func unitSize(name string) (int64, bool) {
	switch name {
	case "", "B":
		return 1, true
	case "KB":
		return 1e3, true
	case "MB":
		return 1e6, true
	case "GB":
		return 1e9, true
	case "KiB":
		return 1 << 10, true
	case "MiB":
		return 1 << 20, true
	case "GiB":
		return 1 << 30, true
	}
	return 0, false
}
