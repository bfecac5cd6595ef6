// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_plan.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mailchute::mail {
namespace {

// A digest of a year has some hundred parts; what has more is left alone.
constexpr std::size_t kMaxParts = 10000;

constexpr std::string_view kSignature = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::size_t kNoSignature = std::string_view::npos;

using Obstacle = MimePlan::Obstacle;
using Kind = PartHead::Kind;

enum : unsigned char { kToEncode = 1, kEightBit = 2, kNever = 4 };

constexpr std::array<unsigned char, 256> kClasses = [] {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool plain = (c >= ' ' && c < 127 && c != '=') || c == '\t' || c == '\n';
    unsigned bits = plain ? 0 : kToEncode;
    if (c > 127) bits |= kEightBit;
    if (c == 0 || c == '\r') bits |= kNever;
    classes[c] = static_cast<unsigned char>(bits);
  }
  return classes;
}();

// As they will be, within a few octets; the soft line breaks included.
std::uint64_t size_in_quoted_printable(std::uint64_t octets, std::uint64_t lines,
                                       std::uint64_t to_encode) {
  const std::uint64_t encoded = octets + 2 * to_encode;
  return encoded + lines + encoded / 75 * 3;
}

std::uint64_t size_in_base64(std::uint64_t octets, std::uint64_t lines) {
  return (octets + lines + 2) / 3 * 78 / 19;  // 57 octets in 78, line end included
}

// RFC 2045, 6.3: private encodings, which nobody can encode once more.
bool is_private(std::string_view encoding) { return encoding.starts_with("x-"); }

}  // namespace

FieldTarget MimeTarget::fields(bool outermost) const {
  FieldTarget fields;
  fields.to_ascii = to_ascii;
  fields.utf8_addresses = utf8_header;
  if (!eight_bit) fields.ascii = FieldTarget::Ascii::all;
  else if (outermost) fields.ascii = FieldTarget::Ascii::what_can_be;
  return fields;
}

void MimePlanner::Facts::add(std::string_view text) {
  octets += text.size();
  unsigned char all = 0;
  std::uint64_t encode = 0;
  for (const char c : text) {
    const unsigned char bits = kClasses[static_cast<unsigned char>(c)];
    all |= bits;
    encode += bits & kToEncode;
  }
  to_encode += encode;
  eight_bit |= (all & kEightBit) != 0;
  never |= (all & kNever) != 0;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    too_long |= line + end > kMaxLine;
    line = 0;
    ++lines;
    text.remove_prefix(end + 1);
  }
  line += text.size();
  too_long |= line > kMaxLine;
}

MimePlan MimePlanner::finish() {
  scanner_.finish();
  if (too_many_) {
    const bool obstacle = saw_eight_bit_ && !target_.eight_bit;
    plan_ = {.eight_bit = saw_eight_bit_, .obstacle = obstacle ? Obstacle::broken : Obstacle::none};
  }
  return std::move(plan_);
}

void MimePlanner::on_part() {
  if (!open_.empty()) open_.back().has_parts = true;
  too_many_ |= plan_.parts.size() >= kMaxParts;
  open_.emplace_back();
  open_.back().index = plan_.parts.size();
  if (!too_many_) plan_.parts.emplace_back();
  utf8_ = {};
  signature_ = 0;
  signed_inline_ = false;
}

void MimePlanner::on_field(std::string_view raw) {
  const bool outermost = open_.size() == 1;
  const FieldTarget target = target_.fields(outermost);
  saw_eight_bit_ |= has_eight_bit(raw);
  if (!needs_mending(raw, target)) {
    open_.back().eight_bit |= has_eight_bit(raw);
    return;
  }
  const MendedField mended = mended_field(raw, target);
  plan_.changes |= mended.text != raw;
  plan_.utf8_header |= outermost && mended.utf8_remains;
  if (!has_eight_bit(mended.text)) return;
  open_.back().eight_bit = true;
  if (!target_.eight_bit && plan_.obstacle == Obstacle::none) plan_.obstacle = Obstacle::broken;
}

void MimePlanner::on_head(const PartHead& head) { open_.back().head = head; }

void MimePlanner::on_body(std::string_view text) {
  Open& part = open_.back();
  const bool was_ascii = !part.facts.eight_bit;
  part.facts.add(text);
  if (part.facts.eight_bit || !was_ascii) utf8_.feed(text);
  look_for_signature(text);
}

