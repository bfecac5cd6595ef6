// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/listing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "fixture.h"

namespace mailchute::queue {
namespace {

using enum RecipientStatus;

constexpr Time kNow{Milliseconds(1790000000000)};  // Mon Sep 21 14:13:20 2026 UTC
constexpr char kId[] = "0123456789ABCDEFGHJKMNPQRS";

Listed waiting() {
  Listed listed;
  listed.id = kId;
  listed.time = kNow - Seconds(600);
  listed.size = 2345;
  listed.uid = 1000;
  listed.sender = "me@example.org";
  listed.recipients = {{"a@example.org", to_do, ""}};
  return listed;
}

std::string mailq(const std::vector<Listed>& shown) {
  return format_mailq(shown, shown.size(), 5000, kNow, 3600);
}

TEST(Listing, LineGoesThereAndBack) {
  Listed listed = waiting();
  EXPECT_EQ(*parse_listed(format_listed(listed)), listed);
  listed.place = Place::held;
  listed.sender = "tab\there";
  listed.recipients = {{"a\tb\n@c", failed, "550 \\ no\r"},
                       {"\xc3\xbc", possibly_delivered, ""},
                       {"d@e", done, "250 ok"}};
  listed.info = {4, kNow, kNow + Seconds(60), "450 wait\n"};
  const auto line = format_listed(listed);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(*parse_listed(line), listed);
  listed.recipients.clear();
  EXPECT_EQ(*parse_listed(format_listed(listed)), listed);
}

TEST(Listing, EveryCutLineIsRefusedOrShorter) {
  const auto line = format_listed(waiting());
  for (std::size_t cut = 0; cut < line.size(); ++cut) {
    const auto listed = parse_listed(line.substr(0, cut));
    EXPECT_TRUE(!listed || *listed != waiting()) << cut;
  }
}

TEST(Listing, MalformedLinesAreRefused) {
  const auto good = format_listed(waiting());
  const std::pair<std::string_view, std::string_view> changes[] = {
      {kId, "../../etc/passwd"}, {"waiting", "gone"}, {"2345", "-1"},    {"1000", "4294967296"},
      {"\t-\t", "\tx\t"},        {"\t-\t", "\t--\t"}, {"me@", "me\\q@"}, {"1789999400.000", "x"}};
  for (const auto& [what, with] : changes) {
    auto bad = good;
    bad.replace(bad.find(what), what.size(), with);
    EXPECT_FALSE(parse_listed(bad)) << bad;
  }
  EXPECT_FALSE(parse_listed(good + "\t"));
  EXPECT_FALSE(parse_listed(good + "\t-"));
}

TEST(Mailq, EmptyQueueSaysSo) {
  EXPECT_EQ(format_mailq({}, 0, 0, kNow, 0), "Mail queue is empty\n");
}

TEST(Mailq, HasPostfixShape) {
  auto first = waiting();
  first.place = Place::active;
  auto second = waiting();
  second.sender.clear();
  second.info = {1, kNow, kNow + Seconds(90), "connect to mx[192.0.2.1]:587: Connection refused"};
  second.recipients.push_back({"b@example.org", to_do, ""});
  EXPECT_EQ(mailq({first, second}),
            "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
            "0123456789ABCDEFGHJKMNPQRS*     2345 Mon Sep 21 15:03:20  me@example.org\n"
            "                                         a@example.org\n"
            "\n"
            "0123456789ABCDEFGHJKMNPQRS      2345 Mon Sep 21 15:03:20  MAILER-DAEMON\n"
            "       (connect to mx[192.0.2.1]:587: Connection refused; next try in 1m30s)\n"
            "                                         a@example.org\n"
            "                                         b@example.org\n"
            "\n"
            "-- 4 Kbytes in 2 Requests.\n");
}

TEST(Mailq, OneRequestIsSingularAndKbytesAreCutOff) {
  EXPECT_TRUE(mailq({waiting()}).ends_with("\n-- 4 Kbytes in 1 Request.\n"));
  EXPECT_EQ(format_mailq({}, 3, 1023, kNow, 0), "-- 0 Kbytes in 3 Requests.\n")
      << "others' entries count";
}

TEST(Mailq, HeldEntriesAndRefusedRecipientsShowWhy) {
  auto held = waiting();
  held.place = Place::held;
  held.info.reason = "550 5.7.1 not yours";
  held.recipients = {{"a@b", to_do, ""},
                     {"bad@b", failed, "550 who?"},
                     {"done@b", done, ""},
                     {"maybe@b", possibly_delivered, ""}};
  const auto text = mailq({held});
  EXPECT_NE(text.find(std::string(kId) + "! "), std::string::npos);
  EXPECT_NE(text.find("(550 5.7.1 not yours)\n" + std::string(41, ' ') + "a@b\n"),
            std::string::npos);
  EXPECT_NE(text.find("(550 who?)\n" + std::string(41, ' ') + "bad@b\n"), std::string::npos);
  EXPECT_NE(text.find("(possibly delivered already; 550 5.7.1 not yours)\n"), std::string::npos);
  EXPECT_EQ(text.find("done@b"), std::string::npos);
}

TEST(Mailq, DeadLettersAreNotShownAndControlCharactersDoNothing) {
  auto dead = waiting();
  dead.place = Place::failed;
  dead.sender = "dead@b";
  auto odd = waiting();
  odd.sender = "\x1b[2Jme";
  odd.recipients[0].address = "a\n-- 0 Kbytes in 0 Requests.";
  odd.info = {1, kNow, {}, "bell\x07"};
  const auto text = format_mailq({dead, odd}, 1, 5000, kNow, 0);
  EXPECT_EQ(text.find("dead@b"), std::string::npos);
  for (const char c : text) EXPECT_TRUE(c == '\n' || !is_control(c));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
}

TEST(Mailq, ArrivalCanBeAsLateAsAnEntryCanSay) {
  auto odd = waiting();
  odd.time = Time(Seconds(99999999999));
  EXPECT_NE(mailq({odd}).find(" Wed Nov 16 10:46:39  me@example.org\n"), std::string::npos)
      << mailq({odd});
}

TEST(List, ShowsEveryFolderOldestFirst) {
  QueueFixture q;
  const auto submit_at = [&](int second) {
    auto envelope = envelope_to({"a@b", "c@d"});
    envelope.time = kNow + Seconds(second);
    return q.submit(envelope);
  };
  const auto held = submit_at(4), dead = submit_at(3), late = submit_at(2);
  q.queue.adopt(10).value();
  auto entry = q.queue.load(held).value();
  ASSERT_TRUE(q.queue.hold(entry, "why not"));
  entry = q.queue.load(dead).value();
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, failed, "550 no"}, {1, done, ""}}));
  const auto notification = list(q.folder.path()).value().at(1).notification;
  EXPECT_EQ(notification, entry.progress().notification) << "owed";
  ASSERT_TRUE(q.queue.untold(entry));
  entry = q.queue.load(late).value();
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, to_do, ""}, {1, done, ""}}));
  q.queue.save_info(late, {2, kNow, kNow + Seconds(9), "451 later"});
  const auto incoming = submit_at(1);
  q.drop("junk");

  const auto all = list(q.folder.path()).value();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].id, incoming);
  EXPECT_EQ(all[0].place, Place::incoming);
  EXPECT_EQ(all[1].id, late);
  EXPECT_EQ(all[1].place, Place::waiting);
  EXPECT_EQ(all[1].info.reason, "451 later");
  EXPECT_EQ(all[1].recipients[1].status, done);
  EXPECT_EQ(all[2].id, dead);
  EXPECT_EQ(all[2].place, Place::failed);
  EXPECT_EQ(all[2].recipients[0].reply, "550 no");
  EXPECT_EQ(all[3].id, held);
  EXPECT_EQ(all[3].place, Place::held);
  EXPECT_EQ(all[3].info.reason, "why not");
  EXPECT_EQ(all[3].size, sizeof kMessage - 1);
  EXPECT_EQ(all[3].uid, ::getuid());
}

