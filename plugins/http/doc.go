// Package http is the step that makes one HTTP exchange: it sends a request,
// judges the answer by its status, and hands the answer on as outputs or as a
// file.
//
// It owns the exchange: the request's body from the settings, from a file of
// the workspace or the payload of the run, the redirects, the tries, and the answer. Package main beside
// it makes it a plugin.
//
// # What it promises
//
// Memory does not grow with what is sent or received: a file is streamed from
// the workspace, a saved answer is streamed into it, and of an answer that is
// not saved the first [MaxBody] bytes are kept, the rest is read to its end and
// dropped. An answer that breaks off is a failed try, whatever its status was.
//
// A saved answer is there whole or not at all: it is written beside its place
// and renamed, and only where the status was an expected one. No path of the
// settings leaves the workspace, not through a symbolic link either ([os.Root]);
// the TLS files alone may be named by absolute paths.
//
// What the step was given goes only to where it was told to. A redirect to
// another origin (scheme, host or port) fails the step unless follow_redirects
// is "any"; then the other origin gets none of the step's headers but those
// that describe the body and the wished answer, and no credentials, a client
// certificate being one; tls.server_name is not asked of it. A redirect
// that would turn a PUT, PATCH or DELETE into a GET fails the step: what
// answers then is not what was asked.
//
// The log shows each exchange: method, URL, status, bytes and time. It never
// shows the URL's user, password or query values, nor a header.
//
// # Tries
//
// Without `retry` there is one try. With it, a try is repeated when its status
// is one of retry.status (default 429, 502, 503, 504), or when the connection
// failed. A request that may have reached the server is repeated after a
// connection failure only where its method is idempotent (RFC 9110 §9.2.2), so
// not POST and PATCH; retry.connection = "any" says that the server copes with
// it. To help it, each POST and PATCH with a `retry` carries an Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header), random, the same over all tries
// of the attempt. The attempt's name would not do: it is the same on two
// machines that run the same pipeline, and the second one's request would be
// taken for the first one's. Between tries it waits retry.delay, or what the
// server's Retry-After asks for, up to five minutes.
//
// # What it refuses
//
// It keeps no cookies, reads no proxy from an environment, undoes no
// Content-Encoding (a saved file is what the server sent), and runs no
// conversation: one request that ends in one answer.
package http
