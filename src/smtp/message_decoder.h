// SPDX-License-Identifier: GPL-3.0-or-later
// The reverse of the encoder: message octets from the wire to text with LF line ends (RFC 5321,
// 4.1.1.4 and 4.5.2; RFC 3030). Only CRLF "." CRLF ends a message, so that nobody can smuggle a
// second one past a server that reads line ends otherwise: a bare LF is passed on as LF, a bare CR
// as CR, and a dot behind either is no first dot of a line. The same text comes out however the
// octets are cut. Of lines that end with LF alone, only LF "." LF ends a message, for the same
// reason; the CR of a CRLF among them is left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailchute::smtp {

// `lf`: for a program at the other end of a pipe, which may write lines as its files have them.
enum class LineEnds { crlf, lf };

class MessageDecoder {
 public:
  explicit MessageDecoder(LineEnds ends = LineEnds::crlf) : ends_(ends) {}

  // DATA: takes octets from the front of `wire` and appends to `text`. True at the end of the
  // message; what follows it is left in `wire`.
  bool decode(std::string_view& wire, std::string& text);

  // BDAT: every octet of a chunk is the message's, dots are nothing special.
  void decode_chunk(std::string_view octets, std::string& text);
  // After the last chunk.
  void finish(std::string& text);

  // So far, as RFC 1870 counts: line ends are two octets, doubled and final dots are not counted.
  std::uint64_t size() const { return size_; }

 private:
  enum class State { line_start, dot, dot_cr, middle, cr };

  void append(std::string_view octets, std::string& text);
  void end_line(std::string& text);
  void take_middle(std::string_view& wire, std::string& text);
  void take_up_to_lf(std::string_view& wire, std::string& text);
  void take_up_to_cr(std::string_view& wire, std::string& text);
  void resolve_cr(std::string_view& wire, std::string& text);

  LineEnds ends_;
  State state_ = State::line_start;
  std::uint64_t size_ = 0;
};

}  // namespace mailchute::smtp
