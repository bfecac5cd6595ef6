// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/value.h"

#include <sys/un.h>

#include <algorithm>

#include "base/text.h"
#include "config/host_name.h"
#include "config/source.h"
#include "config/units.h"
#include "mail/address_list.h"
#include "mail/address_pattern.h"

namespace mailchute::config {
namespace {

constexpr std::uint64_t kYear = 366 * 86400;
constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 50;
constexpr std::size_t kMostPatterns = 100;  // each is tried with every address of a sender
constexpr std::size_t kLongestSocketName = sizeof("/control");  // in the run directory

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

bool is_path(std::string_view text) { return text.starts_with('/') && !has_control(text); }

bool is_login(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return is_control(c) || is_blank(c) || c == ':' || c == '/';
  });
}

// An address alone, without a name, that a line has room for (RFC 5321, 4.5.3.1.3).
bool is_sender_address(std::string_view text) {
  constexpr std::size_t kMostOctets = 254;
  const mail::AddressList list = mail::parse_address_list(text);
  if (list.addresses.size() != 1 || text.size() > kMostOctets) return false;
  const mail::Address& address = list.addresses.front().address;
  return !address.bare() && address.text() == text;
}

}  // namespace

bool Value::is_group() const {
  if (config_setting_is_group(setting_)) return true;
  wants("a group");
  return false;
}

void Value::read_boolean(bool& into) const {
  if (setting_->type == CONFIG_TYPE_BOOL) {
    into = config_setting_get_bool(setting_) == CONFIG_TRUE;
    return;
  }
  std::string text = to_lower(string().value_or(""));
  if (const auto number = integer()) text = std::to_string(*number);
  const auto is_one_of = [&](const auto&... words) { return ((text == words) || ...); };
  if (is_one_of("true", "yes", "on", "1")) return wants("true or false", "true");
  if (is_one_of("false", "no", "off", "0")) return wants("true or false", "false");
  wants("true or false");
}

// A path that is none is not shown: somebody may have written the password itself.
void Value::read_path(std::string& into) const {
  const auto text = string();
  if (text && is_path(*text)) {
    into = *text;
  } else {
    wants("a path that starts with /");
  }
}

void Value::read_path_or_none(std::string& into) const {
  if (string() == "") into.clear();
  else read_path(into);
}

void Value::read_socket_directory(std::string& into) const {
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - kLongestSocketName;
  const auto text = string();
  if (text && text->size() > most) {
    wants("a path of at most " + std::to_string(most) + " octets, since sockets go there");
  } else {
    read_path(into);
  }
}

void Value::read_host(std::string& into) const {
  const auto text = string();
  if (!text) return wants("a name in double quotes");
  const std::string complaint = host_complaint(*text);
  if (complaint.empty()) {
    into = *text;
  } else {
    complain(std::string(path_) + " = " + quoted(*text) + ": " + complaint);
  }
}

void Value::read_host_name(std::string& into) const {
  const auto text = string();
  if (text && is_host_name(*text)) {
    into = *text;
  } else {
    wants("the name of a host");
  }
}

void Value::read_text(std::string& into) const {
  const auto text = string();
  if (text && !text->empty() && !has_control(*text)) {
    into = *text;
  } else {
    wants("text in double quotes, not empty, without control characters");
  }
}

void Value::read_address(std::string& into) const {
  constexpr std::size_t kMostOctets = 254;  // RFC 5321, 4.5.3.1.3
  const auto text = string();
  const auto address = text ? mail::parse_address(*text) : failure(Error::Kind::data, "");
  if (address && !mail::is_local(*address, "") && address->text() == *text &&
      text->size() <= kMostOctets) {
    into = *text;
  } else {
    wants("an address elsewhere, without a name");
  }
}

void Value::read_login(std::string& into) const {
  const auto text = string();
  if (text && is_login(*text)) {
    into = *text;
  } else {
    wants("a name of this machine");
  }
}

void Value::read_logins(std::vector<std::string>& into) const {
  auto logins = strings();
  if (!logins || !std::all_of(logins->begin(), logins->end(), is_login))
    return wants("names in brackets");
  into = std::move(*logins);
}

void Value::read_names(std::vector<std::string>& into) const {
  const auto one = string();
  auto names = one ? std::vector<std::string>{std::string(*one)} : strings();
  if (!names || names->empty()) return wants("a name, or several in brackets");
  into = std::move(*names);
}

void Value::read_users(Users& into) const {
  const auto text = string();
  auto logins = strings();
  if (text == "off" || text == "all") {
    into = {text == "all", {}};
  } else if (logins && std::all_of(logins->begin(), logins->end(), is_login)) {
    into = {false, std::move(*logins)};
  } else {
    wants("\"off\", \"all\" or names of users in brackets");
  }
}

