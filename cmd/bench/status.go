package main

import (
	"bufio"
	"fmt"
	"strings"
)

// memoryLine finds "VmRSS:   12345 kB" in a status file.
func memoryLine(text, name string) (int64, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var kib int64
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("there is no %s in the status of the process", name)
}
