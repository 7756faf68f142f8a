package http

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func serveTLS(t *testing.T, ask tls.ClientAuthType) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, c := range r.TLS.PeerCertificates {
			io.WriteString(w, c.Subject.CommonName)
		}
	}))
	server.TLS = &tls.Config{ClientAuth: ask}
	server.Config.ErrorLog = quiet(t)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestServerMustBeTrusted(t *testing.T) {
	server := serveTLS(t, tls.NoClientCert)
	d := newDesk(t)
	d.write("ca.pem", certificatePEM(server.Certificate().Raw))
	d.write("none.pem", "nothing")
	for name, c := range map[string]struct {
		tls  *TLS
		want string // in the error; "" is success
	}{
		"unknown authority": {nil, "certificate"},
		"known authority":   {&TLS{CAFile: "ca.pem"}, ""},
		"absolute path":     {&TLS{CAFile: d.workspace + "/ca.pem"}, ""},
		"another name":      {&TLS{CAFile: "ca.pem", ServerName: "other.test"}, "other.test"},
		"its name":          {&TLS{CAFile: "ca.pem", ServerName: "example.com"}, ""},
		"anybody":           {&TLS{InsecureSkipVerify: true}, ""},
		"no certificate":    {&TLS{CAFile: "none.pem"}, "tls.ca_file: none.pem holds no PEM certificate"},
		"no file":           {&TLS{CAFile: "missing"}, "tls.ca_file"},
		"no key":            {&TLS{CertFile: "ca.pem", KeyFile: "none.pem"}, "tls.cert_file and key_file"},
	} {
		d.log.Reset()
		_, err := d.do(Settings{URL: server.URL, TLS: c.tls, Retry: &Retry{Delay: soon}})
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" {
			refuses(t, err, c.want)
		}
		if n := strings.Count(d.log.String(), "GET "); n > 1 {
			t.Errorf("%s: what no try can change was tried %d times", name, n)
		}
	}
}

func TestClientCertificate(t *testing.T) {
	server := serveTLS(t, tls.RequireAnyClientCert)
	d := newDesk(t)
	certificate, key := client(t, "nightly")
	d.write("c.pem", certificate)
	d.write("k.pem", key)
	o, err := d.do(Settings{URL: server.URL, TLS: &TLS{InsecureSkipVerify: true, CertFile: "c.pem", KeyFile: "k.pem"}})
	if err != nil || string(o.answer.kept) != "nightly" {
		t.Errorf("the server knows %q, %v", o.answer.kept, err)
	}
	_, err = d.do(Settings{URL: server.URL, TLS: &TLS{InsecureSkipVerify: true}})
	refuses(t, err, "certificate required")
}

// client makes a certificate of that name and its key, in PEM.
func client(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	template.Subject.CommonName = name
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return certificatePEM(der), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}
