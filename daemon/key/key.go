// Package key is what a trigger key is: its secret, and how a call proves that
// its sender has it. It is pure: randomness, the clock and the daemon's signing
// key come in as values, and it logs, stores and reads nothing.
//
// # Forms
//
// A key has one form for its life, and answers to that form only:
//
//	api       the secret itself, as a bearer or in the body: Cycle's call and GitLab's
//	webhook   the secret itself, as a bearer or in X-Gitlab-Token; the body is the payload
//	github    an HMAC of the body in X-Hub-Signature-256, as GitHub signs
//	standard  an HMAC of id, time and body: Standard Webhooks, with which GitLab signs too
//
// # Secrets
//
// The secret of an api or webhook key is pk_<id>_<32 random bytes in base62>. Only
// its SHA-256 is kept: so much randomness needs no slow hash. It is found by
// its id, which is no secret, and compared in constant time; an id that is not
// there is compared all the same, with a digest that nothing has.
//
// A signature cannot be checked with a hash of the secret: HMAC needs the secret
// itself (RFC 2104). So that the secret of a signing key stands nowhere either,
// it is derived: HKDF-SHA256 of a key of the daemon's own with the id of the
// trigger key. Whoever can read the daemon's key can derive all of them, and
// nothing less than it helps; to change it makes every signing key invalid.
//
// # Replay
//
// A signed call names itself: by the id that it was signed with, or by its
// signature where the form signs none. Whoever takes calls remembers the name
// for a day, and for eight where the form is github, and answers a call that comes
// again with the run that it made. X-GitHub-Delivery, GitHub's name of a delivery,
// is not signed: by it whoever kept a call could send it as another. Only
// the standard form signs the time; a call that is more than five minutes off is
// refused. A call that carries the secret can be replayed by whoever sees it.
package key

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Form says how a call proves that its sender has the secret.
type Form string

// The forms.
const (
	API      Form = "api" // default
	Webhook  Form = "webhook"
	GitHub   Form = "github"
	Standard Form = "standard"
)

// Forms lists the forms.
func Forms() []Form { return []Form{API, Webhook, GitHub, Standard} }

// ParseForm reads a form; "" is API.
func ParseForm(s string) (Form, error) {
	if s == "" {
		return API, nil
	}
	if f := Form(s); slices.Contains(Forms(), f) {
		return f, nil
	}
	return "", fmt.Errorf("form %q: want one of %v", s, Forms())
}

// Signs reports whether calls of the form are signed, and do not carry the
// secret.
func (f Form) Signs() bool { return f == GitHub || f == Standard }

// Remember is for how long a signed call must be known by its name: as long as its
// sender may send it again. GitHub does so, when somebody asks it to, for three
// days, its Enterprise Server for seven; one day is added for clocks and queues.
func (f Form) Remember() time.Duration {
	if f == GitHub {
		return 8 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// Secret is the secret of a key. It does not show itself: not in logs, not in
// errors, not in JSON.
type Secret struct{ text string }

// Hidden is what a Secret shows of itself.
const Hidden = "(secret)"

// Reveal is the secret as it is given to whoever will call with it.
func (s Secret) Reveal() string { return s.text }

// String hides the secret.
func (s Secret) String() string { return Hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return Hidden }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Hidden) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

const (
	prefix     = "pk_"
	idBytes    = 8
	secretSize = 32
	digits     = 43 // of 32 bytes in base62
	// SigningKeySize is the size in bytes of the key that secrets are derived from.
	SigningKeySize = 32
	// Randomness is how many random bytes a new key takes.
	Randomness = idBytes + secretSize
)

// New makes the id and the secret of a key of random bytes, of which it takes
// Randomness; the secret of a form that signs is derived of the signing key.
func New(form Form, random, signingKey []byte) (id string, secret Secret) {
	id = hex.EncodeToString(random[:idBytes])
	if form.Signs() {
		return id, Derive(form, signingKey, id)
	}
	return id, compose(id, random[idBytes:Randomness])
}

// Derive is the secret of the signing key with the id.
func Derive(form Form, signingKey []byte, id string) Secret {
	bytes, err := hkdf.Key(sha256.New, signingKey, nil, "penstock trigger key "+string(form)+" "+id, secretSize)
	if err != nil {
		panic(err) // only of a length that is none
	}
	if form == Standard {
		return Secret{standardPrefix + base64.StdEncoding.EncodeToString(bytes)}
	}
	return compose(id, bytes)
}

func compose(id string, bytes []byte) Secret {
	text := new(big.Int).SetBytes(bytes).Text(62)
	return Secret{prefix + id + "_" + strings.Repeat("0", digits-len(text)) + text}
}

// Hint is the first four characters of what is secret in s: enough for a
// person to tell two keys apart.
func (s Secret) Hint() string {
	text := strings.TrimPrefix(s.text, standardPrefix)
	if i := strings.LastIndexByte(text, '_'); i >= 0 && strings.HasPrefix(text, prefix) {
		text = text[i+1:]
	}
	return text[:4]
}

// Digest is what is kept of the secret.
func (s Secret) Digest() []byte {
	sum := sha256.Sum256([]byte(s.text))
	return sum[:]
}

// ID is the id in a secret that somebody sent; "" where it has not the form of
// one.
func ID(sent string) string {
	rest, ok := strings.CutPrefix(sent, prefix)
	id, random, both := strings.Cut(rest, "_")
	if !ok || !both || len(random) != digits || !IsID(id) {
		return ""
	}
	return id
}

// IsID reports whether s has the form of an id.
func IsID(s string) bool {
	return len(s) == 2*idBytes && strings.Trim(s, "0123456789abcdef") == ""
}

// Matches reports whether what somebody sent is the secret with the digest. It
// takes the same time whatever was sent and whether there is a digest or not.
func Matches(sent string, digest []byte) bool {
	sum := sha256.Sum256([]byte(sent))
	known := len(digest) == len(sum)
	if !known {
		digest = make([]byte, len(sum)) // no text is known that has it
	}
	return subtle.ConstantTimeCompare(sum[:], digest) == 1 && known
}

// mac is the HMAC-SHA256 of parts.
func mac(secret []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, secret)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func same(a, b []byte) bool { return hmac.Equal(a, b) }
