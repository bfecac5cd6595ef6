// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/message_decoder.h"

namespace mailchute::smtp {

bool MessageDecoder::decode(std::string_view& wire, std::string& text) {
  while (!wire.empty()) {
    const char c = wire.front();
    const char end = ends_ == LineEnds::lf ? '\n' : '\r';
    switch (state_) {
      case State::line_start:
        state_ = c == '.' ? State::dot : State::middle;
        if (c == '.') wire.remove_prefix(1);
        break;
      case State::dot:  // the dot itself is dropped
        state_ = State::middle;
        if (c != end) break;
        wire.remove_prefix(1);
        if (end == '\n') return true;
        state_ = State::dot_cr;
        break;
      case State::dot_cr:
        if (c == '\n') {
          wire.remove_prefix(1);
          return true;
        }
        append("\r", text);
        state_ = State::middle;
        break;
      case State::middle: take_middle(wire, text); break;
      case State::cr: resolve_cr(wire, text); break;
    }
  }
  return false;
}

void MessageDecoder::decode_chunk(std::string_view octets, std::string& text) {
  while (!octets.empty()) {
    if (state_ == State::cr) resolve_cr(octets, text);
    else take_middle(octets, text);
  }
}

void MessageDecoder::finish(std::string& text) {
  if (state_ == State::cr) append("\r", text);
  state_ = State::line_start;
}

void MessageDecoder::append(std::string_view octets, std::string& text) {
  text.append(octets);
  size_ += octets.size();
}

void MessageDecoder::end_line(std::string& text) {
  text.push_back('\n');
  size_ += 2;
  state_ = State::line_start;
}

void MessageDecoder::take_middle(std::string_view& wire, std::string& text) {
  if (ends_ == LineEnds::lf) take_up_to_lf(wire, text);
  else take_up_to_cr(wire, text);
}

// A CR counts as part of the line end only directly before the LF, which may be in the next octets.
void MessageDecoder::take_up_to_lf(std::string_view& wire, std::string& text) {
  const std::size_t end = wire.find('\n');
  std::string_view line = wire.substr(0, end);
  const bool cr = line.ends_with('\r');
  if (cr) line.remove_suffix(1);
  append(line, text);
  if (end != std::string_view::npos) {
    wire.remove_prefix(end + 1);
    end_line(text);
  } else {
    wire = {};
    state_ = cr ? State::cr : State::middle;
  }
}

void MessageDecoder::take_up_to_cr(std::string_view& wire, std::string& text) {
  const std::size_t end = wire.find('\r');
  append(wire.substr(0, end), text);
  if (end != std::string_view::npos) {
    wire.remove_prefix(end + 1);
    state_ = State::cr;
  } else {
    wire = {};
    state_ = State::middle;
  }
}

void MessageDecoder::resolve_cr(std::string_view& wire, std::string& text) {
  if (wire.front() == '\n') {
    wire.remove_prefix(1);
    end_line(text);
  } else {
    append("\r", text);
    state_ = State::middle;
  }
}

}  // namespace mailchute::smtp
