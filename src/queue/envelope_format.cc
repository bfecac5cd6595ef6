// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits>

#include "base/text.h"
#include "mail/envelope_words.h"
#include "queue/fields.h"
#include "queue/format.h"

namespace mailchute::queue {
namespace {

constexpr std::string_view kTime = "Mailchute-Time: ";
constexpr std::string_view kUid = "Mailchute-Uid: ";
constexpr std::string_view kSender = "Mailchute-Sender: ";
constexpr std::string_view kRecipient = "Mailchute-Recipient: ";
constexpr std::string_view kBadRecipient = "Mailchute-Bad-Recipient: ";
constexpr std::string_view kBody = "Mailchute-Body: ";
constexpr std::string_view kReturn = "Mailchute-Return: ";
constexpr std::string_view kEnvelopeId = "Mailchute-Envelope-Id: ";
constexpr std::string_view kWait = "Mailchute-Wait: ";
constexpr std::string_view kExpanded = " EXPANDED";
constexpr std::string_view kNotifyParameter = " NOTIFY=";
constexpr std::string_view kOriginalParameter = " ORCPT=";

constexpr std::size_t kTimeDigits = 11;  // up to the year 5138

// Words that are none are dropped: formatting again shows them.
mail::Notify parse_notify(std::string_view words) {
  mail::Notify notify;
  for (const auto word : split(words, ',')) {
    notify.never |= word == "NEVER";
    notify.success |= word == "SUCCESS";
    notify.failure |= word == "FAILURE";
    notify.delay |= word == "DELAY";
  }
  return notify;
}

constexpr mail::BodyType kBodies[] = {mail::BodyType::seven_bit, mail::BodyType::eight_bit_mime,
                                      mail::BodyType::binary_mime};
constexpr mail::Return kReturns[] = {mail::Return::full, mail::Return::headers};

// One of `values`, by its word.
template <class Values, class Value>
void take_word(std::string_view& text, std::string_view field, const Values& values,
               std::string_view (*word)(Value), Value& value) {
  const auto found = take_field(text, field);
  for (const Value each : values) {
    if (found && *found == word(each)) value = each;
  }
}

std::optional<mail::Recipient> parse_recipient(std::string_view text) {
  auto address = take_path(text);
  if (!address) return std::nullopt;
  mail::Recipient recipient{std::move(*address), {}, {}};
  recipient.expanded = take(text, kExpanded);
  if (take(text, kNotifyParameter)) {
    const auto words = text.substr(0, text.find(' '));
    recipient.notify = parse_notify(words);
    text.remove_prefix(words.size());
  }
  if (take(text, kOriginalParameter)) recipient.original = text;
  return recipient;
}

std::optional<mail::Recipient> parse_bad_recipient(std::string_view text) {
  auto written = take_path(text);
  auto defect = take(text, " ") ? unescaped(text) : std::nullopt;
  if (!written || !defect) return std::nullopt;
  return mail::Recipient{std::move(*written), {}, {}, std::move(*defect)};
}

// The next of them; nothing when there is no more, or it is malformed.
std::optional<mail::Recipient> take_recipient(std::string_view& text) {
  if (const auto line = take_field(text, kRecipient)) return parse_recipient(*line);
  const auto line = take_field(text, kBadRecipient);
  return line ? parse_bad_recipient(*line) : std::nullopt;
}

std::string format_recipient(const mail::Recipient& recipient) {
  const std::string path = format_path(recipient.address);
  if (!recipient.defect.empty()) {
    return std::string(kBadRecipient).append(path).append(" ").append(escaped(recipient.defect));
  }
  std::string out = std::string(kRecipient).append(path);
  if (recipient.expanded) out.append(kExpanded);
  const auto notify = mail::notify_words(recipient.notify);
  if (!notify.empty()) out.append(kNotifyParameter).append(notify);
  if (!recipient.original.empty()) out.append(kOriginalParameter).append(recipient.original);
  return out;
}

std::optional<mail::Envelope> take_envelope(std::string_view text) {
  mail::Envelope envelope;
  const auto time = parse_time(take_field(text, kTime).value_or(""));
  const auto uid = parse_uid(take_field(text, kUid).value_or(""));
  auto sender = take_field(text, kSender);
  auto path = sender ? take_path(*sender) : std::nullopt;
  if (!time || !uid || !path) return {};
  envelope.time = *time;
  envelope.uid = *uid;
  envelope.reverse_path = std::move(*path);
  while (auto recipient = take_recipient(text)) {
    if (envelope.recipients.size() == kMaxRecipients) return {};
    envelope.recipients.push_back(std::move(*recipient));
  }
  take_word(text, kBody, kBodies, mail::body_word, envelope.body);
  take_word(text, kReturn, kReturns, mail::return_word, envelope.ret);
  envelope.envelope_id = take_field(text, kEnvelopeId).value_or("");
  envelope.wait_for_queue_run = take_field(text, kWait).has_value();
  return envelope;
}

}  // namespace

Result<mail::Envelope> parse_envelope(std::string_view text) {
  auto envelope = take_envelope(text);
  if (!envelope || format_envelope(*envelope) != text) return malformed("envelope");
  if (auto checked = check_envelope(*envelope); !checked) return failure(checked.error());
  return std::move(*envelope);
}

std::string format_envelope(const mail::Envelope& envelope) {
  std::string out;
  out.append(kTime).append(format_time(envelope.time)).append("\n");
  out.append(kUid).append(std::to_string(envelope.uid)).append("\n");
  out.append(kSender).append(format_path(envelope.reverse_path)).append("\n");
  for (const auto& recipient : envelope.recipients) {
    out.append(format_recipient(recipient)).append("\n");
  }
  append_word(out, kBody, mail::body_word(envelope.body));
  append_word(out, kReturn, mail::return_word(envelope.ret));
  if (!envelope.envelope_id.empty())
    out.append(kEnvelopeId).append(envelope.envelope_id).append("\n");
  if (envelope.wait_for_queue_run) out.append(kWait).append("yes\n");
  return out;
}

std::string format_time(Time time) {
  const auto count = time.time_since_epoch().count();
  if (count < 0) return "-";
  const auto milliseconds = static_cast<std::uint64_t>(count);
  return std::to_string(milliseconds / 1000) + "." + padded(milliseconds % 1000, 3);
}

std::optional<Time> parse_time(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || dot > kTimeDigits || text.size() != dot + 4) return {};
  const auto seconds = parse_number(text.substr(0, dot));
  const auto milliseconds = parse_number(text.substr(dot + 1));
  if (!seconds || !milliseconds) return {};
  return Time(Milliseconds(*seconds * 1000 + *milliseconds));
}

}  // namespace mailchute::queue
