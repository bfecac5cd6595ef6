// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_list.h"

#include <optional>

#include "base/text.h"
#include "mail/address_scanner.h"

namespace mailchute::mail {
namespace {

using Tokens = std::vector<Token>;

// Reads local-part ["@" domain] out of tokens.
class AddrSpec {
 public:
  AddrSpec(const AddressScanner& scanner, const Tokens& tokens)
      : scanner_(scanner), tokens_(tokens) {}

  Result<ListedAddress> read() {
    ListedAddress listed{{}, 0, 0};
    if (auto read = read_part(listed.address.local_part); !read) return failure(read.error());
    if (next_ > 0) listed.domain_begin = tokens_[next_ - 1].end;
    if (next_ > 0) listed.domain_end = tokens_.back().end;
    if (next_ < tokens_.size()) {
      ++next_;  // the '@'
      if (auto read = read_domain(listed.address.domain); !read) return failure(read.error());
    }
    if (auto checked = check(listed.address); !checked) return failure(checked.error());
    return listed;
  }

 private:
  // Words with dots between, up to an '@' or the end. Dots in odd places ("a..b") are kept: such
  // mailboxes exist, and SMTP takes them in quotes.
  Result<> read_part(std::string& part) {
    bool after_word = false;
    for (; next_ < tokens_.size() && !tokens_[next_].is('@'); ++next_) {
      const Token& token = tokens_[next_];
      if (token.kind == Token::Kind::special && !token.is('.')) return unexpected(token);
      const bool word = !token.is('.');
      if (word && after_word) return failure(Error::Kind::data, "blank or missing comma in it");
      part += scanner_.value(token);
      after_word = word;
    }
    return {};
  }

  Result<> read_domain(std::string& domain) {
    if (auto read = read_part(domain); !read) return read;
    if (next_ < tokens_.size()) return failure(Error::Kind::data, "more than one '@'");
    if (domain.size() > 1 && domain.back() == '.') domain.pop_back();
    if (domain.empty()) return failure(Error::Kind::data, "nothing after the '@'");
    return {};
  }

  static Result<> unexpected(const Token& token) {
    return failure(Error::Kind::data, std::string("unexpected '") + token.special + "'");
  }

  const AddressScanner& scanner_;
  const Tokens& tokens_;
  std::size_t next_ = 0;
};

class ListParser {
 public:
  explicit ListParser(std::string_view text) : text_(text), scanner_(text) {}

  AddressList parse() {
    while (!at_end_) parse_element();
    return std::move(list_);
  }

 private:
  // Up to the next comma or semicolon, or through the colon that opens a group.
  void parse_element() {
    begin_ = scanner_.position();
    const Tokens tokens = collect(",;:<");
    if (broken_) return reject("quote without its end");
    if (stop_ == '<') return parse_angle();
    if (stop_ == ':') {
      if (is_group_name(tokens)) return;
      collect(",;");
      reject("unexpected ':'");
    } else if (!tokens.empty()) {
      add(tokens);
    }
  }

  // After a '<': [route] addr-spec ">", then whatever people write behind it.
  void parse_angle() {
    Tokens tokens = collect(",;<>");
    if (stop_ == ',' && !tokens.empty() && tokens[0].is('@')) tokens = rest_of_route();
    if (!tokens.empty() && tokens[0].is('@')) drop_route(tokens);
    const bool closed = stop_ == '>';
    if (closed) collect(",;");
    if (broken_) return reject("quote without its end");
    if (!closed) {
      if (stop_ == '<') collect(",;");
      return reject("'<' without its '>'");
    }
    add(tokens);
  }

  // "<@a,@b:c@d>" (RFC 5322, 4.4): the commas belong to the route.
  Tokens rest_of_route() {
    collect(":>");
    return stop_ == ':' ? collect(",;<>") : Tokens();
  }

  static void drop_route(Tokens& tokens) {
    for (auto token = tokens.begin(); token != tokens.end(); ++token) {
      if (!token->is(':')) continue;
      tokens.erase(tokens.begin(), token + 1);
      return;
    }
  }

  static bool is_group_name(const Tokens& tokens) {
    for (const Token& token : tokens) {
      if (token.is('@')) return false;
    }
    return !tokens.empty();
  }

  // Tokens up to one of `stops`, which stop_ keeps ('\0' at the end of the text). More tokens than
  // an address has octets need not be kept.
  Tokens collect(std::string_view stops) {
    Tokens tokens;
    for (;;) {
      const Token token = scanner_.next();
      stop_ = '\0';
      if (token.kind == Token::Kind::broken) broken_ = true;
      if (token.kind == Token::Kind::end || broken_) {
        at_end_ = true;
        return tokens;
      }
      if (token.kind == Token::Kind::special && stops.find(token.special) != stops.npos) {
        stop_ = token.special;
        return tokens;
      }
      if (tokens.size() <= kMaxAddress) tokens.push_back(token);
    }
  }

  void add(const Tokens& tokens) {
    if (tokens.size() > kMaxAddress) return reject("too long");
    auto listed = AddrSpec(scanner_, tokens).read();
    if (!listed) return reject(listed.error().text);
    listed->begin = begin_;
    listed->end = scanner_.position() - (stop_ == '\0' || stop_ == '>' ? 0 : 1);
    list_.addresses.push_back(std::move(*listed));
  }

  void reject(std::string reason) {
    std::string_view written = text_.substr(begin_, scanner_.position() - begin_);
    if (stop_ != '\0' && stop_ != '>') written.remove_suffix(1);
    list_.bad.push_back(
        BadAddress{std::string(trim(written).substr(0, kMaxAddress)), std::move(reason)});
  }

  std::string_view text_;
  AddressScanner scanner_;
  AddressList list_;
  std::size_t begin_ = 0;  // of the element being read
  char stop_ = '\0';
  bool broken_ = false;
  bool at_end_ = false;
};

}  // namespace

AddressList parse_address_list(std::string_view text) { return ListParser(text).parse(); }

Result<Address> parse_address(std::string_view text) {
  AddressList list = parse_address_list(text);
  if (!list.bad.empty()) return failure(Error::Kind::data, list.bad.front().reason);
  if (list.addresses.size() != 1) return failure(Error::Kind::data, "not one address");
  return std::move(list.addresses.front().address);
}

std::optional<std::string> with_domain(std::string_view text, std::string_view domain,
                                       const Choice& chosen) {
  std::string out;
  std::size_t copied = 0;
  for (const ListedAddress& listed : parse_address_list(text).addresses) {
    if (!chosen(listed.address)) continue;
    out.append(text.substr(copied, listed.domain_begin - copied)).append("@").append(domain);
    copied = listed.domain_end;
  }
  if (copied == 0) return std::nullopt;
  return out.append(text.substr(copied));
}

Result<std::string> parse_reverse_path(std::string_view text, std::string_view domain) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty() || trimmed == "<>") return std::string();
  auto parsed = parse_address(trimmed);
  if (!parsed) return failure(parsed.error());
  const Address address = qualified(std::move(*parsed), domain);
  if (auto checked = check(address); !checked) return failure(checked.error());
  return address.text();
}

}  // namespace mailchute::mail
