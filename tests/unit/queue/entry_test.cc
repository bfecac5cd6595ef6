// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry.h"

#include <gtest/gtest.h>

#include "fixture.h"

namespace mailchute::queue {
namespace {

std::string read_all(const Entry& entry) {
  Entry::Reader reader(entry);
  std::string text;
  for (;;) {
    const auto piece = reader.next();
    EXPECT_TRUE(piece) << piece.error().text;
    if (!piece || piece->empty()) return text;
    text += *piece;
  }
}

TEST(Entry, SmallMessageIsInMemory) {
  QueueFixture q;
  const auto envelope = envelope_to({"a@b", "c@d"});
  const auto entry = q.entry(envelope);
  EXPECT_EQ(entry.envelope(), envelope);
  EXPECT_EQ(entry.text(), kMessage);
  EXPECT_EQ(read_all(entry), kMessage);
  EXPECT_EQ(entry.owner(), ::getuid());
  EXPECT_FALSE(entry.own());
  EXPECT_EQ(entry.status(1), RecipientStatus::to_do);
}

TEST(Entry, LargeMessageIsReadInPieces) {
  QueueFixture q;
  for (const std::size_t size : {Entry::kInMemory, Entry::kInMemory + 1, std::uint64_t{1000000}}) {
    std::string message(size, 'x');
    message[size / 2] = '\n';
    const auto entry = q.entry(envelope_to({"a@b"}), message);
    EXPECT_EQ(entry.text().has_value(), size <= Entry::kInMemory);
    for (int twice = 0; twice < 2; ++twice) EXPECT_TRUE(read_all(entry) == message);
  }
}

TEST(Entry, FactsAreCounted) {
  struct Case {
    std::string message;
    MessageFacts facts;
  };
  const auto facts_of = [](std::uint64_t length, std::uint64_t lines, std::uint64_t longest) {
    return MessageFacts{.length = length, .lines = lines, .longest_line = longest};
  };
  Case cases[] = {
      {"", facts_of(0, 0, 0)},
      {"\n", facts_of(1, 1, 0)},
      {"ab", facts_of(2, 0, 2)},
      {"a\nbcd\ne", facts_of(7, 2, 3)},
      {"a\n\n\xff\n", facts_of(5, 3, 1)},
      {"a\xff\n", facts_of(3, 1, 2)},
      {"a\xff\n\nb\n\n\n", facts_of(8, 5, 2)},
      {std::string("a\0\n", 3), facts_of(3, 1, 2)},
      {"a\rb\n", facts_of(4, 1, 3)},
      {std::string(70000, 'x') + "\n" + std::string(140000, 'y'), facts_of(210001, 1, 140000)},
      {"h: " + std::string(70000, 'x') + "\xff\n\n" + std::string(140000, 'y'), facts_of(210006, 2, 140000)},
  };
  cases[4].facts.eight_bit = true;
  for (const int i : {5, 6, 10}) cases[i].facts.eight_bit = cases[i].facts.eight_bit_header = true;
  cases[7].facts.nul = true;
  cases[8].facts.cr = true;
  QueueFixture q;
  for (const auto& [message, expected] : cases) {
    const auto facts = q.entry(envelope_to({"a@b"}), message).facts();
    EXPECT_EQ(facts.length, expected.length);
    EXPECT_EQ(facts.lines, expected.lines);
    EXPECT_EQ(facts.longest_line, expected.longest_line);
    EXPECT_EQ(facts.eight_bit, expected.eight_bit);
    EXPECT_EQ(facts.eight_bit_header, expected.eight_bit_header) << message.substr(0, 20);
    EXPECT_EQ(facts.nul, expected.nul);
    EXPECT_EQ(facts.cr, expected.cr);
    EXPECT_EQ(facts.wire_size(), expected.length + expected.lines);
  }
}

TEST(Entry, AnEightBitOctetIsSeenWhereverItStands) {
  QueueFixture q;
  for (std::size_t at = 0; at < 20; ++at) {
    std::string message(20, 'a');
    message[at] = '\x80';
    EXPECT_TRUE(q.entry(envelope_to({"a@b"}), message).facts().eight_bit) << at;
  }
  EXPECT_FALSE(q.entry(envelope_to({"a@b"}), std::string(20, '\x7f')).facts().eight_bit);
}

// A submitter may keep his file open and write into it at any time.
TEST(Entry, ChangesWhileItIsSentAreNoticedBeforeTheEnd) {
  for (const bool shorter : {false, true}) {
    QueueFixture q;
    const auto entry = q.entry(envelope_to({"a@b"}), std::string(200000, 'x'));
    const auto path = q.in(kCur, entry.id());
    Entry::Reader reader(entry);
    std::size_t handed_out = reader.next()->size();
    if (shorter) {
      std::filesystem::resize_file(path, 150000);
    } else {
      auto content = file_content(path);
      content[content.size() - 1000] = 'y';
      write_file(path, content);
    }
    Result<std::string_view> piece = reader.next();
    for (; piece && !piece->empty(); piece = reader.next()) handed_out += piece->size();
    ASSERT_FALSE(piece);
    EXPECT_EQ(piece.error().kind, Error::Kind::data);
    EXPECT_LT(handed_out, 200000u);
  }
}

TEST(Entry, HeadsLargerThanOnePieceAreRead) {
  QueueFixture q;
  auto envelope = envelope_to({});
  envelope.recipients.assign(20000, {"somebody@example.org", {}, {}});
  auto entry = q.entry(envelope);
  EXPECT_EQ(entry.envelope().recipients.size(), 20000u);
  const Outcome deferred[] = {{19999, RecipientStatus::possibly_delivered, ""}};
  ASSERT_TRUE(q.queue.record(entry, deferred));
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->status(19999), RecipientStatus::possibly_delivered);
  EXPECT_EQ(again->text(), kMessage);
}

}  // namespace
}  // namespace mailchute::queue
