// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/mail_queue.h"

#include "fake_daemon.h"
#include "fixture.h"
#include "queue/queue_id.h"

namespace mailchute::sendmail {
namespace {

queue::Listed entry(std::string id, std::string sender, std::string recipient) {
  queue::Listed listed;
  listed.id = std::move(id);
  listed.time = Time(Seconds(1795385822));
  listed.size = 1234;
  listed.sender = std::move(sender);
  listed.recipients.push_back({std::move(recipient), queue::RecipientStatus::to_do, ""});
  return listed;
}

const std::string kFirst = "0AAAAAAAAAAAAAAAAAAAAAAAAA";
const std::string kSecond = "1BBBBBBBBBBBBBBBBBBBBBBBBB";

class MailQueue : public TemporaryQueue {
 protected:
  static std::string listing() {
    return " " + queue::format_listed(entry(kFirst, "me@x", "you@example.net")) + "\n " +
           queue::format_listed(entry(kSecond, "root@y", "them@example.com")) +
           "\nOK requests=3 octets=5000\n";
  }
};

TEST_F(MailQueue, ShowsWhatTheDaemonSaysAndCountsTheWholeQueue) {
  FakeDaemon daemon(settings_.control_socket(), {listing()});
  const auto text = mail_queue(settings_, Time(Seconds(1795385900)), 0);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_NE(text->find(kFirst), std::string::npos);
  EXPECT_NE(text->find("them@example.com"), std::string::npos);
  EXPECT_NE(text->find(" in 3 Requests."), std::string::npos);
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"LIST"});
}

TEST_F(MailQueue, OpensWithTheNewsThatMailIsBroken) {
  FakeDaemon daemon(settings_.control_socket(),
                    {"OK requests=0 octets=0 alarm=1795385822.000 smart host mail:25 takes no mail: \\x1b[2J\n"});
  const auto text = mail_queue(settings_, Time(Seconds(1795385900)), 3600);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_EQ(*text, "*** Mail is broken since 2026-11-22 23:17:02: smart host mail:25 takes no mail: \\x1b[2J\n"
                   "Mail queue is empty\n");
}

TEST_F(MailQueue, IsNeverEmptyForWantOfAnAnswer) {
  for (const std::string answer :
       {"", " half", "OK\n", "OK requests=0\n", " nonsense\nOK requests=1 octets=1\n",
        "OK requests=x octets=1\n", "ERROR busy\n"}) {
    ::unlink(settings_.control_socket().c_str());
    FakeDaemon daemon(settings_.control_socket(), {answer});
    const auto text = mail_queue(settings_, Time(), 0);
    ASSERT_FALSE(text) << answer;
    EXPECT_EQ(text.error().kind, Error::Kind::temporary) << answer;
  }
}

TEST_F(MailQueue, IsReadDirectlyWhereNoDaemonRuns) {
  const auto text = mail_queue(settings_, Time(), 0);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_EQ(*text, "Mail queue is empty\n");
}

TEST_F(MailQueue, WithNeitherDaemonNorQueueTheDaemonIsNamed) {
  settings_.queue_directory = folder_ / "nowhere";
  const auto text = mail_queue(settings_, Time(), 0);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Error::Kind::temporary);
  EXPECT_NE(text.error().text.find("mailchuted"), std::string::npos);
}

TEST_F(MailQueue, RetryWithoutFiltersIsForEverything) {
  FakeDaemon daemon(settings_.control_socket(), {"OK 3 entries\n"});
  EXPECT_EQ(*retry(settings_, {}), "3 entries");
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"RETRY *"});
}

TEST_F(MailQueue, RetryIsForWhatMatches) {
  FakeDaemon daemon(settings_.control_socket(), {listing(), "OK 1 entry\n"});
  EXPECT_EQ(*retry(settings_, {{QueueFilter::By::recipient, "example.com"}}), "1 entry");
  EXPECT_EQ(daemon.requests(), (std::vector<std::string>{"LIST", "RETRY " + kSecond}));
}

TEST_F(MailQueue, RetryOfNothingAsksForNothing) {
  FakeDaemon daemon(settings_.control_socket(), {listing()});
  const auto text =
      retry(settings_, {{QueueFilter::By::id, "A"}, {QueueFilter::By::sender, "root"}});
  ASSERT_TRUE(text);
  EXPECT_EQ(daemon.requests().size(), 1u);
}

TEST_F(MailQueue, ManyIdsAreRetriedInSeveralRequests) {
  std::string many;
  for (int i = 0; i < 2500; ++i) many += " " + queue::format_listed(entry(queue::new_queue_id(), "me@x", "you@y")) + "\n";
  FakeDaemon daemon(settings_.control_socket(),
                    {many + "OK requests=2500 octets=1\n", "OK messages=1000\n", "ERROR no entry X\n", "OK messages=500\n"});
  const auto text = retry(settings_, {{QueueFilter::By::sender, "me"}});
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().text.find("no entry X"), std::string::npos);
  const auto requests = daemon.requests();
  ASSERT_EQ(requests.size(), 4u);
  for (const auto& request : requests) EXPECT_LT(request.size(), 64u << 10);
}

TEST(QueueFilter, MatchesAPartOfIdSenderOrAnyRecipient) {
  queue::Listed listed = entry(kFirst, "me@x", "you@y");
  listed.recipients.push_back({"second@z", queue::RecipientStatus::done, ""});
  EXPECT_TRUE(matches(listed, {QueueFilter::By::id, "AAA"}));
  EXPECT_FALSE(matches(listed, {QueueFilter::By::id, "B"}));
  EXPECT_TRUE(matches(listed, {QueueFilter::By::sender, "@x"}));
  EXPECT_FALSE(matches(listed, {QueueFilter::By::sender, "you"}));
  EXPECT_TRUE(matches(listed, {QueueFilter::By::recipient, "@z"}));
  EXPECT_FALSE(matches(listed, {QueueFilter::By::recipient, "me"}));
}

}  // namespace
}  // namespace mailchute::sendmail
