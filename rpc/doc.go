// Package rpc is how one talks with the daemon: the methods, their messages and
// error codes, the server that binds them to a Service, and the client.
//
// # Transport
//
// The transport is a Unix stream socket; who may connect, and as whom, is the
// kernel's word (SO_PEERCRED, SO_PEERGROUPS), read once when a connection is
// accepted. Nothing in a request says who asks. Listen makes the socket in a
// directory that nobody else can write to; the server takes any listener on a
// Unix socket, so also one that systemd passes.
//
// # Framing
//
// The protocol is JSON-RPC 2.0, one JSON object (or batch) a line, both ways,
// so that a shell can speak it:
//
//	printf '{"jsonrpc":"2.0","id":1,"method":"run.get","params":{"run":"nightly/latest"}}\n' |
//		socat -t60 - UNIX-CONNECT:/run/penstock/socket
//
// Answers come in the order in which they are ready; the id says to what.
// A client that closes its sending side still gets every answer that is due.
// Blank lines are passed over, and so is a line of notifications: what is to be
// done must have somebody who hears how it went. The server sends nothing of
// its own accord but an error with the id null before it ends a connection.
// A batch is answered when its slowest call is: let no call in it wait.
//
// Every bound is on a connection, and what is beyond it costs that connection
// only: a line has 1 MiB, brackets go 64 deep, a batch has 64 calls, an id 128
// bytes; 64 calls are in flight, a further one is answered with CodeBusy. What
// is no request is answered with CodeNotJSON or CodeNotRequest, and the tenth
// ends the connection; so does a line that is not finished or an answer that is
// not read within 10 seconds, and silence for 10 minutes with nothing in
// flight.
//
// A uid has 64 connections, all together have 512. Root and the daemon's own
// user are not bound by the first, and the last 8 of the second are theirs:
// others cannot lock out who administers. What is too many is answered with
// CodeBusy.
//
// # Requests and answers
//
// Parameters are an object. It is read strictly: an unknown member, another
// case, a member twice, a wrong type or one missing is CodeParams, because an
// old daemon must refuse what it does not know rather than do less than was
// asked. Answers are read leniently, because a new daemon may say more. A field
// is added freely, and never changes its meaning; a change that old clients
// would misread raises Version, which DaemonInfo tells.
//
// A definition travels as its text, so the daemon is the only judge of it and
// its comments survive.
//
// # Cursors
//
// Lists come in pages: ask again with the Next of the page before until it is
// zero. What grows is followed by long polls with a cursor that is the reader's
// own, a run's Sequence or an offset in a log. A cursor outlives the connection
// and the daemon: after ErrLost, Dial and ask again, and nothing is missed or
// comes twice. RunStart takes a Key for the same end.
//
// # Errors
//
// An error has a Code for programs, a message for people (what, where, why,
// what to do) and, with some codes, data: InvalidData, PermissionData,
// DiskLowData. A Service returns a *Error, wrapped or not, for what the caller
// is to know; any other error, and a panic, goes to the log with its detail and
// to the caller as CodeInternal.
//
// # Access
//
// A call goes through table, Authorize, parameters, method, in this order. What
// is not in the table is not callable; what Authorize does not let pass is
// refused, so without Authorize everything is. Each row of the table names the
// Role that its method needs.
//
// # The end
//
// When the server is told to end, it accepts no more, cancels the context of
// every call, sends what is answered within 2 seconds and closes. A Service
// whose methods do not heed their context holds up the end.
//
// # Adding a method
//
//  1. Its name in method.go, "noun.verb", and its Go method in Service.
//  2. Its messages beside their kin; a flat request, every field that may be
//     left out with omitempty, a comment on each: rpc.discover tells it, with
//     names as JSON has them, to people who write clients in other languages.
//  3. Its row in the table: role, summary, errors.
//  4. Its twin in Client.
//
// The tests then drive it through a real socket, once for each role, and check
// its answer against what rpc.discover says of it; they fail if a step was
// left out.
//
// # What it refuses
//
// It knows nothing of pipelines and runs but their messages, decides nobody's
// role, keeps no state between connections and imports nothing of ours. It has
// no pushes: a long poll is resumed by asking again, a push is not. It is the
// only importer of jrpc2, which is the server's core: parsing, dispatch, batches
// and their answers. What jrpc2 lacks (bounds, manners at a slow, silent or rude
// client) is added around it; the comments in session.go, handler.go and
// exchange.go say where and why.
package rpc
