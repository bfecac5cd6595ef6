// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/submit.h"

#include "mail/display_name.h"
#include "queue/entry_writer.h"
#include "queue/queue_id.h"
#include "sendmail/message_source.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::sendmail {
namespace {

// Into the queue, up to the limit (octets; 0: none).
class Sink {
 public:
  Sink(queue::EntryWriter& writer, std::uint64_t limit) : writer_(writer), limit_(limit) {}

  Result<> write(std::string_view text) {
    if (limit_ != 0 && writer_.message_length() + text.size() > limit_) {
      return failure(Error::Kind::data, "message larger than " + std::to_string(limit_) +
                                            " octets (message_size_limit)");
    }
    return writer_.write(text);
  }

 private:
  queue::EntryWriter& writer_;
  std::uint64_t limit_;
};

Result<queue::EntryWriter> open_queue(const std::string& directory) {
  auto writer = queue::EntryWriter::create(directory, queue::new_queue_id());
  if (!writer && writer.error().kind == Error::Kind::unavailable) {
    writer.error().text += "; there is no queue, start mailchuted once to make it";
  }
  return writer;
}

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
    text = source.next();
    if (!text) return failure(text.error());
  } while (!text->empty());
  return {};
}

}  // namespace

Result<Submitted> submit(const Options& options, const config::Settings& settings, int input,
                         std::uint32_t uid, Time now) {
  auto writer = open_queue(settings.queue_directory);
  if (!writer) return failure(writer.error());
  MessageSource source(input, options.ignore_dots || settings.ignore_dots);
  mail::HeaderReader reader;
  if (auto read = read_header(source, reader); !read) return failure(read.error());

  const bool with_login = mail::needs_login(reader.header(), options.request);
  auto submission = mail::prepare(reader.header(), options.request,
                                  surroundings(settings, uid, now, writer->id(), with_login));
  if (!submission) return failure(submission.error());

  Sink sink(*writer, settings.message_size_limit);
  if (auto begun = writer->begin(submission->envelope); !begun) return failure(begun.error());
  if (auto head = sink.write(submission->header); !head) return failure(head.error());
  if (auto body = copy_body(source, reader.body(), sink); !body) return failure(body.error());
  if (auto committed = writer->commit(); !committed) return failure(committed.error());
  return Submitted{writer->id(), std::move(submission->envelope), std::move(submission->bad)};
}

}  // namespace mailchute::sendmail
