// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/collection.h"

#include <algorithm>

#include "base/text.h"
#include "mail/date.h"
#include "mail/display_name.h"
#include "mail/encoded_word.h"
#include "mail/folding.h"
#include "mail/header.h"
#include "mail/message_id.h"
#include "mail/plain_text.h"
#include "mail/quoted_printable.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kMaxField = 16 << 10;  // a To that is longer is left out

// Neither is the beginning of the other.
std::string outer(const Collection& collection) { return "=_" + collection.id; }
std::string inner(const Collection& collection) { return "=_d" + collection.id; }

// Of the first message, as far as it is fit to be sent: who wrote it, and to whom.
std::string copied_fields(std::string_view header) {
  HeaderReader reader;
  std::string out;
  if (!reader.feed(header)) return out;
  reader.finish();
  for (const char* name : {"From", "Sender", "Reply-To", "To", "Cc"}) {
    const auto& fields = reader.header().fields;
    const auto field =
        std::find_if(fields.begin(), fields.end(), [name](const Field& f) { return f.is(name); });
    if (field == fields.end() || field->raw.size() > kMaxField) continue;
    out += refolded(field->raw).value_or("");
  }
  return out;
}

std::string subject_field(const Collection& collection) {
  const std::string count = "[" + std::to_string(collection.messages.size()) + "x]";
  const std::string& subject = collection.messages.front().subject;
  if (subject.empty()) return folded_field("Subject", count);
  // What looks like an encoded word must not become one.
  if (is_printable_ascii(subject) && subject.find("=?") == std::string::npos) {
    return folded_field("Subject", count + " " + subject);
  }
  return "Subject: " + count + "\n " + format_display_name(subject) + "\n";
}

std::string header(const Collection& collection) {
  const std::string host = safe_domain(collection.hostname);
  std::string out = copied_fields(collection.header);
  if (!starts_with_ignoring_case(out, "From")) out.insert(0, "From: MAILER-DAEMON@" + host + "\n");
  out += subject_field(collection);
  out += "Date: " + format_date(collection.now, collection.utc_offset) + "\n";
  out += "Message-ID: " + make_message_id(collection.now, collection.id, host) + "\n";
  out += "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n";
  out += "Content-Type: multipart/mixed; boundary=\"" + outer(collection) + "\"\n";
  if (collection.eight_bit) out += "Content-Transfer-Encoding: 8bit\n";
  return out;
}

std::string list(const Collection& collection) {
  std::string out;
  const std::string& first = collection.messages.front().subject;
  for (std::size_t i = 0; i < collection.messages.size(); ++i) {
    const auto& message = collection.messages[i];
    out += std::to_string(i + 1) + ". " + format_date(message.arrival, collection.utc_offset) +
           ", " + std::to_string(message.octets) + " octets, " + message.id + "\n";
    if (message.subject != first) out += "   " + message.subject + "\n";
  }
  return out;
}

std::string words(const Collection& collection) {
  const auto at = [&](const auto& message) {
    return format_date(message.arrival, collection.utc_offset);
  };
  const std::string within = format_seconds(static_cast<std::uint64_t>(collection.within.count()));
  const auto& first = collection.messages.front();
  const bool same =
      std::all_of(collection.messages.begin(), collection.messages.end(),
                  [&](const auto& message) { return message.subject == first.subject; });
  std::string out = wrapped("These " + std::to_string(collection.messages.size()) +
                            " messages have the same sender, recipients and " +
                            (same ? "" : "(but for numbers) ") + "subject. User " +
                            collection.user + " on " + collection.hostname + " sent them from " +
                            at(first) + " to " + at(collection.messages.back()) + ".");
  out += "\n" +
         wrapped(
             "They are attached, each as it was: nothing is missing. They come in one message so "
             "that they "
             "do not bury all other mail: of messages that are alike, those beyond " +
             std::to_string(collection.above) + " within " + within +
             " are held back for as long and then sent together. The settings are digest_above, "
             "digest_within and digests, which is \"off\" to turn it off, in the group storms of "
             "mailchute.conf on " +
             collection.hostname + ".");
  return out + "\n" + list(collection);
}

std::string text_part(const std::string& text) {
  if (is_seven_bit(text)) return "Content-Type: text/plain; charset=us-ascii\n\n" + text;
  return "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
         "quoted-printable\n\n" +
         quoted_printable(text);
}

std::string labelled(const Collection& collection, std::string fields) {
  if (collection.eight_bit) fields += "Content-Transfer-Encoding: 8bit\n";
  return fields + "\n";
}

}  // namespace

std::string collection_head(const Collection& collection) {
  const std::string delimiter = "\n--" + outer(collection) + "\n";
  return header(collection) + delimiter + text_part(words(collection)) + delimiter +
         labelled(collection,
                  "Content-Type: multipart/digest; boundary=\"" + inner(collection) + "\"\n");
}

// RFC 2045, 6.4: a message inside another is never encoded, only said to be of eight bits.
std::string collection_part(const Collection& collection) {
  return "\n--" + inner(collection) + "\n" + labelled(collection, "Content-Type: message/rfc822\n");
}

std::string collection_tail(const Collection& collection) {
  return "\n--" + inner(collection) + "--\n\n--" + outer(collection) + "--\n";
}

std::string plain_subject(std::string_view text) {
  HeaderReader reader;
  if (!reader.feed(text)) return "";
  reader.finish();
  for (const Field& field : reader.header().fields) {
    if (!field.is("Subject")) continue;
    return one_line(decode_unstructured(field.body()).value_or(escaped(field.body())));
  }
  return "";
}

}  // namespace mailchute::mail
