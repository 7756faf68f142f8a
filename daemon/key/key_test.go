package key

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var signing = bytes.Repeat([]byte{7}, SigningKeySize)

func drawn(t *rapid.T, form Form) (string, Secret) {
	return New(form, rapid.SliceOfN(rapid.Byte(), Randomness, Randomness).Draw(t, "random"), signing)
}

func TestASecretIsFoundByItsIDAndMatchesItsDigestOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]Form{API, Webhook, GitHub}).Draw(t, "form")
		id, secret := drawn(t, form)
		text := secret.Reveal()
		if !regexp.MustCompile(`^pk_[0-9a-f]{16}_[0-9A-Za-z]{43}$`).MatchString(text) || ID(text) != id {
			t.Fatalf("%q has the id %q, not %q", text, ID(text), id)
		}
		if !Matches(text, secret.Digest()) {
			t.Fatal("the secret does not match its digest")
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		other := text[:at] + string(text[at]^1) + text[at+1:]
		if Matches(other, secret.Digest()) || Matches("", secret.Digest()) || Matches(text+" ", secret.Digest()) {
			t.Fatal("another text matches")
		}
	})
}

func TestNothingMatchesADigestThatIsNotThere(t *testing.T) {
	_, secret := New(API, make([]byte, Randomness), signing)
	for _, digest := range [][]byte{nil, {}, secret.Digest()[:31], make([]byte, 0, 32)} {
		if Matches(secret.Reveal(), digest) {
			t.Errorf("%x matches", digest)
		}
	}
	// What the comparison falls back to must not be open to its own preimage.
	if Matches(string(make([]byte, 32)), make([]byte, 32)) {
		t.Error("zeros match")
	}
}

func TestEveryBitOfTheRandomnessIsInTheSecret(t *testing.T) {
	seen := map[string]int{}
	for bit := range Randomness * 8 {
		random := make([]byte, Randomness)
		random[bit/8] = 1 << (bit % 8)
		_, secret := New(API, random, signing)
		if was, twice := seen[secret.Reveal()]; twice {
			t.Errorf("bits %d and %d make the same secret", was, bit)
		}
		seen[secret.Reveal()] = bit
	}
}

func TestADerivedSecretFollowsFromKeyFormAndIDAlone(t *testing.T) {
	random := make([]byte, Randomness)
	id, first := New(GitHub, random, signing)
	random[Randomness-1] = 1 // not of the id
	if _, again := New(GitHub, random, signing); again != first || Derive(GitHub, signing, id) != first {
		t.Error("the same id has another secret")
	}
	others := []Secret{Derive(Standard, signing, id), Derive(GitHub, signing, "00000000000000ff"), Derive(GitHub, bytes.Repeat([]byte{8}, 32), id)}
	for i, o := range others {
		if o == first || slices.Contains(others[:i], o) {
			t.Errorf("%d is not another secret", i)
		}
	}
	if s := others[0].Reveal(); !regexp.MustCompile(`^whsec_[A-Za-z0-9+/]{43}=$`).MatchString(s) || ID(s) != "" {
		t.Errorf("a standard secret is %q", s)
	}
	if h := others[0].Hint(); h != others[0].Reveal()[6:10] {
		t.Errorf("its hint is %q", h)
	}
	if h := first.Hint(); h != first.Reveal()[20:24] {
		t.Errorf("the hint is %q of %q", h, first.Reveal())
	}
}

func TestASecretHidesItself(t *testing.T) {
	_, secret := New(API, bytes.Repeat([]byte{9}, Randomness), signing)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "in", struct{ S Secret }{secret})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret)
	text, err := json.Marshal(map[string]any{"s": secret})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %q", secret, secret, secret, secret, secret) + fmt.Sprintf("%v", struct{ S Secret }{secret})
	if strings.Contains(shown, secret.Reveal()[20:]) || !strings.Contains(shown, Hidden) {
		t.Errorf("it shows itself: %s", shown)
	}
}

func TestWhatIsNoSecretHasNoID(t *testing.T) {
	_, secret := New(API, make([]byte, Randomness), signing)
	good := secret.Reveal()
	for _, text := range []string{
		"", "pk_", "pk__", good[1:], good + "0", good[:len(good)-1], strings.ToUpper(good), "pk_" + strings.Repeat("g", 16) + good[19:],
		strings.Replace(good, "_", "-", 2), " " + good, "pk_0_" + good[20:],
	} {
		if id := ID(text); id != "" {
			t.Errorf("%q has the id %q", text, id)
		}
	}
}

// headers is a header lookup.
type headers map[string]string

func (h headers) get(name string) string { return h[name] }