// A line of that kind, wherever the text is cut.
void MimePlanner::look_for_signature(std::string_view text) {
  while (!text.empty() && !signed_inline_) {
    if (signature_ == kNoSignature) {
      const std::size_t end = text.find('\n');
      if (end == text.npos) return;
      text.remove_prefix(end + 1);
      signature_ = 0;
      continue;
    }
    const auto rest = kSignature.substr(signature_, text.size());
    if (!text.starts_with(rest)) {
      signature_ = kNoSignature;
      continue;
    }
    signature_ += rest.size();
    text.remove_prefix(rest.size());
    signed_inline_ = signature_ == kSignature.size();
  }
}

void MimePlanner::on_between(std::string_view text) { open_.back().facts.add(text); }

void MimePlanner::on_end() {
  Open part = std::move(open_.back());
  open_.pop_back();
  PartPlan unused;
  PartPlan& plan = part.index < plan_.parts.size() ? plan_.parts[part.index] : unused;
  saw_eight_bit_ |= part.facts.eight_bit;
  const bool container = part.head.kind == Kind::multipart || part.head.kind == Kind::message;
  container ? plan_container(part, plan) : plan_leaf(part, plan);
  if (part.encoded && part.head.is_message && !part.head.has_mime_version) plan.mime_version = true;
  plan_.changes |= part.encoded;
  if (open_.empty()) {
    plan_.eight_bit = part.eight_bit;
  } else {
    open_.back().eight_bit |= part.eight_bit;
    open_.back().encoded |= part.encoded;
  }
}

void MimePlanner::leave_alone(Open& part, Obstacle why) {
  part.eight_bit |= part.facts.eight_bit;
  if (part.facts.eight_bit && !target_.eight_bit && plan_.obstacle == Obstacle::none)
    plan_.obstacle = why;
}

void MimePlanner::plan_leaf(Open& part, PartPlan& plan) {
  const Facts& facts = part.facts;
  const bool text = part.head.type.type == "text";
  if (part.head.kind == Kind::sealed || (text && signed_inline_))
    return leave_alone(part, Obstacle::sealed);
  if (part.head.kind == Kind::broken || is_private(part.head.encoding))
    return leave_alone(part, Obstacle::broken);
  if (facts.never || facts.too_long || (facts.eight_bit && !target_.eight_bit))
    return encode(part, plan);
  part.eight_bit |= facts.eight_bit;
  // What goes by DATA is none (RFC 3030, 3).
  if (part.head.encoding != "binary") return;
  plan.label = facts.eight_bit ? PartPlan::Label::eight_bit : PartPlan::Label::seven_bit;
  part.encoded = true;
}

void MimePlanner::encode(Open& part, PartPlan& plan) {
  using Body = PartPlan::Body;
  const Facts& facts = part.facts;
  part.encoded = true;
  if (part.head.encoding == "quoted-printable") {
    plan.body = Body::mended_quoted_printable;
  } else if (part.head.encoding == "base64") {
    plan.body = Body::mended_base64;
  } else {
    const bool readable = size_in_quoted_printable(facts.octets, facts.lines, facts.to_encode) <=
                          size_in_base64(facts.octets, facts.lines);
    plan.body = readable ? Body::quoted_printable : Body::base64;
    plan.charset = charset_for(part);
  }
}

// A type that is there is only given what its text proves; RFC 1428 for text of which nothing is
// known.
PartPlan::Charset MimePlanner::charset_for(const Open& part) const {
  using Charset = PartPlan::Charset;
  const PartHead& head = part.head;
  const Charset proven = utf8_.valid() ? Charset::utf_8 : Charset::unknown;
  if (!head.has_type) return part.facts.eight_bit ? proven : Charset::us_ascii;
  const bool readable = head.type.parameters != 0;
  if (!readable || head.type.type != "text" || head.type.has_charset || !part.facts.eight_bit)
    return Charset::as_is;
  return proven == Charset::utf_8 || head.type.subtype == "plain" ? proven : Charset::as_is;
}

void MimePlanner::plan_container(Open& part, PartPlan& plan) {
  if (part.head.kind == Kind::multipart && !part.has_parts) {
    plan.verbatim = true;
    return leave_alone(part, Obstacle::broken);
  }
  // No reader shows what is between parts.
  plan_.changes |= part.facts.too_long || (part.facts.eight_bit && !target_.eight_bit);
  part.eight_bit |= part.facts.eight_bit && target_.eight_bit;
  if (part.head.encoding != "8bit" && part.head.encoding != "binary") return;
  if (part.eight_bit && part.head.encoding == "8bit") return;
  plan.label = part.eight_bit ? PartPlan::Label::eight_bit : PartPlan::Label::seven_bit;
  part.encoded = true;
}

}  // namespace mailchute::mail
