// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/format.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "mail/envelope_words.h"
#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

constexpr std::string_view kStatus = "Mailchute-Status: ";
constexpr std::string_view kOwner = "Mailchute-Owner: ";
constexpr std::string_view kNotification = "Mailchute-Notification: ";
constexpr std::string_view kDelay = "Mailchute-Delay: ";
constexpr std::string_view kReply = "Mailchute-Reply: ";
constexpr std::string_view kDigestOf = "Mailchute-Digest-Of: ";
constexpr std::string_view kHeld = "Mailchute-Held: ";
constexpr std::string_view kEntry = "Mailchute-Entry: 1 ";
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

constexpr std::size_t kMaxReply = 512;     // RFC 5321, 4.5.3.1.5: a reply line with its CRLF
constexpr std::size_t kTimeDigits = 11;    // up to the year 5138
constexpr std::size_t kLengthDigits = 20;  // any 64 bits

tl::unexpected<Error> malformed(std::string_view what) {
  return failure(Error::Kind::data, "malformed entry: " + std::string(what));
}

// A line without its LF; nothing when there is no LF.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The value of a field that stands at the front.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  std::string_view rest = text;
  if (!take(rest, name)) return std::nullopt;
  const auto value = take_line(rest);
  if (value) text = rest;
  return value;
}

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

// --- The parts of an envelope

// Escaped, and a '>' as well, so that the first one ends the path.
std::string format_path(std::string_view address) {
  std::string out = "<";
  for (const char c : escaped(address)) c == '>' ? out.append("\\x3e") : out.append(1, c);
  return out.append(">");
}

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

void append_word(std::string& out, std::string_view field, std::string_view word) {
  if (!word.empty()) out.append(field).append(word).append("\n");
}

// One of `values`, by its word.
template <class Values, class Value>
void take_word(std::string_view& text, std::string_view field, const Values& values,
               std::string_view (*word)(Value), Value& value) {
  const auto found = take_field(text, field);
  for (const Value each : values) {
    if (found && *found == word(each)) value = each;
  }
}

