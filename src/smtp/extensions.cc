// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/extensions.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::smtp {
namespace {

std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (is_alpha(c)) c = static_cast<char>(c & ~0x20);
  return upper;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (auto word : split(line, ' ')) {
    word = trim(word);
    if (!word.empty()) words.push_back(to_upper(word));
  }
  return words;
}

void add_mechanism(Extensions& offered, std::string mechanism) {
  if (mechanism.empty() || std::ranges::find(offered.auth, mechanism) != offered.auth.end()) return;
  offered.auth.push_back(std::move(mechanism));
}

// "RCPTMAX=20"
void read_limit(Extensions& offered, std::string_view word) {
  const auto value = parse_number(word.substr(std::min(word.find('='), word.size() - 1) + 1));
  if (word.starts_with("MAILMAX=")) offered.messages = value.value_or(0);
  if (word.starts_with("RCPTMAX=")) offered.recipients = value.value_or(0);
  if (word.starts_with("RCPTDOMAINMAX=")) offered.domains = value.value_or(0);
}

void add_line(Extensions& offered, std::vector<std::string> words) {
  // Servers older than RFC 4954 say "AUTH=LOGIN PLAIN", often beside the line with a blank.
  if (words[0].starts_with("AUTH=")) {
    words.insert(words.begin() + 1, words[0].substr(5));
    words[0] = "AUTH";
  }
  const std::string& keyword = words[0];
  if (keyword == "STARTTLS") offered.starttls = true;
  if (keyword == "PIPELINING") offered.pipelining = true;
  if (keyword == "8BITMIME") offered.eight_bit_mime = true;
  if (keyword == "ENHANCEDSTATUSCODES") offered.enhanced_status_codes = true;
  if (keyword == "CHUNKING") offered.chunking = true;
  if (keyword == "BINARYMIME") offered.binary_mime = true;
  if (keyword == "SMTPUTF8") offered.smtp_utf8 = true;
  if (keyword == "DSN") offered.dsn = true;
  if (keyword == "SIZE") {
    offered.size = true;
    if (words.size() > 1) offered.size_limit = parse_number(words[1]).value_or(0);
  }
  if (keyword == "LIMITS")
    for (const std::string& word : words) read_limit(offered, word);
  if (keyword == "AUTH")
    for (auto word = words.begin() + 1; word != words.end(); ++word) add_mechanism(offered, *word);
}

}  // namespace

Extensions parse_extensions(const Reply& ehlo) {
  Extensions offered;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {  // the first line greets
    auto words = words_of(ehlo.lines[i]);
    if (!words.empty()) add_line(offered, std::move(words));
  }
  return offered;
}

std::string_view name_of(Capability capability) {
  switch (capability) {
    case Capability::pipelining: return "PIPELINING";
    case Capability::size: return "SIZE";
    case Capability::eight_bit_mime: return "8BITMIME";
    case Capability::smtp_utf8: return "SMTPUTF8";
    case Capability::dsn: return "DSN";
  }
  return "";
}

}  // namespace mailchute::smtp
