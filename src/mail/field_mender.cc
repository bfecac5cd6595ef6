// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/field_mender.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/address_mender.h"
#include "mail/content_type.h"
#include "mail/encoded_word.h"
#include "mail/folding.h"
#include "mail/header.h"

namespace mailchute::mail {
namespace {

using Ascii = FieldTarget::Ascii;

template <std::size_t N>
bool is_one_of(std::string_view raw, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [raw](std::string_view name) { return is_field(raw, name); });
}

bool holds_addresses(std::string_view raw) {
  static constexpr std::array<std::string_view, 17> kNames{"From",
                                                           "Sender",
                                                           "Reply-To",
                                                           "To",
                                                           "Cc",
                                                           "Bcc",
                                                           "Resent-From",
                                                           "Resent-Sender",
                                                           "Resent-Reply-To",
                                                           "Resent-To",
                                                           "Resent-Cc",
                                                           "Resent-Bcc",
                                                           "Disposition-Notification-To",
                                                           "Return-Receipt-To",
                                                           "Errors-To",
                                                           "Mail-Followup-To",
                                                           "Mail-Reply-To"};
  return is_one_of(raw, kNames);
}

bool holds_parameters(std::string_view raw) {
  static constexpr std::array<std::string_view, 2> kNames{"Content-Type", "Content-Disposition"};
  return is_one_of(raw, kNames);
}

// Nothing in them is for people, so encoded words would have no meaning.
bool is_for_programs(std::string_view raw) {
  static constexpr std::array<std::string_view, 18> kNames{"Message-ID",
                                                           "In-Reply-To",
                                                           "References",
                                                           "Resent-Message-ID",
                                                           "Date",
                                                           "Resent-Date",
                                                           "Received",
                                                           "Return-Path",
                                                           "MIME-Version",
                                                           "Content-ID",
                                                           "Content-Transfer-Encoding",
                                                           "DKIM-Signature",
                                                           "ARC-Seal",
                                                           "ARC-Message-Signature",
                                                           "ARC-Authentication-Results",
                                                           "Authentication-Results",
                                                           "Received-SPF",
                                                           "List-Id"};
  return is_one_of(raw, kNames);
}

bool has_long_line(std::string_view raw) {
  for (std::size_t end = raw.find('\n'); !raw.empty(); end = raw.find('\n')) {
    if (std::min(end, raw.size()) > kMaxLine) return true;
    raw.remove_prefix(std::min(end, raw.size() - 1) + 1);
  }
  return false;
}

// Unstructured text: from the first word that must be encoded to the last one, so that the blanks
// between them stay.
std::string mended_text(std::string_view raw) {
  const auto is_space = [](char c) { return is_blank(c) || c == '\n'; };
  std::size_t first = raw.size(), last = 0;
  for (std::size_t at = raw.find(':') + 1; at < raw.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if(raw.begin() + static_cast<std::ptrdiff_t>(at), raw.end(), is_space) -
        raw.begin());
    const auto word = raw.substr(at, end - at);
    if (has_eight_bit(word) || word.starts_with("=?")) {
      first = std::min(first, at);
      last = end;
    }
    at = end + 1;
  }
  if (first >= last) return std::string(raw);
  std::string out(raw.substr(0, first));
  append_encoded(out, raw.substr(first, last - first));
  return out.append(raw.substr(last));
}

// RFC 2231, 4, in sections (3) where it is long.
std::string extended_parameter(const Parameter& parameter) {
  constexpr std::size_t kSection = 60;
  std::string value = is_utf8(parameter.value) ? "UTF-8''" : "UNKNOWN-8BIT''";
  for (const char c : parameter.value) {
    if (is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_') value += c;
    else value.append("%").append(to_hex(std::string_view(&c, 1)));
  }
  if (value.size() <= kSection) return parameter.name + "*=" + value;
  std::string out;
  for (std::size_t at = 0, section = 0; at < value.size(); ++section) {
    std::size_t length = std::min(kSection, value.size() - at);
    const std::size_t percent = value.find('%', at + length - std::min<std::size_t>(length, 2));
    if (percent < at + length && percent + 3 > at + length && at + length < value.size())
      length = percent - at;
    if (section != 0) out += ";\n ";
    out += parameter.name + "*" + std::to_string(section) + "*=" + value.substr(at, length);
    at += length;
  }
  return out;
}

std::string mended_parameters(std::string_view raw) {
  const std::size_t start = raw.find(':') + 1;
  const std::string_view body = raw.substr(start);
  std::string out(raw.substr(0, start));
  std::size_t copied = 0;
  const std::size_t type = parse_content_type(body).parameters;
  for (const Parameter& parameter :
       parse_parameters(body, type != 0 ? type : std::min(body.find(';'), body.size()))) {
    if (!has_eight_bit(parameter.value) || parameter.name.ends_with('*')) continue;
    if (parameter.name == "boundary") return std::string(raw);  // it would not be the same parts
    out += without_eight_bit(body.substr(copied, parameter.begin - copied));
    out += extended_parameter(parameter);
    copied = parameter.end;
  }
  return out + without_eight_bit(body.substr(copied));
}

MendedField in_ascii(std::string_view raw, const FieldTarget& target) {
  if (holds_addresses(raw))
    return mended_addresses(raw, target).value_or(MendedField{mended_text(raw)});
  if (holds_parameters(raw)) return {mended_parameters(raw)};
  if (!is_for_programs(raw)) return {mended_text(raw)};
  return {target.ascii == Ascii::all ? without_eight_bit(raw) : std::string(raw)};
}

}  // namespace

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 127; });
}

std::string without_eight_bit(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
  return out;
}

bool needs_mending(std::string_view raw, const FieldTarget& target) {
  return (raw.size() > kMaxLine && has_long_line(raw)) ||
         (target.ascii != Ascii::none && has_eight_bit(raw));
}

MendedField mended_field(std::string_view raw, const FieldTarget& target) {
  const std::string_view end = raw.ends_with('\n') ? "\n" : "";
  raw.remove_suffix(end.size());
  MendedField field{std::string(raw)};
  if (target.ascii != Ascii::none && has_eight_bit(raw)) field = in_ascii(raw, target);
  field.text += end;
  if (has_long_line(field.text)) field.text = refolded(field.text).value_or(field.text);
  return field;
}

}  // namespace mailchute::mail