void Value::read_endpoints(std::vector<Endpoint>& into) const {
  const auto one = string();
  const auto texts = one ? std::vector<std::string>{std::string(*one)} : strings();
  std::vector<Endpoint> endpoints;
  for (const std::string& text : texts.value_or(std::vector<std::string>())) {
    if (const auto endpoint = parse_endpoint(text)) endpoints.push_back(*endpoint);
  }
  if (!texts || endpoints.empty() || endpoints.size() != texts->size())
    return wants("addresses with a port, \"localhost:25\" or \"[::1]:587\", in brackets");
  into = std::move(endpoints);
}

void Value::read_sender(std::string& into) const {
  const auto text = string();
  if (text && (text == "keep" || text == "domain" || is_sender_address(*text))) {
    into = *text;
  } else {
    wants("\"keep\", \"domain\" or an address");
  }
}

void Value::read_address_patterns(std::vector<std::string>& into) const {
  auto patterns = strings();
  if (!patterns || patterns->size() > kMostPatterns)
    return wants("at most " + std::to_string(kMostPatterns) + " patterns of addresses in brackets");
  for (const std::string& pattern : *patterns) {
    if (const auto parsed = mail::AddressPattern::parse(pattern); !parsed)
      return wants("patterns of addresses, and " + quoted(pattern) + " has " + parsed.error().text);
  }
  into = std::move(*patterns);
}

// A path alone will do. What a shell would make of it is not guessed.
void Value::read_command(std::vector<std::string>& into) const {
  const auto one = string();
  auto words = one ? std::vector<std::string>{std::string(*one)} : strings();
  const bool blank = one && one->find_first_of(" \t") != one->npos;
  if (!words || words->empty() || blank || !is_path(words->front()) ||
      std::any_of(words->begin(), words->end(), has_control))
    return wants(
        "a program that starts with / and its arguments, each in double quotes, in brackets");
  into = std::move(*words);
}

void Value::read_span(Seconds& into) const {
  const auto text = string();
  const auto number = integer();
  std::optional<std::uint64_t> span;
  if (text) span = parse_span(*text);
  if (number && *number > 0) span = static_cast<std::uint64_t>(*number);
  if (span && *span >= 1 && *span <= kYear) {
    into = Seconds(*span);
  } else {
    wants("a time from 1 second to a year, in seconds or as \"15m\", \"4h\", \"5d\"");
  }
}

void Value::read_span_or_never(std::optional<Seconds>& into) const {
  if (string() == "never") return into.reset();
  Seconds span{};
  read_span(span);
  into = span;
}

void Value::read_size(std::uint64_t& into) const {
  const auto text = string();
  const auto number = integer();
  std::optional<std::uint64_t> size;
  if (text) size = parse_size(*text);
  if (number && *number >= 0) size = static_cast<std::uint64_t>(*number);
  if (size && *size <= kLargestSize) {
    into = *size;
  } else {
    wants("octets, or a size like \"500K\", \"100M\", \"1G\"; 0 is no limit");
  }
}

std::optional<std::string_view> Value::string() const {
  const char* const text = config_setting_get_string(setting_);
  if (text == nullptr) return std::nullopt;
  return text;
}

std::optional<std::vector<std::string>> Value::strings() const {
  if (!config_setting_is_array(setting_) && !config_setting_is_list(setting_)) return std::nullopt;
  std::vector<std::string> texts;
  for (int i = 0; i < config_setting_length(setting_); ++i) {
    const char* const text = config_setting_get_string_elem(setting_, i);
    if (text == nullptr) return std::nullopt;
    texts.emplace_back(text);
  }
  return texts;
}

std::optional<std::int64_t> Value::integer() const {
  if (setting_->type == CONFIG_TYPE_INT64) return config_setting_get_int64(setting_);
  if (setting_->type != CONFIG_TYPE_INT) return std::nullopt;
  const std::int64_t read = config_setting_get_int(setting_);
  const auto written = number_in(line_of(source_, setting_->line), name());
  return written && static_cast<std::int32_t>(*written) == read ? written : read;
}

std::optional<std::uint64_t> Value::number_up_to(std::uint64_t most) const {
  const auto fits = [most](std::uint64_t number) { return number >= 1 && number <= most; };
  const std::string what = "a number from 1 to " + std::to_string(most);
  if (const auto number = integer()) {
    if (*number >= 1 && fits(static_cast<std::uint64_t>(*number)))
      return static_cast<std::uint64_t>(*number);
    wants(what);
    return std::nullopt;
  }
  const auto quoted_number = parse_number(string().value_or(""));
  const std::string instead(quoted_number && fits(*quoted_number) ? *string() : example_);
  wants(what + ", without quotes", instead);
  return std::nullopt;
}

std::string_view Value::name() const { return path_.substr(path_.rfind('.') + 1); }

void Value::complain(std::string text) const { complaints_.add(setting_->line, std::move(text)); }

void Value::wants(std::string_view what) const { wants(what, example_); }

void Value::wants(std::string_view what, std::string_view instead) const {
  std::string text(path_);
  text.append(" wants ").append(what).append("; write ");
  text.append(name()).append(" = ").append(instead).append(";");
  complain(std::move(text));
}

}  // namespace mailchute::config
