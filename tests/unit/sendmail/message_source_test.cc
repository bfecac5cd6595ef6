// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/message_source.h"

#include "fixture.h"

namespace mailchute::sendmail {
namespace {

Result<std::string> read_all(MessageSource& source) {
  std::string text;
  for (;;) {
    const auto piece = source.next();
    if (!piece) return failure(piece.error());
    if (piece->empty()) return text;
    text += *piece;
  }
}

TEST(MessageSource, ReadsUpToTheEndOfInput) {
  const Piped input("a\r\nb");
  MessageSource source(input.get(), false);
  EXPECT_EQ(*read_all(source), "a\nb\n");
  EXPECT_EQ(*read_all(source), "");
}

TEST(MessageSource, StopsAtALoneDot) {
  const Piped input("a\n.\nb\n");
  MessageSource source(input.get(), false);
  EXPECT_EQ(*read_all(source), "a\n");
}

TEST(MessageSource, ReadsLongMessagesInPieces) {
  const std::string line(1000, 'x');
  std::string text;
  for (int i = 0; i < 500; ++i) text += line + "\n";
  const Piped input(text);
  MessageSource source(input.get(), true);
  EXPECT_EQ(*read_all(source), text);
}

TEST(MessageSource, WaitsForNonBlockingInput) {
  const Piped input(std::string(200000, 'x') + "\n");
  ASSERT_EQ(::fcntl(input.get(), F_SETFL, O_NONBLOCK), 0);
  MessageSource source(input.get(), false);
  EXPECT_EQ(read_all(source)->size(), 200001u);
}

TEST(MessageSource, ReadErrorIsNoEndOfMessage) {
  const sys::UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const int fd : {folder.get(), -1}) {
    MessageSource source(fd, false);
    const auto text = read_all(source);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().kind, Error::Kind::io);
  }
}

}  // namespace
}  // namespace mailchute::sendmail
