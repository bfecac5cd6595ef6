// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/smtp_server.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/text.h"
#include "mail/intake.h"
#include "queue/queue_id.h"
#include "sendmail/mail_queue.h"
#include "sendmail/surroundings.h"
#include "sendmail/way_in.h"
#include "smtp/server_session.h"
#include "sys/clock.h"

namespace mailchute::sendmail {
namespace {

using Session = smtp::ServerSession;

// At a pipe nobody insists on EHLO, and lines end as the client's files have it.
smtp::ServerOptions offer(const config::Settings& settings) {
  smtp::ServerOptions options;
  options.hostname = settings.hostname;
  options.offered.pipelining = options.offered.eight_bit_mime = true;
  options.offered.enhanced_status_codes = options.offered.chunking = true;
  options.offered.smtp_utf8 = options.offered.dsn = options.offered.size = true;
  options.offered.size_limit = settings.message_size_limit;
  options.greeting_required = false;
  options.lf_allowed = true;
  options.consulted = {"ETRN"};
  return options;
}

bool ready(int fd, short event, Milliseconds span) {
  pollfd watched{fd, event, 0};
  return ::poll(&watched, 1, static_cast<int>(span.count())) > 0;
}

Error io_error(std::string_view verb, std::string_view object) {
  Error error = Error::from_errno(verb, object);
  error.kind = Error::Kind::io;
  return error;
}

// RFC 1985, 5.3. All mail goes to the same smart host, so that any node's wakes the whole queue.
smtp::Reply start_queue(const config::Settings& settings, std::string_view node) {
  if (node.empty()) return {501, {"5.5.4 Syntax: ETRN node"}};
  const auto answer = retry(settings, {});
  if (answer) return {250, {"2.0.0 The queue is started: " + escaped(*answer)}};
  const bool forbidden = answer.error().kind == Error::Kind::rejected;
  return {forbidden ? 459 : 458,
          {(forbidden ? "4.7.1 " : "4.3.0 ") + escaped(answer.error().text)}};
}

// A message on its way into the queue. The intake borrows the way.
struct Incoming {
  Incoming(WayIn the_way, mail::Intake::Prepare prepare)
      : way(std::move(the_way)), intake(std::move(prepare), way) {}
  Incoming(const Incoming&) = delete;

  WayIn way;
  mail::Intake intake;
};

class SmtpServer {
 public:
  SmtpServer(const SmtpStreams& streams, const Options& options, const config::Settings& settings,
             std::uint32_t uid, Report& report)
      : streams_(streams),
        options_(options),
        settings_(settings),
        uid_(uid),
        report_(report),
        session_(offer(settings)) {}

  Result<> run() {
    for (;;) {
      if (auto followed = follow(); !followed) return followed;
      if (over_) return {};
      const auto heard = hear();
      if (!heard) return failure(heard.error());
      if (!*heard) return end_of_input();
    }
  }

 private:
  Result<> follow();
  Result<bool> hear();
  Result<> end_of_input() const;
  bool wait_for_input();
  Result<> say(std::string_view octets);

  Result<> act(const Session::Send& send) { return say(send.octets); }
  Result<> act(const Session::StartTls&) { return {}; }  // not offered, as the next
  Result<> act(const Session::CheckPassword&) { return {}; }
  Result<> act(const Session::Consult& etrn);
  Result<> act(const Session::BeginMessage& begin);
  Result<> act(const Session::MessageOctets& octets);
  Result<> act(const Session::EndMessage&);
  Result<> act(const Session::AbandonMessage&);
  Result<> act(const Session::Close&);
  Result<std::string> store();

