// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/format.h"

#include <algorithm>

#include "base/text.h"
#include "queue/fields.h"
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

constexpr std::size_t kMaxReply = 512;     // RFC 5321, 4.5.3.1.5: a reply line with its CRLF
constexpr std::size_t kLengthDigits = 20;  // any 64 bits

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
  return std::to_string(reply.recipient) + " " + host + " " +
         bounded(reply.text, limit - host.size());
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

// A length with all its digits, and the blank behind it.
std::optional<std::uint64_t> take_length(std::string_view& text) {
  const auto length = parse_number(text.substr(0, kLengthDigits));
  text.remove_prefix(kLengthDigits);
  return take(text, " ") ? length : std::nullopt;
}

std::optional<EntryLine> parse_entry_line(std::string_view line) {
  if (line.size() < kEntryLineLength || !take(line, kEntry)) return std::nullopt;
  const auto envelope = take_length(line);
  const auto message = take_length(line);
  if (!envelope || !message || *envelope > kMaxEnvelope) return std::nullopt;
  const auto digest = parse_digest(line.substr(0, 2 * sizeof(Digest)));
  if (!digest || line[2 * sizeof(Digest)] != '\n') return std::nullopt;
  return EntryLine{*envelope, *message, *digest};
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

}  // namespace mailchute::queue
