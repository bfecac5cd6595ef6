// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/connection.h"

#include <array>
#include <asio/generic/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <utility>
#include <vector>

#include "net/event_loop_impl.h"
#include "net/outbox.h"
#include "net/stream_socket.h"
#include "net/tls_session.h"
#include "sys/tcp_peer.h"

namespace mailchute::net {
namespace {

using Socket = asio::generic::stream_protocol::socket;
using TlsStream = asio::ssl::stream<Socket&>;
using asio::error_code;

constexpr std::size_t kReadBuffer = 16 * 1024;  // a TLS record's worth
constexpr Milliseconds kFarewell = Seconds(2);

bool closed_by_peer(const error_code& error) {
  return error == asio::error::eof || error == asio::error::broken_pipe ||
         error == asio::ssl::error::stream_truncated;
}

bool from_openssl(const error_code& error) {
  return error.category() == asio::error::get_ssl_category();
}

// Asio keeps OpenSSL's 32 bit codes in an int.
unsigned long openssl_code(const error_code& error) {
  return static_cast<unsigned int>(error.value());
}

std::string words_for(const error_code& error) {
  if (closed_by_peer(error)) return "connection closed by peer";
  if (error == asio::error::connection_reset) return "connection reset by peer";
  if (error == asio::error::timed_out) return "connection timed out";
  return "connection lost: " + error.message();
}

Error reason_for(const error_code& error) {
  if (from_openssl(error)) return {Error::Kind::protocol, "TLS: " + words_of(openssl_code(error))};
  return {Error::Kind::temporary, words_for(error)};
}

Error handshake_reason(SSL* session, const error_code& error) {
  if (from_openssl(error)) return handshake_error(session, openssl_code(error));
  return {Error::Kind::temporary, words_for(error) + " during the TLS handshake"};
}

}  // namespace

// What is asked for is noted, and advance() starts what it makes possible; what Asio reports
// changes the notes and advances again. Only what Asio calls calls the user.
struct Connection::Impl : std::enable_shared_from_this<Connection::Impl> {
  enum class Phase { plain, flushing, handshaking, tls, farewell, closed };

  explicit Impl(EventLoop& loop) : socket(loop.impl().context), farewell_timer(loop) {}

  Result<> open(sys::UniqueFd fd);

  void advance();
  void write();
  void written(const error_code& error);
  void tell_sent();
  void read();
  void readable(const error_code& error);
  void received(const error_code& error, std::size_t count);
  void deliver();

  void start_tls(const TlsContext& context, const std::string& name);
  void handshake();
  void discard_input();
  void handshaken(const error_code& error);

  void say_farewell();
  void close(const Error& reason);
  void tell_closed();

  bool carries() const { return phase == Phase::plain || phase == Phase::tls; }
  bool may_deliver() const { return carries() && !finishing && !paused && user != nullptr; }
  bool may_read() const;
  void post(void (Impl::*step)());

