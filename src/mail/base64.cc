// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/base64.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kLine = 76;
constexpr std::size_t kGroup = 3 * 1024;  // octets encoded at a time
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Of three octets; for less the rest is zero and `octets` says how many there are.
void put_quantum(const char* three, std::size_t octets, std::string& out) {
  const auto at = [&](std::size_t i) {
    return i < octets ? static_cast<unsigned char>(three[i]) : 0U;
  };
  const unsigned bits = at(0) << 16 | at(1) << 8 | at(2);
  out += kAlphabet[bits >> 18];
  out += kAlphabet[bits >> 12 & 63];
  out += octets > 1 ? kAlphabet[bits >> 6 & 63] : '=';
  out += octets > 2 ? kAlphabet[bits & 63] : '=';
}

std::string encoded(std::string_view octets) {
  std::string out;
  out.reserve(octets.size() / 3 * 4 + 4);
  for (; octets.size() >= 3; octets.remove_prefix(3)) put_quantum(octets.data(), 3, out);
  if (!octets.empty()) put_quantum(octets.data(), octets.size(), out);
  return out;
}

bool is_base64(char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; }

}  // namespace

void EncodedLines::put(std::string_view octets, std::string& out) {
  while (!octets.empty()) {
    if (column_ == kLine) {
      out += '\n';
      column_ = 0;
    }
    const auto part = octets.substr(0, kLine - column_);
    out += part;
    column_ += part.size();
    octets.remove_prefix(part.size());
  }
}

void Base64Encoder::encode(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), kGroup));
    group_ += line;
    text.remove_prefix(line.size());
    if (!text.empty() && text.front() == '\n') {
      group_ += "\r\n";
      text.remove_prefix(1);
    }
    if (group_.size() >= kGroup) flush(out);
  }
}

void Base64Encoder::flush(std::string& out) {
  const std::size_t whole = group_.size() - group_.size() % 3;
  lines_.put(encoded(std::string_view(group_).substr(0, whole)), out);
  group_.erase(0, whole);
}

void Base64Encoder::finish(std::string& out) {
  lines_.put(encoded(group_), out);
  group_.clear();
}

void Base64Mender::encode(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_base64);
    const auto run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    lines_.put(run, out);
    text.remove_prefix(std::min(text.size(), run.size() + 1));
  }
}

}  // namespace mailchute::mail
