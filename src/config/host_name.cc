// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/host_name.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/text.h"
#include "sys/file.h"

namespace mailchute::config {
namespace {

constexpr char kMailName[] = "/etc/mailname";
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool is_address(std::string_view text) {
  const std::string copy(text);
  in6_addr address;
  return ::inet_pton(AF_INET, copy.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, copy.c_str(), &address) == 1;
}

bool is_host(std::string_view text) { return is_host_name(text) || is_address(text); }

std::string quoted_host(std::string_view text) { return "host = \"" + std::string(text) + "\";"; }

// "mail.example.org:587"
std::string with_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || !is_host_name(text.substr(0, colon))) return {};
  const auto port = parse_number(text.substr(colon + 1));
  if (!port) return {};
  return "the port is a setting of its own; write " + quoted_host(text.substr(0, colon)) +
         " port = " + std::to_string(*port) + ";";
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestName) return false;
  const auto labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_label);
}

bool is_domain_name(std::string_view text) { return is_host_name(text) && !is_address(text); }

std::string host_complaint(std::string_view text) {
  if (is_host(text)) return {};
  const std::string example = quoted_host("mail.example.org");
  if (text.empty()) return "the name is empty; write " + example;
  if (text.find("://") != text.npos) return "only the name, no URL; write " + example;
  if (text.front() == '[' && text.back() == ']' && is_host(text.substr(1, text.size() - 2)))
    return "no brackets; write " + quoted_host(text.substr(1, text.size() - 2));
  if (text.back() == '.' && is_host_name(text.substr(0, text.size() - 1)))
    return "no final dot; write " + quoted_host(text.substr(0, text.size() - 1));
  if (std::string advice = with_port(text); !advice.empty()) return advice;
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }))
    return "write an internationalised name in its ASCII form (xn--...)";
  return "not the name of a host nor an address; write " + example;
}

MachineNames machine_names(std::string_view kernel, std::string_view mail_name) {
  if (!is_host_name(kernel)) kernel = "localhost";
  std::string name(kernel);
  if (!is_host_name(mail_name)) return {name, name};
  std::string domain(mail_name);
  const bool whole = name.find('.') != name.npos || name == "localhost";
  if (!whole && name != domain) {
    const std::string longer = domain.starts_with(name + ".") ? domain : name + "." + domain;
    if (is_host_name(longer)) name = longer;
  }
  return {std::move(name), std::move(domain)};
}

MachineNames machine_names() {
  utsname system{};
  if (::uname(&system) != 0) system.nodename[0] = '\0';
  const auto file = sys::read_file(AT_FDCWD, kMailName, 4096);
  return machine_names(system.nodename, file ? trim(split(*file, '\n').front()) : "");
}

}  // namespace mailchute::config
