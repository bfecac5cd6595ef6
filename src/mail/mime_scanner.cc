// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_scanner.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mail/folding.h"
#include "mail/header.h"

namespace mailchute::mail {
namespace {

// Real mail is nested less than ten deep; other programs stop at 100 or so.
constexpr std::size_t kMaxDepth = 50;
// RFC 2046, 5.1.1, has 70 octets; longer ones exist.
constexpr std::size_t kMaxBoundary = 250;
// With its dashes, and blanks behind it.
constexpr std::size_t kMaxDelimiter = 998;

using Kind = PartHead::Kind;

// "--boundary", "--" once more behind the last part, and nothing but blanks (RFC 2046, 5.1.1).
enum class Match { none, next, last };
Match match(std::string_view line, std::string_view boundary) {
  if (boundary.empty() || line.substr(2, boundary.size()) != boundary) return Match::none;
  line.remove_prefix(2 + boundary.size());
  const bool last = line.starts_with("--");
  if (last) line.remove_prefix(2);
  if (!trim(line).empty()) return Match::none;
  return last ? Match::last : Match::next;
}

bool is_sealed(const ContentType& type) {
  return type.is("multipart", "signed") || type.is("multipart", "encrypted") ||
         type.is("application", "pkcs7-mime") || type.is("application", "x-pkcs7-mime");
}

bool is_usable(std::string_view boundary) {
  return !boundary.empty() && boundary.size() <= kMaxBoundary && is_printable_ascii(boundary);
}

bool is_message_type(const ContentType& type) {
  return type.is("message", "rfc822") || type.is("message", "global") || type.is("message", "news");
}

}  // namespace

void MimeScanner::feed(std::string_view text) {
  if (open_.empty()) begin_part(true, false);
  while (!text.empty()) text.remove_prefix(gathers() ? gather(text) : take_text(text));
}

void MimeScanner::finish() {
  if (open_.empty()) begin_part(true, false);
  while (gathers() && !line_.empty()) take_line();
  while (state_ == State::header) end_header(false);
  put_held();
  close_down_to(0);
}

// Lines that must be seen whole.
std::size_t MimeScanner::gather(std::string_view text) {
  const std::size_t end = text.find('\n');
  const std::size_t length = end == text.npos ? text.size() : end + 1;
  if (state_ != State::header) {
    // Most lines are no delimiter, as their first octets say.
    const std::size_t taken = std::min(length, kMaxDelimiter + 1 - line_.size());
    line_ += text.substr(0, taken);
    if (!may_be_delimiter()) {
      const std::string line = std::exchange(line_, {});
      at_line_start_ = false;
      put_held();
      // One octet may be the whole line.
      take_text(line);
      return taken;
    }
    if (line_.ends_with('\n')) take_line();
    return taken;
  }
  line_ += text.substr(0, length);
  if (end != text.npos) {
    take_line();
  } else if (field_.size() + line_.size() > kMaxHeader) {
    at_line_start_ = false;
    end_header(false);
    feed(std::exchange(line_, {}));
  }
  return length;
}

bool MimeScanner::may_be_delimiter() const {
  if (line_.size() > kMaxDelimiter) return false;
  return line_.starts_with("--") || std::string_view("--").starts_with(line_);
}

// `line_` is whole, or the last one of the message.
void MimeScanner::take_line() {
  if (watches_ && line_.starts_with("--") && take_delimiter(line_)) return line_.clear();
  if (state_ == State::header) return take_header_line();
  const std::string line = std::exchange(line_, {});
  at_line_start_ = false;
  put_held();
  take_text(line);
}

void MimeScanner::take_header_line() {
  if (line_ == "\n") {
    line_.clear();
    return end_header(true);
  }
  const bool folded = is_blank(line_[0]) && !field_.empty();
  const bool room = field_.size() + line_.size() <= kMaxHeader;
  if (room && (folded || is_field_line(line_))) {
    if (!folded) end_field();
    field_ += line_;
    return line_.clear();
  }
  const std::string line = std::exchange(line_, {});
  end_header(false);
  feed(line);
}

// Body, preamble or epilogue, up to a line end behind which a delimiter may stand.
std::size_t MimeScanner::take_text(std::string_view text) {
  if (!watches_) {
    put(text);
    at_line_start_ = text.ends_with('\n');
    return text.size();
  }
  std::size_t end = text.find('\n');
  while (end != text.npos && end + 1 < text.size() && text[end + 1] != '-')
    end = text.find('\n', end + 1);
  put(text.substr(0, end));
  if (end == text.npos) {
    at_line_start_ = false;
    return text.size();
  }
  line_end_held_ = true;
  at_line_start_ = true;
  return end + 1;
}

void MimeScanner::put(std::string_view text) {
  if (text.empty()) return;
  state_ == State::between ? visitor_.on_between(text) : visitor_.on_body(text);
}

void MimeScanner::put_held() {
  if (std::exchange(line_end_held_, false)) put("\n");
}

// The parts

void MimeScanner::begin_part(bool is_message, bool in_digest) {
  open_.emplace_back();
  head_ = {};
  head_.is_message = is_message;
  head_.type.type = in_digest ? "message" : "text";
  head_.type.subtype = in_digest ? "rfc822" : "plain";
  state_ = State::header;
  at_line_start_ = true;
  visitor_.on_part();
}

void MimeScanner::end_field() {
  if (field_.empty()) return;
  note(field_);
  visitor_.on_field(field_);
  field_.clear();
}

// Where a field comes twice, the first one counts.
void MimeScanner::note(std::string_view raw) {
  const std::string_view body = field_body(raw);
  if (is_field(raw, "MIME-Version")) head_.has_mime_version = true;
  if (is_field(raw, "Content-Transfer-Encoding") && head_.encoding.empty()) {
    head_.encoding = parse_transfer_encoding(body);
  }
  if (!is_field(raw, "Content-Type") || head_.has_type) return;
  head_.has_type = true;
  head_.type = parse_content_type(body);
  if (head_.type.type.empty()) head_.type = {"text", "plain", {}, false, 0};  // RFC 2045, 5.2
}

PartHead::Kind MimeScanner::kind_of(const PartHead& head) const {
  const ContentType& type = head.type;
  const bool encoded = head.encoding == "quoted-printable" || head.encoding == "base64";
  if (is_sealed(type)) return Kind::sealed;
  if (type.type != "multipart" && type.type != "message") return Kind::leaf;
  if (open_.size() >= kMaxDepth) return Kind::broken;
  if (type.type == "multipart") {
    return is_usable(type.boundary) ? Kind::multipart : Kind::broken;
  }
  // Against RFC 2045, 6.4, but seen: the message is not to be had without decoding.
  if (encoded) return Kind::leaf;
  return is_message_type(type) ? Kind::message : Kind::broken;
}

void MimeScanner::end_header(bool blank_line) {
  end_field();
  head_.has_blank_line = blank_line;
  head_.kind = kind_of(head_);
  visitor_.on_head(head_);
  state_ = State::body;
  at_line_start_ = true;
  if (head_.kind == Kind::message) return begin_part(true, false);
  if (head_.kind != Kind::multipart) return;
  state_ = State::between;
  watches_ = true;
  open_.back() = {head_.type.boundary, head_.type.subtype == "digest"};
}

// Delimiters of outer parts end inner ones (RFC 2046, 5.1.2).
bool MimeScanner::take_delimiter(std::string_view line) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    const Match found = match(line, open_[i].boundary);
    if (found == Match::none) continue;
    while (state_ == State::header) end_header(false);
    close_down_to(i + 1);
    state_ = State::between;
    put_held();
    put(line);
    const bool digest = open_[i].digest;
    if (found == Match::last) {
      open_[i].boundary.clear();
      watches_ = std::any_of(open_.begin(), open_.end(),
                             [](const Open& part) { return !part.boundary.empty(); });
      at_line_start_ = true;
    } else {
      begin_part(false, digest);
    }
    return true;
  }
  return false;
}

void MimeScanner::close_down_to(std::size_t part) {
  for (; open_.size() > part; open_.pop_back()) visitor_.on_end();
}

}  // namespace mailchute::mail