  Socket socket;
  std::optional<TlsStream> tls;  // refers to socket
  TlsSession session{nullptr, SSL_free};
  Outbox outbox;
  ConnectionUser* user = nullptr;
  Phase phase = Phase::plain;
  bool paused = false;
  bool finishing = false;       // shutdown() was called
  bool reading = false;         // Asio waits for octets
  bool half_closed = false;     // the peer says no more, while finishing
  bool delivering = false;      // the user looks at the buffer
  std::size_t held = 0;         // octets in the buffer that the user has not seen
  std::optional<Error> broken;  // why nothing can be written any more
  std::optional<Error> ended;   // why it is closed, until the user knows
  Timer farewell_timer;
  std::string peer;
  std::optional<PeerCredentials> credentials;
  std::array<char, kReadBuffer> buffer;
};

Result<> Connection::Impl::open(sys::UniqueFd fd) {
  peer = peer_of(fd.get());
  credentials = credentials_of(fd.get());
  tune(fd.get());
  error_code error;
  socket.assign(asio::generic::stream_protocol(family_of(fd.get()), 0), fd.get(), error);
  if (error) return failure(Error::from_errno("watch", "a connection", error.value()));
  fd.release();
  socket.non_blocking(true, error);
  return {};
}

void Connection::Impl::post(void (Impl::*step)()) {
  asio::post(socket.get_executor(), [self = shared_from_this(), step] { (self.get()->*step)(); });
}

void Connection::Impl::advance() {
  const bool flushed = !outbox.ready() && !outbox.writing();
  if (phase == Phase::flushing && flushed) handshake();
  if (carries() && finishing && flushed) say_farewell();
  write();
  read();
}

void Connection::Impl::write() {
  if (outbox.writing() || !outbox.ready()) return;
  if (!carries() && phase != Phase::flushing) return;
  std::vector<asio::const_buffer> buffers;
  for (const std::string_view chunk : outbox.next()) buffers.push_back(asio::buffer(chunk));
  auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
    self->written(error);
  };
  if (phase == Phase::tls) {
    asio::async_write(*tls, buffers, std::move(done));
  } else {
    asio::async_write(socket, buffers, std::move(done));
  }
}

void Connection::Impl::written(const error_code& error) {
  outbox.written();
  if (phase == Phase::closed) return;
  if (error) {
    // The peer may have said why before it went ("421 ..."): read on to the end, which is near.
    outbox.drop();
    broken = reason_for(error);
    if (!may_deliver()) return close(*broken);
    error_code ignored;
    socket.shutdown(Socket::shutdown_receive, ignored);
    return read();
  }
  tell_sent();
  advance();
}

void Connection::Impl::tell_sent() {
  if (phase == Phase::closed || broken || finishing || user == nullptr) return;
  if (outbox.unsent() == 0) user->on_sent();
}

bool Connection::Impl::may_read() const {
  if (reading || delivering || half_closed || held > 0) return false;
  if (phase == Phase::farewell) return !tls;
  return carries() && (finishing || may_deliver());
}

// Without TLS Asio only waits and the octets stay in the kernel: a read under way when TLS starts
// could swallow the peer's first record.
void Connection::Impl::read() {
  if (!may_read()) return;
  reading = true;
  if (phase != Phase::tls) {
    socket.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
      self->readable(error);
    });
    return;
  }
  tls->async_read_some(asio::buffer(buffer),
                       [self = shared_from_this()](const error_code& error, std::size_t count) {
                         self->received(error, count);
                       });
}

void Connection::Impl::readable(const error_code& waited) {
  reading = false;
  if (phase == Phase::closed) return;
  const bool wanted = may_read() && phase != Phase::tls;
  if (!waited && !wanted) return advance();
  error_code error = waited;
  const std::size_t count = error ? 0 : socket.read_some(asio::buffer(buffer), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) return read();
  received(error, count);
}

void Connection::Impl::received(const error_code& error, std::size_t count) {
  reading = false;
  if (phase == Phase::closed) return;
  if (error) {
    if (broken && !from_openssl(error)) return close(*broken);  // but an alert says more
    if (finishing && error == asio::error::eof && outbox.unsent() > 0) {
      half_closed = true;  // it still wants the rest
      return;
    }
    return close(finishing ? Error{Error::Kind::temporary, "connection closed"}
                           : reason_for(error));
  }
  held = count;
  deliver();
}

void Connection::Impl::deliver() {
  if (finishing || !carries()) held = 0;
  if (held > 0 && may_deliver()) {
    const std::string_view octets(buffer.data(), std::exchange(held, 0));
    delivering = true;
    user->on_octets(octets);
    delivering = false;
  }
  advance();
}

void Connection::Impl::start_tls(const TlsContext& context, const std::string& name) {
  if (phase != Phase::plain || finishing) return;
  Result<TlsSession> made = new_session(context, name);
  held = 0;
  outbox.hold();
  phase = Phase::flushing;
  if (made) {
    session = std::move(*made);
    return advance();
  }
  asio::post(socket.get_executor(),
             [self = shared_from_this(), error = made.error()] { self->close(error); });
}

