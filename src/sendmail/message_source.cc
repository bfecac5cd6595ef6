// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/message_source.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace mailchute::sendmail {
namespace {

constexpr std::size_t kPiece = 64 << 10;

Result<std::size_t> read_piece(int fd, char* buffer) {
  for (;;) {
    const ssize_t got = ::read(fd, buffer, kPiece);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) {
      pollfd watched{fd, POLLIN, 0};
      ::poll(&watched, 1, -1);
    } else if (errno != EINTR) {
      Error error = Error::from_errno("read", "the message from standard input");
      error.kind = Error::Kind::io;
      return failure(std::move(error));
    }
  }
}

}  // namespace

MessageSource::MessageSource(int fd, bool ignore_dots)
    : fd_(fd), input_(ignore_dots), buffer_(std::make_unique_for_overwrite<char[]>(kPiece)) {}

bool MessageSource::wait(Milliseconds span) const {
  pollfd watched{fd_, POLLIN, 0};
  return finished_ || ::poll(&watched, 1, static_cast<int>(span.count())) != 0;
}

Result<std::string_view> MessageSource::next() {
  text_.clear();
  while (text_.empty() && !finished_) {
    const auto got = read_piece(fd_, buffer_.get());
    if (!got) return failure(got.error());
    input_.feed(std::string_view(buffer_.get(), *got), text_);
    finished_ = *got == 0 || input_.ended();
    if (finished_) input_.finish(text_);
  }
  return std::string_view(text_);
}

}  // namespace mailchute::sendmail
