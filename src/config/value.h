// SPDX-License-Identifier: GPL-3.0-or-later
// The value of one setting as libconfig read it, on its way into a checked variable. A value that
// does not do leaves the variable as it was and a complaint.
#pragma once

#include <libconfig.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/complaints.h"
#include "config/endpoint.h"
#include "config/settings.h"

namespace mailchute::config {

template <class T>
struct Word {
  std::string_view text;
  T value;
};

class Value {
 public:
  // `path` is the full name, "retry.first"; `example` a value that would do; `source` the text of
  // the whole file.
  Value(const config_setting_t* setting, std::string_view path, std::string_view example,
        std::string_view source, Complaints& complaints)
      : setting_(setting),
        path_(path),
        example_(example),
        source_(source),
        complaints_(complaints) {}

  bool is_group() const;  // complains if it is not
  void read_boolean(bool& into) const;
  void read_path(std::string& into) const;              // absolute
  void read_path_or_none(std::string& into) const;      // or empty
  void read_socket_directory(std::string& into) const;  // and short enough for a socket in it
  void read_host(std::string& into) const;              // name or address
  void read_host_name(std::string& into) const;
  void read_address(std::string& into) const;  // not of this machine, without a name
  void read_text(std::string& into) const;     // not empty, no control characters
  void read_login(std::string& into) const;    // a user or group of this machine
  void read_logins(std::vector<std::string>& into) const;
  void read_names(std::vector<std::string>& into) const;   // one, or several in brackets
  void read_users(Users& into) const;                      // "off", "all", or names in brackets
  void read_endpoints(std::vector<Endpoint>& into) const;  // one, or several in brackets
  void read_sender(std::string& into) const;               // "keep", "domain" or an address
  void read_address_patterns(std::vector<std::string>& into) const;
  void read_command(std::vector<std::string>& into) const;  // a program's path and its arguments
  void read_span(Seconds& into) const;                      // a second to a year
  void read_span_or_never(std::optional<Seconds>& into) const;
  void read_size(std::uint64_t& into) const;  // octets

  template <std::unsigned_integral T>
  void read_number(T& into, T most = std::numeric_limits<T>::max()) const {  // from 1
    if (const auto number = number_up_to(most)) into = static_cast<T>(*number);
  }

  template <class T, std::size_t N>
  void read_word(T& into, const Word<T> (&words)[N]) const {
    std::string known;
    const std::optional<std::string_view> text = string();
    for (const Word<T>& word : words) {
      if (text == word.text) {
        into = word.value;
        return;
      }
      known.append(known.empty() ? "\"" : ", \"").append(word.text).append("\"");
    }
    wants("one of " + known);
  }

 private:
  std::optional<std::string_view> string() const;
  std::optional<std::vector<std::string>> strings() const;  // in brackets
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> number_up_to(std::uint64_t most) const;
  std::string_view name() const;
  void complain(std::string text) const;
  void wants(std::string_view what) const;
  void wants(std::string_view what, std::string_view instead) const;

  const config_setting_t* setting_;
  std::string_view path_;
  std::string_view example_;
  std::string_view source_;
  Complaints& complaints_;
};

}  // namespace mailchute::config