std::optional<std::string> take_path(std::string_view& text) {
  if (!take(text, "<")) return std::nullopt;
  const auto path = text.substr(0, text.find('>'));
  if (path.size() == text.size()) return std::nullopt;
  text.remove_prefix(path.size() + 1);
  return unescaped(path);
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

std::optional<std::uint32_t> parse_uid(std::string_view text) {
  const auto uid = parse_number(text);
  if (!uid || *uid > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*uid);
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

// --- What stands before the Entry line

// Escaped, in at most `limit` octets.
std::string bounded(std::string_view reply, std::size_t limit) {
  auto text = escaped(reply.substr(0, limit));
  return text.size() <= limit ? text : escaped(reply.substr(0, limit / 4));
}

std::optional<Reply> parse_reply(std::string_view text) {
  const auto digits = text.substr(0, text.find(' '));
  const auto recipient = parse_number(digits);
  text.remove_prefix(digits.size());
  auto host = take(text, " ") ? take_path(text) : std::nullopt;
  auto words = take(text, " ") ? unescaped(text) : std::nullopt;
  if (!recipient || !host || !words) return std::nullopt;
  return Reply{static_cast<std::size_t>(*recipient), std::move(*words), std::move(*host)};
}

// A host that takes more than half of the room is left out.
std::string format_reply(const Reply& reply, std::size_t limit) {
  std::string host = format_path(reply.host);
  if (host.size() > limit / 2) host = "<>";
  return std::to_string(reply.recipient) + " " + host + " " + bounded(reply.text, limit - host.size());
}

std::optional<std::vector<std::string>> parse_ids(std::optional<std::string_view> text) {
  std::vector<std::string> ids;
  if (!text) return ids;
  for (const std::string_view word : split(*text, ' ')) {
    ids.emplace_back(word);
    if (ids.size() > kMaxDigest || !is_queue_id(ids.back())) return std::nullopt;
  }
  return ids;
}

bool is_status(std::string_view octets) {
  return octets.find_first_not_of("-?+!~") == std::string_view::npos;
}

constexpr std::string_view kOwed = "owed";
constexpr std::string_view kTold = "told";

DelayNotice parse_delay(std::string_view word) {
  if (word == kOwed) return DelayNotice::owed;
  return word == kTold ? DelayNotice::told : DelayNotice::none;
}

std::string_view delay_word(DelayNotice delay) {
  switch (delay) {
    case DelayNotice::none: return "";
    case DelayNotice::owed: return kOwed;
    case DelayNotice::told: return kTold;
  }
  return "";
}

std::optional<Progress> parse_progress(std::string_view text) {
  Progress progress;
  progress.status = take_field(text, kStatus).value_or("");
  progress.owner = parse_uid(take_field(text, kOwner).value_or("")).value_or(0);
  progress.notification = take_field(text, kNotification).value_or("");
  progress.delay = parse_delay(take_field(text, kDelay).value_or(""));
  while (const auto line = take_field(text, kReply)) {
    auto reply = parse_reply(*line);
    if (!reply || reply->recipient >= progress.status.size()) return {};
    if (progress.replies.size() == progress.status.size()) return {};
    progress.replies.push_back(std::move(*reply));
  }
  auto digest_of = parse_ids(take_field(text, kDigestOf));
  if (!digest_of) return {};
  progress.digest_of = std::move(*digest_of);
  auto held = unescaped(take_field(text, kHeld).value_or(""));
  if (!held || !is_status(progress.status)) return {};
  if (!progress.notification.empty() && !is_queue_id(progress.notification)) return {};
  progress.held = std::move(*held);
  return progress;
}

// Where the Entry line begins; npos when it is not in sight.
std::size_t find_entry_line(std::string_view start) {
  if (start.starts_with(kEntry)) return 0;
  const auto newline = start.find("\n" + std::string(kEntry));
  return newline == std::string_view::npos ? newline : newline + 1;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct EntryLine {
  std::uint64_t envelope;
  std::uint64_t message;
  Digest digest;
};

std::optional<EntryLine> parse_entry_line(std::string_view line) {
  if (line.size() < kEntryLineLength) return std::nullopt;
  const auto envelope = parse_number(line.substr(kEntry.size(), kLengthDigits));
  const auto message = parse_number(line.substr(kEntry.size() + kLengthDigits + 1, kLengthDigits));
  if (!envelope || !message || *envelope > kMaxEnvelope) return std::nullopt;
  const std::size_t hex = kEntry.size() + 2 * (kLengthDigits + 1);
  const auto digest = parse_digest(line.substr(hex, 2 * sizeof(Digest)));
  if (!digest) return std::nullopt;
  const EntryLine entry{*envelope, *message, *digest};
  const auto canonical = format_entry_line(entry.envelope, entry.message, entry.digest);
  return line.starts_with(canonical) ? std::optional(entry) : std::nullopt;
}

}  // namespace

std::optional<Digest> parse_digest(std::string_view hex) {
  Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

Result<mail::Envelope> parse_envelope(std::string_view text) {
  auto envelope = take_envelope(text);
  if (!envelope || format_envelope(*envelope) != text) return malformed("envelope");
  if (auto checked = check_envelope(*envelope); !checked) return failure(checked.error());
  return std::move(*envelope);
}

std::string format_progress(const Progress& progress) {
  if (progress.status.empty()) return {};
  // Beside host and reply a Reply line needs the octet of status, the name, and the index.
  const std::size_t limit = std::min(kMaxReply, kMaxProgress / progress.status.size() - 48);
  std::string out;
  out.append(kStatus).append(progress.status).append("\n");
  out.append(kOwner).append(std::to_string(progress.owner)).append("\n");
  if (!progress.notification.empty()) {
    out.append(kNotification).append(progress.notification).append("\n");
  }
  append_word(out, kDelay, delay_word(progress.delay));
  for (const Reply& reply : progress.replies) {
    out.append(kReply).append(format_reply(reply, limit)).append("\n");
  }
  for (std::size_t i = 0; i < progress.digest_of.size(); ++i) {
    out.append(i == 0 ? kDigestOf : " ").append(progress.digest_of[i]);
  }
  if (!progress.digest_of.empty()) out.append("\n");
  if (!progress.held.empty()) out.append(kHeld).append(bounded(progress.held, limit)).append("\n");
  return out;
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

std::string format_entry_line(std::uint64_t envelope, std::uint64_t message, const Digest& digest) {
  std::string out(kEntry);
  out.append(padded(envelope, kLengthDigits)).append(" ");
  out.append(padded(message, kLengthDigits)).append(" ");
  const auto* octets = reinterpret_cast<const char*>(digest.data());
  return out.append(to_hex(std::string_view(octets, digest.size()))).append("\n");
}

Result<std::uint64_t> head_length(std::string_view start) {
  const auto entry = find_entry_line(start);
  if (entry == std::string_view::npos) {
    const auto begun = start.substr(0, kStatus.size());
    const bool possible = kStatus.starts_with(begun) || kEntry.starts_with(start);
    if (!possible && begun != kStatus) return malformed("no Mailchute-Entry line");
    if (start.size() > kMaxProgress + kEntry.size()) return malformed("endless head");
    return 0;
  }
  if (start.size() - entry < kEntryLineLength) return 0;
  const auto line = parse_entry_line(start.substr(entry));
  if (!line || entry > kMaxProgress) return malformed("Mailchute-Entry line");
  return entry + kEntryLineLength + line->envelope;
}

Result<Head> parse_head(std::string_view start, std::uint64_t file_size) {
  const auto length = head_length(start);
  if (!length) return failure(length.error());
  if (*length == 0 || *length > start.size()) return malformed("cut short");
  const auto entry_offset = find_entry_line(start);
  const auto line = parse_entry_line(start.substr(entry_offset));
  if (!line || *length > file_size || line->message != file_size - *length) {
    return malformed("its lengths do not add up to its size");
  }
  Head head;
  head.status_offset = kStatus.size();
  head.envelope_offset = entry_offset + kEntryLineLength;
  head.message_offset = *length;
  head.message_length = line->message;
  head.digest = line->digest;

  const auto progress_text = start.substr(0, entry_offset);
  auto progress = parse_progress(progress_text);
  if (!progress || format_progress(*progress) != progress_text) return malformed("status");
  auto envelope = parse_envelope(start.substr(head.envelope_offset, line->envelope));
  if (!envelope) return failure(std::move(envelope.error()));
  if (!progress->status.empty() && progress->status.size() != envelope->recipients.size()) {
    return malformed("status of other recipients");
  }
  head.progress = std::move(*progress);
  head.envelope = std::move(*envelope);
  return head;
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
