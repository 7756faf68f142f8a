package http

import (
	"errors"
	"slices"
	"testing"

	"github.com/penstock/penstock/plugins/step"
)

func TestSettingsAreJudgedAllAtOnce(t *testing.T) {
	for text, want := range map[string][]string{
		`{"url": "http://a"}`: nil,
		`{"url": "https://a:1/b?c", "method": "post", "body": "x", "status": [200, "3xx"], "retry": {}}`: nil,
		`{"url": "http://{{ vars.host }}/x"}`:                                                           nil,
		`{"url": "http://a", "tls": {"ca_file": "/ca", "cert_file": "c", "key_file": "k"}}`:             nil,
		`{"url": "http://a", "retry": {"max": 100, "delay": "1s", "status": 500, "connection": "any"}}`: nil,
		`{}`:                        {"url"},
		`{"url": "a"}`:              {"url"},
		`{"url": "ftp://a"}`:        {"url"},
		`{"url": "http://"}`:        {"url"},
		`{"url": "http://a b"}`:     {"url"},
		`{"url": "http://a:65535"}`: nil,
		`{"url": "http://a:65536"}`: {"url"},
		`{"url": "http://a:0"}`:     {"url"},
		`{"url": "http://a:99999", "save": "/x", "timeout": 3, "retry": {"max": 101}, "tls": {"ca": 1}}`:     {"timeout", "tls.ca", "url", "save", "retry.max"},
		`{"url": "http://a", "body": "x", "metod": "PUT"}`:                                                   {"metod"},
		`{"url": "http://u:p@a", "auth": {"token": "t"}}`:                                                    {"url"},
		`{"url": "http://a", "uri": 1, "Method": "GET"}`:                                                     {"Method", "uri"},
		`{"url": "http://a", "method": "GE T"}`:                                                              {"method"},
		`{"url": "http://a", "method": "connect"}`:                                                           {"method"},
		`{"url": "http://a", "body": "x"}`:                                                                   {"method"},
		`{"url": "http://a", "method": "PUT", "body": "", "file": "f"}`:                                      {"file"},
		`{"url": "http://a", "method": "PUT", "json": 0, "body": "x", "file": "../f"}`:                       {"file", "file"},
		`{"url": "http://a", "method": "PUT", "file": "f", "payload": true}`:                                 {"payload"},
		`{"url": "http://a", "method": "PUT", "file": "/etc/passwd"}`:                                        {"file"},
		`{"url": "http://a", "save": "a/../../b"}`:                                                           {"save"},
		`{"url": "http://a", "headers": {"A b": "x", "content-length": "1", "X": "a\r\nB: c"}}`:              {"headers.A b", "headers.X", "headers.content-length"},
		`{"url": "http://a", "headers": {"authorization": "x"}, "auth": {"username": "u:", "token": "t\n"}}`: {"headers.authorization", "auth.token", "auth.username", "auth.token"},
		`{"url": "http://a", "auth": {}}`:                                                                    {"auth"},
		`{"url": "http://a", "outputs": {"status": "X", "a b": "X", "ok": "no name", "_a-1": "ETag"}}`:       {"outputs.a b", "outputs.ok", "outputs.status"},
		`{"url": "http://a", "follow_redirects": "yes", "timeout": "-1s"}`:                                   {"follow_redirects", "timeout"},
		`{"url": "http://a", "retry": {"max": 101, "delay": "-1s", "connection": "all"}}`:                    {"retry.max", "retry.delay", "retry.connection"},
		`{"url": "http://a", "retry": {"max": -1, "status": [1]}}`:                                           {"retry.status"},
		`{"url": "http://a", "tls": {"cert_file": "c"}}`:                                                     {"tls.key_file"},
		`{"url": "http://a", "tls": {"key_file": "c", "ca_file": "d", "insecure_skip_verify": true}}`:        {"tls.cert_file", "tls.ca_file"},
		`{"url": "http://a", "unix_socket": "run/s"}`:                                                        {"unix_socket"},
	} {
		_, err := step.Decode[Settings]([]byte(text))
		var problems step.Problems
		if err != nil && !errors.As(err, &problems) {
			t.Errorf("%s: %v is no list of problems", text, err)
		}
		var paths []string
		for _, p := range problems {
			paths = append(paths, p.Path)
		}
		if !slices.Equal(paths, want) {
			t.Errorf("%s: problems at %q, want %q: %v", text, paths, want, err)
		}
	}
}
