// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/submit.h"

#include "mail/display_name.h"
#include "queue/queue_id.h"
#include "sendmail/message_source.h"
#include "sendmail/way_in.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::sendmail {
namespace {

// Less than the daemon's patience with a client that says nothing.
constexpr Milliseconds kSignOfLife{10000};

// Into the queue, up to the limit (octets; 0: none).
class Sink {
 public:
  Sink(WayIn& way, std::uint64_t limit) : way_(way), limit_(limit) {}

  Result<> write(std::string_view text) {
    if (limit_ != 0 && way_.message_length() + text.size() > limit_) {
      return failure(Error::Kind::data, "message larger than " + std::to_string(limit_) +
                                            " octets (message_size_limit)");
    }
    return way_.write(text);
  }

  // A daemon that is in the middle of this message hears from us while the caller is thinking.
  void wait_for(const MessageSource& source) {
    while (way_.streaming() && !source.wait(kSignOfLife)) way_.keep_alive();
  }

 private:
  WayIn& way_;
  std::uint64_t limit_;
};

// Reads until the body begins.
Result<> read_header(MessageSource& source, mail::HeaderReader& reader) {
  while (!reader.ended()) {
    const auto text = source.next();
    if (!text) return failure(text.error());
    if (text->empty()) {
      reader.finish();
    } else if (auto fed = reader.feed(*text); !fed) {
      return fed;
    }
  }
  return {};
}

mail::Surroundings surroundings(const config::Settings& settings, std::uint32_t uid, Time now,
                                const std::string& id, bool with_login) {
  mail::Surroundings at;
  at.hostname = settings.hostname;
  at.domain = settings.domain;
  at.uid = uid;
  at.queue_id = id;
  at.now = now;
  at.utc_offset = sys::utc_offset(now);
  if (with_login) {
    const sys::Account account = sys::account_of(uid);
    at.login = account.login;
    at.gecos_name = mail::full_name_from_gecos(account.gecos, account.login);
  }
  return at;
}

Result<> copy_body(MessageSource& source, std::string_view start, Sink& sink) {
  Result<std::string_view> text = start;
  do {
    if (auto written = sink.write(*text); !written) return written;
    sink.wait_for(source);
    text = source.next();
    if (!text) return failure(text.error());
  } while (!text->empty());
  return {};
}

}  // namespace

Result<Submitted> submit(const Options& options, const config::Settings& settings, int input,
                         std::uint32_t uid, Time now) {
  auto way = WayIn::open(settings, queue::new_queue_id());
  if (!way) return failure(way.error());
  MessageSource source(input, options.ignore_dots || settings.ignore_dots);
  mail::HeaderReader reader;
  if (auto read = read_header(source, reader); !read) return failure(read.error());

  const bool with_login = mail::needs_login(reader.header(), options.request);
  auto submission = mail::prepare(reader.header(), options.request,
                                  surroundings(settings, uid, now, way->id(), with_login));
  if (!submission) return failure(submission.error());

  Sink sink(*way, settings.message_size_limit);
  if (auto begun = way->begin(submission->envelope); !begun) return failure(begun.error());
  if (auto head = sink.write(submission->header); !head) return failure(head.error());
  if (auto body = copy_body(source, reader.body(), sink); !body) return failure(body.error());
  if (auto committed = way->commit(); !committed) return failure(committed.error());
  return Submitted{way->id(), std::move(submission->envelope), std::move(submission->bad)};
}

}  // namespace mailchute::sendmail
