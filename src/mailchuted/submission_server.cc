// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/submission_server.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "queue/own_entry_writer.h"
#include "queue/submission_protocol.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

// An envelope up to this size costs no more than a client does anyway.
constexpr std::uint64_t kShortEnvelope = 16 << 10;
// Who sends less than this at a time is not getting on.
constexpr std::uint64_t kStep = 4 << 10;
constexpr Milliseconds kLook{1000};
// How long a client that was sent away may take to go.
constexpr Milliseconds kFarewell{5000};
// A client needs a descriptor for itself and one for its file, and there may be as many on their
// way out as there are at work; the rest of the worker needs some, too.
constexpr std::size_t kOtherDescriptors = 192;
constexpr std::size_t kDescriptorsEach = 3;

Error busy() { return {Error::Kind::temporary, "too many are submitting at this moment"}; }

}  // namespace

// One connection, one entry.
class SubmissionServer::Client : public net::ConnectionUser, private Committer::Client {
 public:
  Client(SubmissionServer& server, std::unique_ptr<net::Connection> connection, uid_t uid)
      : server_(server),
        connection_(std::move(connection)),
        uid_(uid),
        came_(sys::boot_now()),
        heard_(came_),
        moved_(came_) {
    connection_->set_user(this);
  }
  ~Client() override {
    server_.committer_.remove(*this);
    give_back();
  }

  uid_t uid() const { return uid_; }
  bool at_work() const { return stage_ != Stage::leaving; }
  bool may_go() const { return stage_ == Stage::envelope || stage_ == Stage::message; }
  Milliseconds standstill(Instant now) const { return now - moved_; }

  void refuse(const Error& error, bool busy = false);
  // False when there is no point in keeping it.
  bool look_after(Instant now);

  void on_octets(std::string_view octets) override;
  void on_sent() override {}
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override { server_.forget(this); }

 private:
  enum class Stage { envelope, message, complete, leaving };
  using Reader = queue::SubmissionReader;

  void take(const Reader::More&) {}
  void take(const Reader::Ask& ask);
  void take(const Reader::Announced& announced);
  void take(const Reader::Begin& begin);
  void take(const Reader::Octets& octets);
  void take(const Reader::End& end);
  // Committer::Client
  queue::OwnEntryWriter& entry() override { return *writer_; }
  bool still_wanted() const override;
  void on_committed(const Result<>& result) override;
  void fail(const Error& error);
  void leave(std::string last_words);
  void give_back() { server_.envelopes_ -= std::exchange(promised_, 0); }
  void note_progress(std::size_t octets);

  SubmissionServer& server_;
  std::unique_ptr<net::Connection> connection_;
  uid_t uid_;
  Stage stage_ = Stage::envelope;
  Reader reader_;
  std::optional<queue::OwnEntryWriter> writer_;
  queue::Adopted entry_{};
  std::uint64_t promised_ = 0;  // of the server's envelopes_
  std::uint64_t step_ = 0;
  Instant came_;
  Instant heard_;  // anything
  Instant moved_;  // a step ahead
};

void SubmissionServer::Client::on_octets(std::string_view octets) {
  note_progress(octets.size());
  while (!octets.empty() && may_go()) {
    const auto event = reader_.next(octets);
    if (!event) return refuse(event.error());
    std::visit([this](const auto& what) { take(what); }, *event);
  }
}

void SubmissionServer::Client::note_progress(std::size_t octets) {
  heard_ = sys::boot_now();
  step_ += octets;
  if (step_ < kStep) return;
  step_ = 0;
  moved_ = heard_;
}

void SubmissionServer::Client::take(const Reader::Ask& ask) {
  const auto owner = server_.queue_.owner_of(ask.id);
  if (owner && *owner == uid_ && uid_ != queue::kOverflowUid)
    return leave(queue::format_ok(ask.id));
  refuse({Error::Kind::rejected, "no entry " + ask.id + " of yours"});
}

void SubmissionServer::Client::take(const Reader::Announced& announced) {
  entry_.id = announced.id;
  if (announced.envelope_length <= kShortEnvelope) return;
  if (server_.envelopes_ + announced.envelope_length > server_.limits_.envelopes) {
    return refuse(busy(), true);
  }
  promised_ = announced.envelope_length;
  server_.envelopes_ += promised_;
}

void SubmissionServer::Client::take(const Reader::Begin& begin) {
  give_back();
  if (auto room = server_.delivery_.room_for(uid_); !room) return refuse(room.error());
  auto writer = server_.queue_.create(entry_.id, uid_);
  if (!writer)
    return writer.error().kind == Error::Kind::rejected ? refuse(writer.error())
                                                        : fail(writer.error());
  writer_.emplace(std::move(*writer));
  if (auto begun = writer_->begin(begin.envelope); !begun) return refuse(begun.error());
  entry_.owner = uid_;
  entry_.time = begin.envelope.time;
  entry_.wait_for_queue_run = begin.envelope.wait_for_queue_run;
  stage_ = Stage::message;
  moved_ = heard_;
  connection_->send(queue::format_go(entry_.id));
}

void SubmissionServer::Client::take(const Reader::Octets& octets) {
  const std::uint64_t limit = server_.settings_.message_size_limit;
  if (limit != 0 && writer_->message_length() + octets.octets.size() > limit) {
    return refuse({Error::Kind::data, "message larger than " + std::to_string(limit) +
                                          " octets (message_size_limit of mailchuted)"});
  }
  if (auto written = writer_->write(octets.octets); !written) fail(written.error());
}

