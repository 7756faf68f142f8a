package step

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is a setting as the json tags of a struct name it.
type field struct {
	name     string
	kind     reflect.Type
	required bool
}

// fieldsOf lists the settings that struct t has, those of embedded structs
// among them, in their order. A field without omitempty or omitzero is required.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		optional := slices.ContainsFunc(strings.Split(options, ","), func(o string) bool {
			return o == "omitempty" || o == "omitzero"
		})
		fields = append(fields, field{name, f.Type, !optional})
	}
	return fields
}

// unknown says that key is no setting, and which one may be meant.
func unknown(key string, fields []field) string {
	const text = "is no setting of this step"
	names := namesOf(fields)
	best := nearest(key, names)
	switch {
	case best != "":
		return text + "; did you mean " + strconv.Quote(best) + "?"
	case len(names) == 0:
		return text + ": it has none"
	}
	return text + "; there are: " + strings.Join(names, ", ")
}

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// nearest is the one of names that key may be a slip for, "" where none is near.
func nearest(key string, names []string) string {
	best, near := "", 1+len(key)/3
	for _, name := range names {
		d := distance(strings.ToLower(key), strings.ToLower(name))
		if len(key) > 1 && strings.HasPrefix(name, key) {
			d = 1
		}
		if d <= near {
			best, near = name, d-1
		}
	}
	return best
}

// distance is the number of bytes to insert, remove or replace to make a of b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
