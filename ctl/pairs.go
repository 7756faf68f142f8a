package ctl

import "strings"

// pairs reads the values of a flag that may be repeated, KEY=VALUE each.
func pairs(flag string, texts []string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	values := make(map[string]string, len(texts))
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, usagef("%s %q: want KEY=VALUE", flag, text)
		}
		if _, twice := values[key]; twice {
			return nil, usagef("%s: %s is given twice", flag, key)
		}
		values[key] = value
	}
	return values, nil
}
