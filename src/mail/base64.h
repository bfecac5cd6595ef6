// SPDX-License-Identifier: GPL-3.0-or-later
// Base64 in lines of 76 octets (RFC 2045, 6.8), in pieces: the same octets come out however the
// text is cut. The last line has no line end.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// Lines of equal length, broken when more comes.
class EncodedLines {
 public:
  void put(std::string_view octets, std::string& out);

 private:
  std::size_t column_ = 0;
};

// Of text with LF line ends: as everywhere on the wire, CRLF stands for each.
class Base64Encoder {
 public:
  void encode(std::string_view text, std::string& out);
  void finish(std::string& out);

 private:
  void flush(std::string& out);

  std::string group_;  // what is not encoded yet
  EncodedLines lines_;
};

// Of base64 in lines that are too long, or with other octets among it, which do not count.
class Base64Mender {
 public:
  void encode(std::string_view text, std::string& out);

 private:
  EncodedLines lines_;
};

}  // namespace mailchute::mail
