// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/message_stream.h"

#include <utility>

namespace mailchute::relay {

MessageText::MessageText(const Outgoing& message) : reader_(message.entry) {
  if (!message.correction) return;
  head_ = message.correction->text;
  skip_ = message.correction->replaces;
}

Result<std::string_view> MessageText::next() {
  if (!head_.empty()) return std::exchange(head_, {});
  auto piece = reader_.next();
  while (piece && !piece->empty() && piece->size() <= skip_) {
    skip_ -= piece->size();
    piece = reader_.next();
  }
  if (piece && !piece->empty()) piece->remove_prefix(std::exchange(skip_, 0));
  return piece;
}

MessageStream::MessageStream(const Outgoing& message) : text_(message) {
  if (message.plan.changes) converter_.emplace(message.plan, message.target);
}

Result<std::string_view> MessageStream::next() {
  if (!converter_) return text_.next();
  converted_.clear();
  while (converted_.empty()) {
    auto piece = text_.next();
    if (!piece) return piece;
    if (piece->empty()) {
      converter_->finish(converted_);
      converter_.reset();
      break;
    }
    converter_->convert(*piece, converted_);
  }
  return std::string_view(converted_);
}

}  // namespace mailchute::relay
