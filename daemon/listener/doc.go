// Package listener is the door for callers with a trigger key: an HTTP server
// that starts runs and does nothing else. There is none unless the
// configuration says where.
//
//	POST /v1/pipelines/{name}/trigger                         api keys: Cycle's call
//	POST /v1/hooks/{key}                                      webhook, github and standard keys
//	POST /api/v4/projects/{name}/trigger/pipeline             api keys: GitLab's call
//	POST /api/v4/projects/{name}/ref/{ref}/trigger/pipeline   the same; the body is the payload
//	GET  /healthz                                             whether runs can be started
//	GET  /metrics                                             for whom the configuration names
//
// # No oracle
//
// Who is not admitted learns nothing: an unknown path, method, pipeline or key,
// a wrong or deleted or expired key, one of another pipeline, an address that is
// not listed and a signature that is wrong get the same answer, byte for byte,
// and a key that is not there takes the work of one that is. Why is in the
// daemon's log, and of what was sent the id of the key alone. What is wrong with a body
// (its size, that it is no JSON) says nothing about the key either: it is told
// before the key is looked at, or after the key was proved.
//
// # Order
//
// A call passes, in this order: its address (limits for those who failed
// before, then the global list), the proof of its key, the key's own limit, its
// body and its parameters. A key that is in a header or the query is looked at
// before the body is read; where the body has the secret, or is what is signed,
// the body is read first, up to its limit.
//
// # Addresses
//
// The caller is the peer of the connection. What X-Forwarded-For says counts
// only where the peer is a trusted proxy; then the caller is the last entry
// that is not one. An entry that is no address ends it: nobody is admitted.
//
// # Bounds
//
// HTTP/1.1, and 1.0 as proxies speak it; after a body in chunks, or a request of
// HTTP/1.0, the connection is closed, so that no request is hidden in what others
// take for a body. Headers have 16 KiB and 5 s, a whole request 1 MiB and 30 s, of
// which its body has 10 s and as much again for each half MiB of it that came. At
// most 512 connections, 64 from one address (IPv6: one /64); 64 calls at a
// time, 32 from one address, and as many again whose key comes with the body; 256
// calls that wait, 64 from one address.
//
// Whoever is slow keeps nobody waiting: where no place is left, the connection on
// which nothing is done for an admitted caller is closed, or the call whose body
// is still to come is answered with 503, that has been so for longest at the
// address that has most of them. Only where there is none is whoever came turned
// away.
//
// Twenty failures from one address, and one
// every three seconds after, are answered with 404, further ones with 429; a key
// may be used a hundred times at once and twenty times a second. Trusted proxies
// are under the limits of connections as a whole only. No redirects, cookies or
// CORS.
package listener