// sign makes the headers of a signed call by the rules of those who sign, in
// other words than the code under test.
func sign(form Form, s Secret, id string, at time.Time, body string) headers {
	if form == GitHub {
		h := hmac.New(sha256.New, []byte(s.Reveal()))
		fmt.Fprint(h, body)
		return headers{"X-Hub-Signature-256": fmt.Sprintf("sha256=%x", h.Sum(nil))}
	}
	secret, _ := base64.StdEncoding.DecodeString(strings.Split(s.Reveal(), "_")[1])
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s.%d.%s", id, at.Unix(), body)
	return headers{
		"Webhook-Id": id, "Webhook-Timestamp": strconv.FormatInt(at.Unix(), 10),
		"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)),
	}
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// The vector is that of GitHub's page on validating deliveries.
func TestTheVectorOfGitHub(t *testing.T) {
	h := headers{"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
	if _, err := Verify(GitHub, Secret{"It's a Secret to Everybody"}, h.get, []byte("Hello, World!"), now); err != nil {
		t.Error(err)
	}
}

// The vector is that of the libraries of Standard Webhooks.
func TestTheVectorOfStandardWebhooks(t *testing.T) {
	h := headers{
		"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330",
		"Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	}
	name, err := Verify(Standard, Secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, h.get, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0))
	if err != nil || name != "msg_p5jXN8AQM9LWM0D4loKWxJek" {
		t.Error(name, err)
	}
}

func TestASignedCallIsAcceptedAndAnyChangeOfItIsNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]Form{GitHub, Standard}).Draw(t, "form")
		_, secret := drawn(t, form)
		body := rapid.String().Draw(t, "body")
		id := rapid.StringMatching(`[a-z0-9_]{1,30}`).Draw(t, "id")
		offset := time.Duration(rapid.IntRange(-300, 300).Draw(t, "offset")) * time.Second
		h := sign(form, secret, id, now.Add(offset), body)
		name, err := Verify(form, secret, h.get, []byte(body), now)
		if err != nil || name == "" {
			t.Fatalf("refused: %v", err)
		}
		if again, err := Verify(form, secret, h.get, []byte(body), now); err != nil || again != name {
			t.Fatalf("the same call has the names %q and %q: %v", name, again, err)
		}
		if _, err := Verify(form, secret, h.get, []byte(body+"x"), now); !errors.Is(err, ErrForged) {
			t.Fatalf("another body: %v", err)
		}
		for header := range h {
			other := headers{}
			for k, v := range h {
				other[k] = v
			}
			other[header] = rapid.SampledFrom([]string{"", "x", h[header][1:], h[header] + "0", "1" + h[header]}).Draw(t, header)
			if other[header] == h[header] {
				continue // an id of "x"
			}
			if _, err := Verify(form, secret, other.get, []byte(body), now); !errors.Is(err, ErrForged) {
				t.Fatalf("%s %q: %v", header, other[header], err)
			}
		}
		_, wrong := New(form, bytes.Repeat([]byte{3}, Randomness), bytes.Repeat([]byte{1}, SigningKeySize))
		if _, err := Verify(form, wrong, h.get, []byte(body), now); !errors.Is(err, ErrForged) {
			t.Fatalf("another secret: %v", err)
		}
	})
}

func TestAStandardCallOutOfTimeIsRefused(t *testing.T) {
	id, _ := New(Standard, make([]byte, Randomness), signing)
	secret := Derive(Standard, signing, id)
	for _, c := range []struct {
		offset time.Duration
		want   error
	}{{0, nil}, {Tolerance, nil}, {-Tolerance, nil}, {Tolerance + time.Second, ErrStale}, {-Tolerance - time.Second, ErrStale}, {240 * time.Hour, ErrStale}} {
		h := sign(Standard, secret, "m", now.Add(c.offset), "body")
		if _, err := Verify(Standard, secret, h.get, []byte("body"), now); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.offset, err, c.want)
		}
	}
}

func TestOnlyWhoHasTheSecretLearnsThatTheTimeIsOff(t *testing.T) {
	h := sign(Standard, Derive(Standard, signing, "a"), "m", now.Add(time.Hour), "body")
	if _, err := Verify(Standard, Derive(Standard, signing, "b"), h.get, []byte("body"), now); !errors.Is(err, ErrForged) {
		t.Error(err)
	}
}

