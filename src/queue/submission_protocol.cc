// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/submission_protocol.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

constexpr std::string_view kProtocol = "MAILCHUTE ";
constexpr std::string_view kVersion = "1";
constexpr std::string_view kSubmit = "SUBMIT ";
constexpr std::string_view kAsk = "ASK ";
constexpr std::string_view kData = "DATA ";
constexpr std::string_view kEnd = "END ";
constexpr std::string_view kGo = "GO ";
constexpr std::string_view kOk = "OK ";
constexpr std::string_view kError = "ERROR ";
constexpr std::string_view kBusy = "busy";

// The longest is END with a length and a digest, or a first line with an id and a length.
constexpr std::size_t kMaxLine = 80;
constexpr std::size_t kMaxText = 400;  // of an error; escaped it may grow fourfold

struct KindWord {
  Error::Kind kind;
  std::string_view word;
};
// What an error means to the one who submits; what happened inside the daemon is its own trouble,
// which may pass.
constexpr KindWord kKinds[] = {{Error::Kind::data, "data"},
                               {Error::Kind::temporary, "temporary"},
                               {Error::Kind::full, "full"},
                               {Error::Kind::rejected, "rejected"},
                               {Error::Kind::protocol, "protocol"}};

std::string_view word_of(Error::Kind kind) {
  for (const auto& [known, word] : kKinds) {
    if (known == kind) return word;
  }
  return "temporary";
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

tl::unexpected<Error> not_understood(std::string_view line) {
  return failure(Error::Kind::protocol, "not understood: " + escaped(line.substr(0, kMaxLine)));
}

SubmissionAnswer error_answer(Error::Kind kind, std::string text) {
  return {SubmissionAnswer::What::error, Error{kind, std::move(text)}};
}

}  // namespace

std::string format_submit(std::string_view id, std::uint64_t envelope_length) {
  std::string line(kProtocol);
  line.append(kVersion).append(" ").append(kSubmit).append(id).append(" ");
  return line.append(std::to_string(envelope_length)).append("\n");
}

std::string format_ask(std::string_view id) {
  std::string line(kProtocol);
  return line.append(kVersion).append(" ").append(kAsk).append(id).append("\n");
}

std::string format_data(std::uint64_t length) {
  return std::string(kData).append(std::to_string(length)).append("\n");
}

std::string format_end(std::uint64_t message_length, const Digest& digest) {
  const auto* octets = reinterpret_cast<const char*>(digest.data());
  std::string line(kEnd);
  line.append(std::to_string(message_length)).append(" ");
  return line.append(to_hex(std::string_view(octets, digest.size()))).append("\n");
}

std::string format_go(std::string_view id) { return std::string(kGo).append(id).append("\n"); }

std::string format_ok(std::string_view id) { return std::string(kOk).append(id).append("\n"); }

std::string format_error(const Error& error, bool busy) {
  std::string line(kError);
  line.append(busy ? kBusy : word_of(error.kind)).append(" ");
  return line.append(escaped(error.text.substr(0, kMaxText))).append("\n");
}

SubmissionAnswer parse_answer(std::string_view line, std::string_view id) {
  using What = SubmissionAnswer::What;
  if (line == std::string(kGo).append(id)) return {What::go};
  if (line == std::string(kOk).append(id)) return {What::ok};
  std::string_view rest = line;
  if (take(rest, kError)) {
    const auto word = take_word(rest);
    auto text = unescaped(rest).value_or(std::string(rest));
    if (word == kBusy) return {What::busy, {Error::Kind::temporary, std::move(text)}};
    for (const auto& known : kKinds) {
      if (known.word == word) return error_answer(known.kind, std::move(text));
    }
  }
  return error_answer(Error::Kind::protocol, "mailchuted's answer is not understood: " +
                                                 escaped(line.substr(0, kMaxLine)));
}

Result<SubmissionReader::Event> SubmissionReader::next(std::string_view& input) {
  if (stage_ == Stage::over || input.empty()) return More{};
  if (stage_ == Stage::envelope) return take_envelope(input);
  if (stage_ == Stage::octets) {
    const auto octets = input.substr(0, left_);
    input.remove_prefix(octets.size());
    left_ -= octets.size();
    if (left_ == 0) stage_ = Stage::line;
    return Octets{octets};
  }
  const auto end = input.substr(0, kMaxLine).find('\n');
  const auto taken = std::min(end == input.npos ? input.size() : end + 1, kMaxLine - held_.size());
  held_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  if (held_.ends_with('\n')) {
    const std::string line = std::exchange(held_, {});
    auto event = on_line(std::string_view(line).substr(0, line.size() - 1));
    if (!event) stage_ = Stage::over;
    return event;
  }
  if (held_.size() < kMaxLine) return More{};
  stage_ = Stage::over;
  return not_understood(held_);
}

Result<SubmissionReader::Event> SubmissionReader::on_line(std::string_view line) {
  if (stage_ == Stage::first_line) return on_first_line(line);
  std::string_view words = line;
  if (take(words, kEnd)) return on_end(words);
  if (!take(words, kData)) return not_understood(line);
  const auto length = parse_number(words);
  if (!length || *length > kMaxPiece) return not_understood(line);
  left_ = *length;
  message_length_ += left_;
  if (left_ > 0) stage_ = Stage::octets;
  return More{};
}

Result<SubmissionReader::Event> SubmissionReader::on_first_line(std::string_view line) {
  std::string_view words = line;
  if (!take(words, kProtocol)) return not_understood(line);
  if (take_word(words) != kVersion) {
    return failure(Error::Kind::temporary,
                   "mailchuted speaks version 1 of the submission protocol, this sendmail another; "
                   "after an upgrade, restart mailchuted");
  }
  if (take(words, kAsk)) {
    if (!is_queue_id(words)) return not_understood(line);
    stage_ = Stage::over;
    return Ask{std::string(words)};
  }
  if (!take(words, kSubmit)) return not_understood(line);
  std::string id(take_word(words));
  const auto length = parse_number(words);
  if (!is_queue_id(id) || !length) return not_understood(line);
  if (*length == 0 || *length > kMaxEnvelope) {
    return failure(Error::Kind::data, "the envelope is too long, or empty");
  }
  envelope_length_ = *length;
  stage_ = Stage::envelope;
  return Announced{std::move(id), envelope_length_};
}

Result<SubmissionReader::Event> SubmissionReader::take_envelope(std::string_view& input) {
  const auto octets = input.substr(0, envelope_length_ - held_.size());
  held_.append(octets);
  input.remove_prefix(octets.size());
  if (held_.size() < envelope_length_) return More{};
  auto envelope = parse_envelope(std::exchange(held_, {}));
  stage_ = envelope ? Stage::line : Stage::over;
  if (!envelope) return failure(std::move(envelope.error()));
  return Begin{std::move(*envelope)};
}

Result<SubmissionReader::Event> SubmissionReader::on_end(std::string_view words) {
  const auto length = parse_number(take_word(words));
  const auto digest = parse_digest(words);
  if (!length || !digest) return not_understood(std::string(kEnd) + std::string(words));
  if (*length != message_length_) {
    return failure(Error::Kind::protocol, "the message has another length than END says");
  }
  stage_ = Stage::over;
  return End{{envelope_length_, *length, *digest}};
}

}  // namespace mailchute::queue
