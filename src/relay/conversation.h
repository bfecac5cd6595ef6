// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to the smart host: finds its servers and connects to the first that lets it in,
// does TLS, and carries octets, messages and time limits between the network and the SMTP engine.
// It knows nothing of queues and retries; its user hands it messages and gets the reports.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "net/connect.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "relay/delivery_log.h"
#include "relay/destinations.h"
#include "relay/message_stream.h"
#include "relay/outgoing.h"
#include "relay/time_limits.h"
#include "smtp/client_session.h"
#include "smtp/message_encoder.h"

namespace mailchute::relay {

class Conversation;

class ConversationUser {
 public:
  virtual ~ConversationUser() = default;
  // The next message to be sent, if there is one; behind another one where the conversation says
  // in_flight().
  virtual std::optional<smtp::Transaction> next_transaction(const Conversation& conversation) = 0;
  // The message of a transaction that was handed out; it stays where it is until its report.
  virtual const Outgoing& message_of(smtp::TransactionId id) = 0;
  // The end of the message is about to leave: from now on the smart host may have it.
  virtual void on_final_dot(smtp::TransactionId id) = 0;
  // Whether the connection may be used further.
  virtual bool on_report(const Conversation& conversation, smtp::TransactionReport report) = 0;
  // The last call; `used`: at least one transaction was reported beyond RSET.
  virtual void on_over(const Conversation& conversation,
                       std::optional<smtp::Close::Trouble> trouble, bool used) = 0;
};

class Conversation : private net::ConnectionUser {
 public:
  struct Options {
    std::string hostname;
    config::SmartHost smart_host;
    std::optional<smtp::Credentials> credentials;
  };

  // `tls` may be null where smart_host.tls is none. All outlive the conversation.
  Conversation(net::EventLoop& loop, const Options& options, const net::TlsContext* tls,
               ConversationUser& user);

  void wake();  // there may be a message now
  void quit();  // leave when what is in flight is done; at once as long as nothing can be
  void abandon(const std::string& why);  // now, whatever is in flight
  // The network is another one: leaves where it has come nowhere for seconds, or only waits for
  // messages.
  void network_changed();

  bool established() const { return session_.established(); }
  bool in_flight() const { return session_.in_flight(); }
  const smtp::Extensions& extensions() const { return session_.extensions(); }
  std::string relay_name() const;  // "host[127.0.0.1:587]", or "host:587"
  Via via() const;

 private:
  void on_octets(std::string_view octets) override;
  void on_sent() override;
  void on_tls(const net::TlsFacts& facts) override;
  void on_closed(const Error& reason) override;

  void connect_next();
  void try_another();
  void on_connected(std::unique_ptr<net::Connection> connection);
  void start_tls();
  void act();  // performs the engine's actions until it waits
  void perform(smtp::Send& send);
  void perform(smtp::SendMessage& message);
  void perform(smtp::StartTls& start);
  void perform(smtp::Ready& ready);
  void perform(smtp::TransactionReport& report);
  void perform(smtp::Close& close);
  bool offer_transaction();
  void send_piece();
  void finish_message(smtp::TransactionId id);
  void flush();
  void watch_time();
  void leave();
  void over(std::optional<smtp::Close::Trouble> trouble);
  void time_is_up(smtp::Stage stage);
  void watch_rider();
  Milliseconds limit_of(const Phase& phase) const;

  // A large message on its way.
  struct Large {
    Large(smtp::TransactionId id_of_it, const Outgoing& message) : id(id_of_it), stream(message) {}
    smtp::TransactionId id;
    MessageStream stream;
    smtp::MessageEncoder encoder;
  };

  net::EventLoop& loop_;
  Options options_;
  const net::TlsContext* tls_;
  ConversationUser& user_;
  Destinations destinations_;
  std::vector<Destination> servers_;  // in the order in which they are tried
  std::size_t tried_ = 0;
  net::Connector connector_;
  std::unique_ptr<net::Connection> connection_;
  smtp::ClientSession session_;
  net::Timer timer_;
  std::string out_;  // collected while acting, written at once
  std::optional<Large> large_;
  std::string peer_;
  std::string tls_version_;
  unsigned messages_ = 0;
  const Instant begun_;
  bool used_ = false;
  bool quitting_ = false;
  bool over_ = false;
  bool acting_ = false;
  // What the running time limits are for.
  std::optional<smtp::Stage> watched_;
  std::uint64_t watched_replies_ = 0;
  std::optional<Phase> phase_;
  Instant phase_ends_{};
  net::Timer rider_timer_;
  std::optional<smtp::TransactionId> rider_behind_;  // the timer runs for the one behind this
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mailchute::relay
