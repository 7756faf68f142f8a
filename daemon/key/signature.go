package key

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tolerance is how far the time of a signed call may be off.
const Tolerance = 5 * time.Minute

const standardPrefix = "whsec_"

// The headers of signed calls.
const (
	HeaderGitHub    = "X-Hub-Signature-256"
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// The most that is read of a signed call's headers.
const (
	maxID         = 255 // bytes
	maxSignatures = 8   // a sender that changes its secret signs with both
)

// ErrForged: the signature is not one of the secret, or there is none.
var ErrForged = errors.New("no valid signature")

// ErrStale: the signature is right and too old, or from the future.
var ErrStale = errors.New("the signed time is more than 5 minutes off")

// Verify checks the signature of a call, signing the body once whatever the call
// has, and names the call: a call with the
// same name is the same one, come again. header looks a header up, "" where it
// is not there once.
func Verify(form Form, s Secret, header func(string) string, body []byte, now time.Time) (name string, err error) {
	switch form {
	case GitHub:
		return verifyGitHub(s, header(HeaderGitHub), body)
	case Standard:
		return verifyStandard(s, header, body, now)
	}
	return "", fmt.Errorf("calls of the form %q are not signed", form)
}

// verifyGitHub checks "sha256=<hex>".
func verifyGitHub(s Secret, signature string, body []byte) (string, error) {
	text, ok := strings.CutPrefix(signature, "sha256=")
	sent, err := hex.DecodeString(text)
	if want := mac([]byte(s.text), body); !ok || err != nil || !same(sent, want) {
		return "", ErrForged
	}
	return "sha256=" + hex.EncodeToString(sent), nil
}

// verifyStandard checks a call of Standard Webhooks: one of the signatures
// "v1,<base64>" is that of id.timestamp.body. The time is looked at last: only a
// sender who has the secret learns that it is off.
func verifyStandard(s Secret, header func(string) string, body []byte, now time.Time) (string, error) {
	id, stamp := header(HeaderID), header(HeaderTimestamp)
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.text, standardPrefix))
	want := mac(secret, []byte(id), []byte("."), []byte(stamp), []byte("."), body)
	if err != nil || id == "" || len(id) > maxID || !anySame(header(HeaderSignature), want) {
		return "", ErrForged
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < now.Add(-Tolerance).Unix() || seconds > now.Add(Tolerance).Unix() {
		return "", ErrStale
	}
	return id, nil
}

// anySame looks for want among signatures that are separated by spaces.
func anySame(signatures string, want []byte) bool {
	found := false
	for i, one := range strings.Split(signatures, " ") {
		if i == maxSignatures {
			break
		}
		text, v1 := strings.CutPrefix(one, "v1,")
		sent, err := base64.StdEncoding.DecodeString(text)
		if v1 && err == nil && same(sent, want) {
			found = true
		}
	}
	return found
}
