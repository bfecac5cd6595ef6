// SPDX-License-Identifier: GPL-3.0-or-later
// The MIME fields that say what a part is (RFC 2045, 5 and 6.1), read as leniently as mail readers
// do: comments, folding, quotes that are missing. What makes no sense is no type at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailchute::mail {

struct ContentType {
  std::string type;     // in lower case; empty: there is none, or none that can be read
  std::string subtype;  // in lower case
  std::string boundary;
  bool has_charset = false;
  std::size_t parameters = 0;  // offset in the field's body behind type/subtype

  bool is(std::string_view a_type, std::string_view a_subtype) const {
    return type == a_type && subtype == a_subtype;
  }
};

// Of the body of a Content-Type field.
ContentType parse_content_type(std::string_view body);

// "7bit", "8bit", "binary", "quoted-printable", "base64" or what else is there, in lower case.
std::string parse_transfer_encoding(std::string_view body);

// ";name=value" in the body of a MIME field (RFC 2045, 5.1), with where it stands: from the name to
// behind the value.
struct Parameter {
  std::string name;   // in lower case
  std::string value;  // without quotes and escapes
  std::size_t begin;
  std::size_t end;
};
std::vector<Parameter> parse_parameters(std::string_view body, std::size_t from);

}  // namespace mailchute::mail
