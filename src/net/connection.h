// SPDX-License-Identifier: GPL-3.0-or-later
// A stream socket (TCP or Unix, client or server) that may become TLS. Reads are always
// outstanding, also while writing.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "sys/unique_fd.h"

namespace mailchute::net {

// Who listens to a connection. A callback may destroy the connection.
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  virtual void on_octets(std::string_view octets) = 0;
  // Everything given to send() so far has been written.
  virtual void on_sent() = 0;
  virtual void on_tls(const TlsFacts& facts) = 0;
  // The peer closed ("connection closed by peer"), or reading, writing or the handshake failed (its
  // reason in words, such as "certificate verify failed: self-signed certificate"). The last call.
  virtual void on_closed(const Error& reason) = 0;
};

struct PeerCredentials {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};

class Connection {
 public:
  struct Impl;
  // Takes over a connected stream socket: what Listener and Connector hand out, or one's own end of
  // a socketpair(2).
  static Result<std::unique_ptr<Connection>> adopt(EventLoop& loop, sys::UniqueFd socket);
  explicit Connection(std::shared_ptr<Impl> impl);
  ~Connection();  // closes without on_closed()
  Connection(const Connection&) = delete;

  // Before the first callback, and whenever the listener changes. Nothing is read while there is
  // none.
  void set_user(ConnectionUser* user);
  // Until the next resume() nothing more is read (beyond one buffer): a bound on memory.
  void pause_reading();
  void resume_reading();

  // `sensitive` octets are overwritten once written.
  void send(std::string octets, bool sensitive = false);
  std::size_t unsent() const;

  // Octets read before the handshake are thrown away (RFC 3207, 4.2). The name is checked against
  // the certificate (client, when the context verifies) and sent as SNI; for a server it is unused.
  // What was given to send() before goes out first and in the clear, what is given after only by
  // TLS.
  void start_tls(const TlsContext& context, const std::string& name);

  // Sends what is unsent, then closes; no more callbacks come but on_closed(). The peer gets two
  // seconds to close as well, so that a reset does not overtake the last words; sending them takes
  // as long as the peer lets it.
  void shutdown();

  // The peer has closed its end, whether or not all it sent has been read: who waits for an answer
  // is not there any more.
  bool deserted() const;

  std::string peer() const;  // "127.0.0.1:587", "[::1]:587"; empty for Unix sockets
  std::optional<PeerCredentials> credentials() const;  // SO_PEERCRED, Unix sockets
  // Whose the other end is, for what was accepted within this machine (sys/tcp_peer.h).
  std::optional<uid_t> tcp_peer_uid() const;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailchute::net