func TestOneOfSeveralSignaturesIsEnough(t *testing.T) {
	secret := Derive(Standard, signing, "a")
	h := sign(Standard, secret, "m", now, "body")
	right := h[HeaderSignature]
	for text, want := range map[string]error{
		"v1,AAAA " + right:                    nil,
		right + " v1a,xyz":                    nil,
		"v2," + right[3:]:                     ErrForged,
		right[3:]:                             ErrForged,
		right + ",":                           ErrForged,
		strings.Repeat("v1,AA== ", 7) + right: nil,
		strings.Repeat("v1,AA== ", 8) + right: ErrForged,
	} {
		h[HeaderSignature] = text
		if _, err := Verify(Standard, secret, h.get, []byte("body"), now); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestTheNameOfAGitHubCallDoesNotHangOnTheCaseOfItsDigits(t *testing.T) {
	secret := Derive(GitHub, signing, "a")
	h := sign(GitHub, secret, "", now, "body")
	name, _ := Verify(GitHub, secret, h.get, []byte("body"), now)
	text, _ := hex.DecodeString(strings.TrimPrefix(h[HeaderGitHub], "sha256="))
	h[HeaderGitHub] = fmt.Sprintf("sha256=%X", text)
	again, err := Verify(GitHub, secret, h.get, []byte("body"), now)
	if err != nil || again != name {
		t.Errorf("a replay in capitals is called %q, not %q: %v", again, name, err)
	}
}

func TestAFormThatDoesNotSignVerifiesNothing(t *testing.T) {
	for _, f := range []Form{API, Webhook, "", "x"} {
		if _, err := Verify(f, Secret{"s"}, headers{}.get, nil, now); err == nil {
			t.Errorf("%q", f)
		}
	}
}

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		addresses []string
		expires   time.Time
		from      string
		want      Refusal
	}{
		{nil, time.Time{}, "10.0.0.1", ""},
		{nil, time.Time{}, "", ""},
		{nil, now.Add(1), "10.0.0.1", ""},
		{nil, now, "10.0.0.1", Expired},
		{[]string{"10.0.0.1/32"}, time.Time{}, "10.0.0.1", ""},
		{[]string{"10.0.0.1/32"}, time.Time{}, "::ffff:10.0.0.1", ""},
		{[]string{"10.0.0.1/32"}, time.Time{}, "10.0.0.2", WrongPlace},
		{[]string{"10.0.0.1/32"}, time.Time{}, "", WrongPlace},
		{[]string{"10.0.0.1/32"}, now, "10.0.0.1", Expired},
		{[]string{"nonsense", "fe80::/10"}, time.Time{}, "fe80::1%eth0", ""},
		{[]string{"nonsense"}, time.Time{}, "10.0.0.1", WrongPlace},
		{[]string{"0.0.0.0/0"}, time.Time{}, "::1", WrongPlace},
		{[]string{"::/0"}, time.Time{}, "10.0.0.1", WrongPlace},
		{[]string{"::/0"}, time.Time{}, "::ffff:10.0.0.1", WrongPlace},
		{[]string{"::/0"}, time.Time{}, "2001:db8::1", ""},
		{[]string{"2001:db8::/64"}, time.Time{}, "2001:db8::ffff:ffff:ffff:ffff", ""},
		{[]string{"2001:db8::/64"}, time.Time{}, "2001:db8:0:1::", WrongPlace},
		{[]string{"10.0.0.6/31", "2001:db8::1/128"}, time.Time{}, "10.0.0.7", ""},
		{[]string{"10.0.0.6/31", "2001:db8::1/128"}, time.Time{}, "2001:db8::1", ""},
		{[]string{"10.0.0.6/31", "2001:db8::1/128"}, time.Time{}, "10.0.0.8", WrongPlace},
	} {
		var from netip.Addr
		if c.from != "" {
			from = netip.MustParseAddr(c.from)
		}
		if got := (Terms{c.addresses, c.expires}).Refuses(from, now); got != c.want {
			t.Errorf("%v from %q: %q, want %q", c.addresses, c.from, got, c.want)
		}
	}
}

func TestVariablesThatSteerProgramsAreNotACallersToSet(t *testing.T) {
	for _, name := range []string{"PATH", "path", "PYTHONPATH", "PYTHONSTARTUP", "GIT_SSH_COMMAND", "NODE_OPTIONS", "PERL5LIB", "BASH_FUNC_x", "TRIGGER_PAYLOAD",
		"RSYNC_CONNECT_PROG", "KUBECONFIG", "Erl_Flags", "CARGO_BUILD_RUSTC_WRAPPER", "ANSIBLE_CONFIG", "MAVEN_OPTS"} {
		if CheckVariable(name) == nil {
			t.Errorf("%s is allowed", name)
		}
	}
	for _, name := range []string{"A", "VERSION", "DEPLOY_PATH", "GITHUB_REF", "PIPELINE", "CARGO", "ERLANG_VERSION", "KUBE_CONTEXT"} {
		if err := CheckVariable(name); err != nil {
			t.Error(err)
		}
	}
}

func TestParseForm(t *testing.T) {
	for _, f := range Forms() {
		if got, err := ParseForm(string(f)); got != f || err != nil {
			t.Error(got, err)
		}
	}
	if got, err := ParseForm(""); got != API || err != nil {
		t.Error(got, err)
	}
	if _, err := ParseForm("gitlab"); err == nil {
		t.Error("gitlab is no form")
	}
}

// BenchmarkMatches shows that a wrong secret takes as long as the right one and
// as one of an unknown id.
func BenchmarkMatches(b *testing.B) {
	_, secret := New(API, bytes.Repeat([]byte{5}, Randomness), signing)
	text := secret.Reveal()
	digest := secret.Digest()
	for name, c := range map[string]struct {
		sent   string
		digest []byte
	}{
		"right": {text, digest}, "wrong": {text[:len(text)-1] + "0", digest}, "unknown": {text, nil},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Matches(c.sent, c.digest)
			}
		})
	}
}