TEST(List, ShowsTheOwnerOfTheFileNotTheClaim) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make other people's files";
  QueueFixture q;
  auto envelope = envelope_to({"a@b"});
  envelope.uid = 4711;
  const auto id = q.submit(envelope);
  ASSERT_EQ(::chown(q.in(kNew, id).c_str(), kStranger, static_cast<gid_t>(-1)), 0);
  EXPECT_EQ(list(q.folder.path())->at(0).uid, kStranger);
  q.queue.adopt(1).value();
  auto entry = q.queue.load(id).value();
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, to_do, ""}}));
  EXPECT_EQ(list(q.folder.path())->at(0).uid, kStranger);
}

TEST(List, DamagedEntriesAreShownWithWhatIsWrong) {
  QueueFixture q;
  const auto id = new_queue_id();
  write_file(q.in(kHeld, id), "garbage");
  const auto all = list(q.folder.path()).value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].info.reason, "malformed entry: no Mailchute-Entry line");
  EXPECT_NE(mailq(all).find("(malformed entry: no Mailchute-Entry line)"), std::string::npos);
  EXPECT_EQ(*parse_listed(format_listed(all[0])), all[0]);
}

TEST(List, NoQueueIsAnError) { EXPECT_FALSE(list("/nonexistent/queue")); }

}  // namespace
}  // namespace mailchute::queue
