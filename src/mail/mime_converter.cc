// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_converter.h"

#include <utility>

#include "base/text.h"
#include "mail/header.h"

namespace mailchute::mail {
namespace {

using Body = PartPlan::Body;
using Label = PartPlan::Label;
using Charset = PartPlan::Charset;

std::string_view name_of(Charset charset) {
  switch (charset) {
    case Charset::as_is: return "";
    case Charset::us_ascii: return "us-ascii";
    case Charset::utf_8: return "utf-8";
    case Charset::unknown: return "unknown-8bit";
  }
  return "";
}

// Right behind type and subtype, as nothing is known of what follows.
std::string with_charset(std::string_view raw, Charset charset) {
  const std::string_view body = field_body(raw);
  const auto start = static_cast<std::size_t>(body.data() - raw.data());
  std::string field(raw);
  field.insert(start + parse_content_type(body).parameters,
               "; charset=" + std::string(name_of(charset)));
  return field;
}

}  // namespace

void MimeConverter::convert(std::string_view text, std::string& out) {
  out_ = &out;
  scanner_.feed(text);
  if (!out.empty()) last_ = out.back();
}

void MimeConverter::finish(std::string& out) {
  out_ = &out;
  scanner_.finish();
  if (!out.empty()) last_ = out.back();
  if (last_ != '\n') out += '\n';
}

void MimeConverter::write(std::string_view text) { out_->append(text); }

// Should somebody have changed the text meanwhile, there may be parts that nobody has planned.
void MimeConverter::on_part() {
  open_.push_back({next_ < plan_.parts.size() ? plan_.parts[next_] : PartPlan(), 0});
  ++next_;
  has_encoding_ = has_type_ = false;
}

// Empty: it stays as it is.
std::string_view MimeConverter::new_encoding() const {
  const PartPlan& plan = open_.back().plan;
  switch (plan.body) {
    case Body::as_is: break;
    case Body::base64: return "base64";
    case Body::quoted_printable: return "quoted-printable";
    case Body::mended_quoted_printable:
    case Body::mended_base64: return "";
  }
  switch (plan.label) {
    case Label::as_is: return "";
    case Label::seven_bit: return "7bit";
    case Label::eight_bit: return "8bit";
  }
  return "";
}

void MimeConverter::on_field(std::string_view raw) {
  const std::string_view encoding = new_encoding();
  if (!encoding.empty() && is_field(raw, "Content-Transfer-Encoding")) {
    if (!std::exchange(has_encoding_, true))
      write("Content-Transfer-Encoding: " + std::string(encoding) + "\n");
    return;
  }
  std::string changed;
  const Charset charset = open_.back().plan.charset;
  if (charset != Charset::as_is && is_field(raw, "Content-Type") &&
      !std::exchange(has_type_, true)) {
    raw = changed = with_charset(raw, charset);
  }
  const FieldTarget target = target_.fields(open_.size() == 1);
  needs_mending(raw, target) ? write(mended_field(raw, target).text) : write(raw);
}

void MimeConverter::on_head(const PartHead& head) {
  const PartPlan& plan = open_.back().plan;
  const std::size_t before = out_->size();
  if (plan.mime_version) write("MIME-Version: 1.0\n");
  if (plan.charset != Charset::as_is && !has_type_) {
    write("Content-Type: text/plain; charset=" + std::string(name_of(plan.charset)) + "\n");
  }
  const std::string_view encoding = new_encoding();
  if (!encoding.empty() && !has_encoding_)
    write("Content-Transfer-Encoding: " + std::string(encoding) + "\n");
  // Without one the first lines of the body, changed, could be taken for fields.
  const bool container =
      head.kind == PartHead::Kind::message || head.kind == PartHead::Kind::multipart;
  const bool apart = plan.body != Body::as_is || container;
  if (head.has_blank_line || out_->size() != before || apart) write("\n");

  using Input = QuotedPrintableEncoder::Input;
  switch (plan.body) {
    case Body::as_is: encoder_.emplace<std::monostate>(); break;
    case Body::quoted_printable: encoder_.emplace<QuotedPrintableEncoder>(Input::plain); break;
    case Body::mended_quoted_printable:
      encoder_.emplace<QuotedPrintableEncoder>(Input::encoded);
      break;
    case Body::base64: encoder_.emplace<Base64Encoder>(); break;
    case Body::mended_base64: encoder_.emplace<Base64Mender>(); break;
  }
}

void MimeConverter::on_body(std::string_view text) {
  if (encoder_.index() == 0) return write(text);
  std::visit(
      [&](auto& encoder) {
        if constexpr (requires { encoder.encode(text, *out_); }) encoder.encode(text, *out_);
      },
      encoder_);
}

void MimeConverter::on_end() {
  std::visit(
      [&](auto& encoder) {
        if constexpr (requires { encoder.finish(*out_); }) encoder.finish(*out_);
      },
      encoder_);
  encoder_.emplace<std::monostate>();
  open_.pop_back();
}

// No reader shows it, so it need not be kept, but lines must not be too long.
void MimeConverter::on_between(std::string_view text) {
  Open& part = open_.back();
  if (part.plan.verbatim) return write(text);
  for (const char c : text) {
    if (c != '\n' && part.column == kMaxLine) {
      write("\n ");
      part.column = 1;
    }
    const bool eight_bit = static_cast<unsigned char>(c) > 127;
    *out_ += eight_bit && !target_.eight_bit ? '?' : c;
    part.column = c == '\n' ? 0 : part.column + 1;
  }
}

}  // namespace mailchute::mail