  const SmtpStreams& streams_;
  const Options& options_;
  const config::Settings& settings_;
  std::uint32_t uid_;
  Report& report_;
  Session session_;
  bool over_ = false;
  bool in_message_ = false;
  std::optional<Incoming> message_;
  Error trouble_{};  // why there is none
  std::array<char, 64 << 10> buffer_;
};

Result<> SmtpServer::follow() {
  Result<> done;
  while (auto action = session_.next()) {
    done = std::visit([this](const auto& what) { return act(what); }, *action);
    if (!done) break;
  }
  return done;
}

// False at the end of the input.
Result<bool> SmtpServer::hear() {
  if (!wait_for_input()) {
    session_.on_timeout();
    return true;
  }
  const ssize_t got = ::read(streams_.input, buffer_.data(), buffer_.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got < 0) return failure(io_error("read", "standard input"));
  session_.on_octets({buffer_.data(), static_cast<std::size_t>(got)});
  return got > 0;
}

bool SmtpServer::wait_for_input() {
  for (Milliseconds left = streams_.patience; left > Milliseconds(0); left -= WayIn::kSignOfLife) {
    if (ready(streams_.input, POLLIN, std::min(left, WayIn::kSignOfLife))) return true;
    if (message_ && message_->way.streaming()) message_->way.keep_alive();
  }
  return false;
}

Result<> SmtpServer::end_of_input() const {
  if (!in_message_) return {};
  return failure(Error::Kind::io,
                 "the input ended in the middle of a message, which is not queued");
}

// In pieces that a pipe has room for whenever it has any. Who goes without listening is gone.
Result<> SmtpServer::say(std::string_view octets) {
  while (!octets.empty()) {
    if (!ready(streams_.output, POLLOUT, streams_.patience)) {
      return failure(Error::Kind::io, "the client reads no replies");
    }
    const auto piece = octets.substr(0, PIPE_BUF);
    const ssize_t written = ::write(streams_.output, piece.data(), piece.size());
    if (written >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE && !in_message_) {
      over_ = true;
      return {};
    } else if (errno != EAGAIN && errno != EINTR) {
      return failure(io_error("write", "standard output"));
    }
  }
  return {};
}

Result<> SmtpServer::act(const Session::Consult& etrn) {
  session_.on_verdict(start_queue(settings_, etrn.argument));
  return {};
}

Result<> SmtpServer::act(const Session::BeginMessage& begin) {
  in_message_ = true;
  auto way = WayIn::open(settings_, queue::new_queue_id());
  if (!way) {
    trouble_ = std::move(way.error());
    return {};
  }
  const auto at = surroundings(settings_, uid_, sys::now(), way->id(), false);
  auto envelope = begin.envelope;
  envelope.wait_for_queue_run = options_.request.wait_for_queue_run;
  message_.emplace(std::move(*way),
                   [at, envelope, protocol = begin.protocol](const mail::Header& header) {
                     return mail::prepare(header, envelope, protocol, at);
                   });
  return {};
}

Result<> SmtpServer::act(const Session::MessageOctets& octets) {
  if (!message_) return {};
  if (auto fed = message_->intake.feed(octets.text); !fed) {
    trouble_ = std::move(fed.error());
    message_.reset();
  }
  return {};
}

Result<std::string> SmtpServer::store() {
  if (!message_) return failure(trouble_);
  if (auto finished = message_->intake.finish(); !finished) return failure(finished.error());
  if (auto committed = message_->way.commit(); !committed) return failure(committed.error());
  return message_->way.id();
}

Result<> SmtpServer::act(const Session::EndMessage&) {
  const auto stored = store();
  if (!stored) report_.problem(stored.error().text);
  if (stored && options_.verbose) report_.queued(*stored, message_->intake.submission().envelope);
  in_message_ = false;
  message_.reset();
  session_.on_message_stored(stored);
  return {};
}

Result<> SmtpServer::act(const Session::AbandonMessage&) {
  in_message_ = false;
  message_.reset();
  return {};
}

Result<> SmtpServer::act(const Session::Close&) {
  over_ = true;
  return {};
}

}  // namespace

Result<> serve_smtp(const SmtpStreams& streams, const Options& options,
                    const config::Settings& settings, std::uint32_t uid, Report& report) {
  return SmtpServer(streams, options, settings, uid, report).run();
}

}  // namespace mailchute::sendmail
