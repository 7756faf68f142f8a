package cmd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// hides sees that the secret of a key, in any form that something may have
// given to it, is in none of the files below the paths.
func (h *house) hides(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	k, err := readKey(ts, args[0])
	if err != nil {
		return err
	}
	needles, looked := forms(k.Secret), 0
	for _, path := range args[1:] {
		err := filepath.WalkDir(h.path(path), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			looked += len(text)
			for form, needle := range needles {
				if bytes.Contains(text, needle) {
					return fmt.Errorf("%s holds the secret (%s)", path, form)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if looked == 0 {
		return fmt.Errorf("there is nothing in %v", args[1:])
	}
	return nil
}

// forms are what a secret may look like: as it is, its bytes, in hex, and in
// base64 wherever in a text it begins.
func forms(secret string) map[string][]byte {
	hidden := secret[strings.LastIndexByte(secret, '_')+1:]
	all := map[string][]byte{"as it is": []byte(hidden), "in hex": []byte(hex.EncodeToString([]byte(hidden)))}
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), hidden...))
		inner := strings.TrimRight(text, "=")
		all[fmt.Sprintf("in base64, shifted by %d", shift)] = []byte(inner[4 : len(inner)-2])
	}
	raw, err := base64.StdEncoding.DecodeString(hidden)
	if !strings.HasPrefix(secret, "whsec_") || err != nil {
		number, _ := new(big.Int).SetString(hidden, 62)
		raw = number.Bytes()
	}
	all["its bytes"], all["its bytes in hex"] = raw, []byte(hex.EncodeToString(raw))
	all["its bytes in base64"] = []byte(base64.RawStdEncoding.EncodeToString(raw)[:40])
	return all
}
