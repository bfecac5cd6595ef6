// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/details.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "fixture.h"

namespace mailchute::queue {
namespace {

Details read(const QueueFixture& it, const std::string& id) {
  return read_details(View::open(it.folder.path()).value(), it.folder.path(), id).value();
}

mail::Envelope envelope() {
  auto envelope = envelope_to({"a@b", "c@d"});
  envelope.recipients[0].notify.failure = true;
  envelope.recipients[1].original = "rfc822;x+2By@d";
  envelope.envelope_id = "QQ314159";
  envelope.ret = mail::Return::headers;
  envelope.body = mail::BodyType::eight_bit_mime;
  envelope.wait_for_queue_run = true;
  return envelope;
}

TEST(Details, TellAllThatTheEntryHolds) {
  QueueFixture it;
  const auto id = it.submit(envelope(), "Received: by test\nfrom: Me\n <me@here>\nSubject: a\n very\n long one\n"
                                        "Subject: second\nMessage-ID: <1@here>\n\nFrom: body\n");
  it.queue.adopt(1).value();
  it.queue.save_info(id, {3, Time(Seconds(5)), Time(Seconds(6)), "451 later"});
  const Details details = read(it, id);
  EXPECT_EQ(details.path, it.folder.path() + "/cur/" + id);
  EXPECT_EQ(details.envelope, envelope());
  EXPECT_EQ(details.from, "Me <me@here>");
  EXPECT_EQ(details.subject, "a very long one");
  EXPECT_EQ(details.message_id, "<1@here>");
  EXPECT_EQ(details.listed.info.attempts, 3u);
  EXPECT_EQ(details.listed.info.reason, "451 later");
  EXPECT_EQ(*parse_details(format_details(details)), details);
}

TEST(Details, WhyItIsHeldComesBeforeTheLastReply) {
  QueueFixture it;
  auto entry = it.entry(envelope());
  ASSERT_TRUE(it.queue.hold(entry, "550 not\nyou"));
  it.queue.save_info(entry.id(), {3, Time(), Time(), "451 later"});
  const Details details = read(it, entry.id());
  EXPECT_EQ(details.listed.info.reason, "550 not\nyou");
  EXPECT_EQ(details.listed.info.attempts, 3u);
  for (const auto& line : format_details(details)) EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(*parse_details(format_details(details)), details);
}

TEST(Details, OfADamagedEntryThereAreFew) {
  QueueFixture it;
  const auto id = new_queue_id();
  write_file(it.in(kFailed, id), "garbage");
  const Details details = read(it, id);
  EXPECT_FALSE(details.envelope);
  EXPECT_NE(details.listed.info.reason, "");
  EXPECT_EQ(*parse_details(format_details(details)), details);
}

TEST(Details, AHeaderWithoutAnEndIsReadAsFarAsItIsLookedAt) {
  QueueFixture it;
  const auto id = it.submit(envelope(), "Subject: x\nX: " + std::string(200000, 'x') + "\nFrom: late\n\n");
  const Details details = read(it, id);
  EXPECT_EQ(details.subject, "x");
  EXPECT_EQ(details.from, "");
}

TEST(Details, KeysOfNewerDaemonsAreIgnored) {
  QueueFixture it;
  const Details details = read(it, it.submit(envelope()));
  auto lines = format_details(details);
  lines.insert(lines.begin(), "colour=green");
  EXPECT_EQ(*parse_details(lines), details);
}

TEST(Details, MalformedLinesAreRefused) {
  QueueFixture it;
  const auto lines = format_details(read(it, it.submit(envelope())));
  EXPECT_FALSE(parse_details({}));
  EXPECT_FALSE(parse_details(std::span(lines).subspan(1))) << "no entry";
  for (const char* bad : {"", "entry", "entry=x", "path=\\q", "envelope=", "envelope=x"}) {
    auto changed = lines;
    changed.push_back(bad);
    EXPECT_FALSE(parse_details(changed)) << bad;
  }
  auto other = envelope();
  other.recipients.pop_back();
  auto changed = lines;
  changed.push_back("envelope=" + escaped(format_envelope(other)));
  EXPECT_FALSE(parse_details(changed)) << "recipients are counted through in both";
}

TEST(Details, OfWhatIsNotThereThereAreNone) {
  QueueFixture it;
  EXPECT_FALSE(read_details(View::open(it.folder.path()).value(), it.folder.path(), new_queue_id()));
}

}  // namespace
}  // namespace mailchute::queue
