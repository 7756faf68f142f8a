package config

import (
	"net/netip"
	"path/filepath"
	"strings"
)

func (t table) http(h *HTTP) {
	if s, ok := t.text("listen"); ok {
		h.Listen = t.listen(s)
	}
	t.setPath("tls_cert", &h.TLSCert)
	t.setPath("tls_key", &h.TLSKey)
	if t.has("tls_cert") != t.has("tls_key") {
		t.report(t.place, "tls_cert and tls_key belong together: one of them is missing")
	}
	h.TrustedProxies = t.callers("trusted_proxies")
	h.Allow = t.callers("allow")
	h.Metrics = t.callers("metrics")
}

// listen is where to listen, in its clean form.
func (t table) listen(s string) string {
	at := t.key("listen")
	if path, ok := strings.CutPrefix(s, UnixListen); ok {
		if path = t.absolute(at, "listen", path); len(path) > maxSocket {
			t.report(at, "listen: the path of the socket has %d bytes and has at most %d", len(path), maxSocket)
		}
		return UnixListen + filepath.Clean(path)
	}
	whole := s
	if strings.HasPrefix(s, ":") {
		whole = "0.0.0.0" + s
	}
	if _, err := netip.ParseAddrPort(whole); err != nil {
		t.report(at, "listen = %s is no address with a port; write \"127.0.0.1:8420\", \"[::1]:8420\", \":8420\" or \"unix:/run/penstock/http.sock\"; names are not looked up", quote(s))
	}
	return s
}

// callers reads a list of addresses.
func (t table) callers(key string) (c Callers) {
	items, _ := t.strings(key)
	for _, it := range items {
		if it.text == "unix" {
			c.Unix = true
			continue
		}
		prefix, why := ParseAddresses(it.text)
		if why != "" {
			t.report(it.at, "%s: %s %s", key, quote(it.text), why)
			continue
		}
		c.Prefixes = append(c.Prefixes, prefix)
	}
	return c
}
