// SPDX-License-Identifier: GPL-3.0-or-later
// What the encoder makes of any text has no bare CR or LF and one end, and the decoder makes the
// text of it again; whatever else the decoder gets, it gives the same however that is cut.
#include "fuzz/input.h"
#include "smtp/message_decoder.h"
#include "smtp/message_encoder.h"

using namespace mailchute;

namespace {

std::string encoded(const std::vector<std::string_view>& pieces) {
  smtp::MessageEncoder encoder;
  std::string wire;
  for (const auto piece : pieces) encoder.encode(piece, wire);
  encoder.finish(wire);
  return wire;
}

struct Decoded {
  std::string text;
  bool ended = false;
  std::size_t left = 0;  // octets behind the end
  std::uint64_t size = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decoded(const std::vector<std::string_view>& pieces, smtp::LineEnds ends) {
  smtp::MessageDecoder decoder(ends);
  Decoded decoded;
  for (auto piece : pieces) {
    if (!decoded.ended) decoded.ended = decoder.decode(piece, decoded.text);
    if (decoded.ended) decoded.left += piece.size();
  }
  decoded.size = decoder.size();
  return decoded;
}

void check_wire(std::string_view wire) {
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] == '\r') fuzz::require(wire.substr(i + 1).starts_with('\n'));
    if (wire[i] == '\n') fuzz::require(i > 0 && wire[i - 1] == '\r');
  }
  fuzz::require(wire == ".\r\n" || wire.find("\r\n.\r\n") == wire.size() - 5);
  fuzz::require(wire == ".\r\n" || !wire.starts_with(".\r\n"));
}

// Nothing but a dot between two CRLF ends a message.
void check_end(std::string_view wire, const Decoded& decoded) {
  const std::string all = "\r\n" + std::string(wire);
  const std::size_t end = all.find("\r\n.\r\n");
  fuzz::require(decoded.ended == (end != all.npos));
  fuzz::require(!decoded.ended || decoded.left == all.size() - end - 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  std::string text(input.rest());
  const std::string wire = encoded(fuzz::cut(text, 0));
  check_wire(wire);
  fuzz::require(encoded(fuzz::cut(text, seed)) == wire);
  for (const auto ends : {smtp::LineEnds::crlf, smtp::LineEnds::lf})
    fuzz::require(decoded(fuzz::cut(text, seed), ends) == decoded(fuzz::cut(text, 0), ends));

  check_end(text, decoded(fuzz::cut(text, 0), smtp::LineEnds::crlf));

  std::replace(text.begin(), text.end(), '\r', ' ');
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const Decoded whole{text, true, 0, text.size() + lines};
  fuzz::require(decoded(fuzz::cut(wire, seed), smtp::LineEnds::crlf) == whole);
  std::string with_lf = wire;
  std::erase(with_lf, '\r');
  fuzz::require(decoded(fuzz::cut(with_lf, seed), smtp::LineEnds::lf) == whole);
  return 0;
}