// What a client says behind END is not read.
void SubmissionServer::Client::take(const Reader::End& end) {
  if (auto room = server_.delivery_.room_for(uid_, writer_->message_length()); !room)
    return refuse(room.error());
  entry_.octets = writer_->message_length();
  const auto sum = writer_->complete();
  if (!sum) return fail(sum.error());
  if (*sum != end.sum) {
    return refuse({Error::Kind::protocol, "the message has another digest than END says"});
  }
  stage_ = Stage::complete;
  connection_->pause_reading();
  server_.committer_.add(*this);
}

// Who has gone was told nothing, and may have told his caller that nothing is queued.
bool SubmissionServer::Client::still_wanted() const { return !connection_->deserted(); }

void SubmissionServer::Client::on_committed(const Result<>& result) {
  if (!result) {
    const bool ordinary = result.error().kind == Error::Kind::rejected || !still_wanted();
    return ordinary ? refuse(result.error()) : fail(result.error());
  }
  leave(queue::format_ok(entry_.id));
  server_.delivery_.add(entry_);
  if (server_.queued_late_) server_.queued_late_();
}

void SubmissionServer::Client::refuse(const Error& error, bool busy) {
  server_.log_(Event("submission-refused", Severity::debug)
                   .with("uid", std::uint64_t{uid_})
                   .with("reason", error.text));
  leave(queue::format_error(error, busy));
}

// The administrator's business, too.
void SubmissionServer::Client::fail(const Error& error) {
  server_.log_(Event("submission-failed", Severity::error)
                   .with("id", entry_.id)
                   .with("uid", std::uint64_t{uid_})
                   .with("reason", error.text));
  leave(queue::format_error(error));
}

void SubmissionServer::Client::leave(std::string last_words) {
  stage_ = Stage::leaving;
  heard_ = sys::boot_now();
  give_back();
  writer_.reset();
  connection_->send(std::move(last_words));
  connection_->shutdown();
}

bool SubmissionServer::Client::look_after(Instant now) {
  const auto refuse_if = [&](bool late, std::string_view what) {
    if (late && may_go()) refuse({Error::Kind::temporary, "given up: " + std::string(what)});
  };
  const SubmissionLimits& limits = server_.limits_;
  if (stage_ == Stage::leaving) return now - heard_ < kFarewell;
  refuse_if(now - heard_ >= limits.silence, "silent for too long");
  refuse_if(stage_ == Stage::envelope && now - came_ >= limits.envelope, "no envelope in time");
  refuse_if(now - came_ >= limits.total, "takes too long");
  return true;
}

// The server

SubmissionServer::SubmissionServer(net::EventLoop& loop, sys::UniqueFd listening,
                                   queue::Queue& queue, Committer& committer,
                                   const config::Settings& settings, relay::Delivery& delivery,
                                   Log& log, SubmissionLimits limits)
    : loop_(loop),
      queue_(queue),
      settings_(settings),
      delivery_(delivery),
      log_(log),
      limits_(limits),
      committer_(committer),
      look_timer_(loop),
      finish_timer_(loop),
      listener_(net::Listener::on(loop, std::move(listening),
                                  [this](auto connection) { accept(std::move(connection)); })) {
  limits_.places = places_for(limits.places, kDescriptorsEach, kOtherDescriptors);
}

SubmissionServer::~SubmissionServer() = default;

void SubmissionServer::accept(std::unique_ptr<net::Connection> connection) {
  const auto peer = connection->credentials();
  if (!peer) return;
  if (clients_.size() >= 2 * limits_.places) see_off(clients_);
  const bool room = places_taken(clients_) < limits_.places || make_room(peer->uid);
  if (clients_.empty())
    look_timer_.start(std::min(kLook, limits_.silence), [this] { look_after(); });
  clients_.push_back(std::make_unique<Client>(*this, std::move(connection), peer->uid));
  if (!room) clients_.back()->refuse(busy(), true);
}

bool SubmissionServer::make_room(uid_t uid) {
  Client* const last = who_makes_room(clients_, uid, limits_.hospitality, sys::boot_now());
  if (last) last->refuse(busy(), true);
  return last != nullptr;
}

void SubmissionServer::forget(Client* client) {
  clients_.remove_if([client](const auto& other) { return other.get() == client; });
  finish_if_idle();
}

void SubmissionServer::look_after() {
  const Instant now = sys::boot_now();
  clients_.remove_if([now](const auto& client) { return !client->look_after(now); });
  finish_if_idle();
  if (!clients_.empty())
    look_timer_.start(std::min(kLook, limits_.silence), [this] { look_after(); });
}

void SubmissionServer::finish(Milliseconds within, std::function<void()> done) {
  finished_ = std::move(done);
  listener_.reset();
  finish_timer_.start(within, [this] {
    clients_.clear();
    finish_if_idle();
  });
  finish_if_idle();
}

void SubmissionServer::retire(std::function<void()> queued, std::function<void()> done) {
  queued_late_ = std::move(queued);
  finished_ = std::move(done);
  listener_.reset();
  finish_if_idle();
}

void SubmissionServer::finish_if_idle() {
  if (!finished_ || !clients_.empty()) return;
  finish_timer_.cancel();
  loop_.post(std::exchange(finished_, nullptr));
}

}  // namespace mailchute::mailchuted
