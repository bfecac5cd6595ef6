// SPDX-License-Identifier: GPL-3.0-or-later
// Any message made acceptable: the same however it is cut, with the same parts and the same content
// in each of them, and nothing is left to do for the same server. Who changes nothing writes the
// same octets.
#include <string>

#include "fuzz/input.h"
#include "mail/mime_converter.h"
#include "mail/mime_plan.h"

using namespace mailchute;
using namespace mailchute::mail;

namespace {

using Pieces = std::vector<std::string_view>;

struct Leaf {
  PartHead head;
  std::string body;
};

// All octets again, and the bodies beside.
class Copy : public MimeVisitor {
 public:
  void on_part() override { ++depth; ++parts; }
  void on_field(std::string_view raw) override { text += raw; }
  void on_head(const PartHead& head) override {
    if (head.has_blank_line) text += '\n';
    if (head.kind != PartHead::Kind::multipart && head.kind != PartHead::Kind::message) leaves.push_back({head, {}});
  }
  void on_body(std::string_view body) override {
    text += body;
    leaves.back().body += body;
  }
  void on_end() override { fuzz::require(depth-- > 0); }
  void on_between(std::string_view between) override { text += between; }

  std::string text;
  std::vector<Leaf> leaves;
  int depth = 0;
  int parts = 0;
};

Copy copied(const Pieces& pieces) {
  Copy copy;
  MimeScanner scanner(copy);
  for (const auto piece : pieces) scanner.feed(piece);
  scanner.finish();
  fuzz::require(copy.depth == 0);
  return copy;
}

MimePlan planned(const Pieces& pieces, const MimeTarget& target) {
  MimePlanner planner(target);
  for (const auto piece : pieces) planner.feed(piece);
  return planner.finish();
}

std::string converted(const Pieces& pieces, const MimePlan& plan, const MimeTarget& target) {
  MimeConverter converter(plan, target);
  std::string out;
  for (const auto piece : pieces) {
    std::string some;
    converter.convert(piece, some);
    out += some;
  }
  std::string rest;
  converter.finish(rest);
  return out + rest;
}

int hex(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string from_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      out += "\r\n";
    } else if (text[i] == '=' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (text[i] == '=' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') bits = 0, count = 0;
    const std::size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) continue;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255);
  }
  return out;
}

std::string content(const Leaf& leaf) {
  if (leaf.head.encoding == "quoted-printable") return from_quoted_printable(leaf.body);
  if (leaf.head.encoding == "base64") return from_base64(leaf.body);
  std::string out;
  for (const char c : leaf.body) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

bool left_alone(const Leaf& leaf) {
  return leaf.head.kind != PartHead::Kind::leaf || leaf.head.encoding.starts_with("x-") ||
         leaf.body.find("-----BEGIN PGP SIGNED MESSAGE-----") != leaf.body.npos;
}

void check_travels(const Leaf& leaf, const MimeTarget& target) {
  if (left_alone(leaf)) return;
  std::size_t length = 0;
  for (const char c : leaf.body) {
    fuzz::require(c != '\0' && c != '\r' && (target.eight_bit || static_cast<unsigned char>(c) < 128));
    length = c == '\n' ? 0 : length + 1;
    fuzz::require(length <= 998);
  }
}

bool same(const PartPlan& a, const PartPlan& b) {
  return a.body == b.body && a.label == b.label && a.charset == b.charset && a.mime_version == b.mime_version &&
         a.verbatim == b.verbatim;
}

bool same(const MimePlan& a, const MimePlan& b) {
  return a.changes == b.changes && a.eight_bit == b.eight_bit && a.utf8_header == b.utf8_header &&
         a.obstacle == b.obstacle && a.parts.size() == b.parts.size() &&
         std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(),
                    [](const PartPlan& x, const PartPlan& y) { return same(x, y); });
}

void check_same_content(const Copy& before, const Copy& after, const MimeTarget& target) {
  fuzz::require(before.leaves.size() == after.leaves.size() && before.parts == after.parts);
  for (std::size_t i = 0; i < before.leaves.size(); ++i) {
    const Leaf& old = before.leaves[i];
    const Leaf& fresh = after.leaves[i];
    fuzz::require(old.head.kind == fresh.head.kind);
    fuzz::require(old.head.type.type == fresh.head.type.type && old.head.type.subtype == fresh.head.type.subtype);
    fuzz::require(content(fresh) == content(old));
    check_travels(fresh, target);
  }
}

std::optional<std::string> to_ascii(std::string_view domain) {
  const auto odd = [](char c) { return c <= ' ' || c == 127 || c == '(' || c == '"'; };
  if (domain.size() > 20 || std::any_of(domain.begin(), domain.end(), odd)) return std::nullopt;
  return "xn--" + to_hex(domain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned bits = input.octet();
  const unsigned seed = 1 + input.octet() % 64;
  const MimeTarget target{(bits & 1) != 0, (bits & 3) == 3, to_ascii};
  const Pieces whole = fuzz::cut(input.rest(), 0), pieces = fuzz::cut(input.rest(), seed);

  const Copy before = copied(whole);
  fuzz::require(before.text == input.rest() && copied(pieces).text == before.text);
  const MimePlan plan = planned(whole, target);
  fuzz::require(same(plan, planned(pieces, target)));
  if (!plan.changes || plan.obstacle != MimePlan::Obstacle::none) return 0;
  const std::string out = converted(whole, plan, target);
  fuzz::require(out == converted(pieces, plan, target));

  // What is on disk ends with a line end; one that is added may end a soft line break.
  if (before.text.ends_with('\n')) check_same_content(before, copied({out}), target);
  const MimePlan again = planned({out}, target);
  const bool half_encoded = before.text.find("=?") != before.text.npos;  // what joins may look like one word
  fuzz::require(half_encoded || !again.changes);
  fuzz::require(again.eight_bit <= plan.eight_bit);
  fuzz::require(plan.eight_bit || !has_eight_bit(out));
  fuzz::require(target.eight_bit || !plan.eight_bit);
  return 0;
}