void Connection::Impl::handshake() {
  if (!session) return;
  const bool server = SSL_is_server(session.get()) == 1;
  phase = Phase::handshaking;
  if (!server) discard_input();
  tls.emplace(socket, session.release());
  tls->async_handshake(
      server ? TlsStream::server : TlsStream::client,
      [self = shared_from_this()](const error_code& error) { self->handshaken(error); });
}

// A server has nothing to say before it has seen our first record; what it said meanwhile came in
// the clear. What is more than a buffer or comes later makes the handshake fail.
void Connection::Impl::discard_input() {
  std::array<char, 4096> discarded;
  error_code error;
  socket.read_some(asio::buffer(discarded), error);
}

void Connection::Impl::handshaken(const error_code& error) {
  if (phase == Phase::closed) return;
  if (error) return close(handshake_reason(tls->native_handle(), error));
  phase = Phase::tls;
  outbox.release();
  if (user != nullptr && !finishing) user->on_tls(facts_of(tls->native_handle()));
  advance();
}

void Connection::Impl::say_farewell() {
  phase = Phase::farewell;
  const auto finish = [self = weak_from_this()] {
    if (const auto here = self.lock()) {
      here->close({Error::Kind::temporary, "connection closed"});
    }
  };
  farewell_timer.start(kFarewell, finish);
  if (tls) {
    tls->async_shutdown([self = shared_from_this(), finish](const error_code&) { finish(); });
    return;
  }
  if (half_closed) return finish();
  error_code ignored;
  socket.shutdown(Socket::shutdown_send, ignored);
}

void Connection::Impl::close(const Error& reason) {
  if (phase == Phase::closed) return;
  phase = Phase::closed;
  ended = reason;
  farewell_timer.cancel();
  outbox.drop();
  error_code ignored;
  socket.close(ignored);
  tell_closed();
}

void Connection::Impl::tell_closed() {
  if (user == nullptr || !ended) return;
  const Error reason = *std::exchange(ended, std::nullopt);
  std::exchange(user, nullptr)->on_closed(reason);
}

Result<std::unique_ptr<Connection>> Connection::adopt(EventLoop& loop, sys::UniqueFd socket) {
  auto impl = std::make_shared<Impl>(loop);
  if (auto opened = impl->open(std::move(socket)); !opened) return failure(opened.error());
  return std::make_unique<Connection>(std::move(impl));
}

Connection::Connection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() {
  impl_->user = nullptr;
  impl_->close({});
}

void Connection::set_user(ConnectionUser* user) {
  impl_->user = user;
  impl_->post(impl_->ended ? &Impl::tell_closed : &Impl::deliver);
}

void Connection::pause_reading() { impl_->paused = true; }

void Connection::resume_reading() {
  impl_->paused = false;
  impl_->post(&Impl::deliver);
}

void Connection::send(std::string octets, bool sensitive) {
  impl_->outbox.add(std::move(octets), sensitive);
  if (unsent() == 0) impl_->post(&Impl::tell_sent);  // nothing was given
  impl_->advance();
}

std::size_t Connection::unsent() const { return impl_->outbox.unsent(); }

void Connection::start_tls(const TlsContext& context, const std::string& name) {
  impl_->start_tls(context, name);
}

void Connection::shutdown() {
  impl_->finishing = true;
  impl_->held = 0;
  impl_->advance();
}

bool Connection::deserted() const { return net::deserted(impl_->socket.native_handle()); }

std::string Connection::peer() const { return impl_->peer; }

std::optional<PeerCredentials> Connection::credentials() const { return impl_->credentials; }

std::optional<uid_t> Connection::tcp_peer_uid() const {
  return sys::uid_of_tcp_peer(impl_->socket.native_handle());
}

}  // namespace mailchute::net
