// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/control_server.h"

#include <gtest/gtest.h>

#include <list>
#include <set>

#include "base/text.h"
#include "sys/listening_socket.h"
#include "unit/mailchuted/server_fixture.h"

namespace mailchute::mailchuted {
namespace {

class ControlServerTest : public ServerTest {
 protected:
  ControlServerTest() {
    socket.emplace(std::move(*sys::ListeningSocket::open(settings.control_socket(), 0666)));
    server.emplace(loop, sys::UniqueFd(::dup(socket->fd())), settings, *delivery, tally, it.log,
                   nullptr, [this] { ++reloads; });
  }
  std::string ask(const std::string& request) {
    Speaker asker(loop, settings.control_socket());
    asker.say(request);
    run_until([&] { return asker.closed; });
    return asker.said;
  }

  Tally tally{Time(Seconds(1'800'000'000))};
  std::optional<sys::ListeningSocket> socket;
  std::optional<ControlServer> server;
  int reloads = 0;
};

TEST_F(ControlServerTest, ListsTheQueueAndCountsIt) {
  EXPECT_EQ(ask("LIST\n"), "OK requests=0 octets=0\n");
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  const std::string answer = ask("LIST\n");
  EXPECT_EQ(answer.find(" " + id + "\tincoming\t"), 0u) << answer;
  EXPECT_NE(answer.find("\nOK requests=1 octets="), std::string::npos) << answer;
}

TEST_F(ControlServerTest, SaysThatMailIsBrokenWithEachListAndFirstOfAll) {
  const Trouble trouble{"mail:25", Time(Seconds(1'800'000'000)), "454 later"};
  server->set_alarm({trouble});
  EXPECT_EQ(ask("LIST\n"), "OK requests=0 octets=0 alarm=1800000000.000 smart host mail:25 takes no mail: 454 later; once "
                           "that is over, mailchute queue retry --all tries at once\n");
  EXPECT_TRUE(ask("STATUS\n").starts_with(" alarm_since=1800000000.000\n alarm=smart host mail:25 takes no mail: 454"));
  server->set_alarm({});
  EXPECT_EQ(ask("LIST\n"), "OK requests=0 octets=0\n");
}

TEST_F(ControlServerTest, SaysWhatHasHappenedSinceTheDaemonWasStarted) {
  tally.count("delivered");
  tally.count("worker-died");
  const std::string answer = ask("STATUS\n");
  for (const char* line : {" delivered=1\n", " count.delivered=1\n", " count.worker-died=1\n", " count.failed=0\n",
                           " started=1800000000.000\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
}

TEST_F(ControlServerTest, SaysHowTheSmartHostIs) {
  settings.file = "/etc/here\n.conf";
  const std::string answer = ask("STATUS\n");
  for (const char* line : {" smart_host=127.0.0.1:1\n", " state=ok\n", " waiting=0\n", " in_flight=0\n", " delivered=0\n",
                           " held=0\n", " failed=0\n", " octets=0\n", " configuration=/etc/here\\n.conf\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
  EXPECT_EQ(answer.find("oldest="), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\nOK\n")) << answer;
}

// No message has a reason of its own then, and who looks wants to know all the same.
TEST_F(ControlServerTest, SaysWithEachWaitingMessageWhyTheSmartHostIsPaused) {
  it.submit(queue::envelope_to({"a@a"}));
  delivery->look_for_new_mail();
  while (ask("STATUS\n").find("paused_for=") == std::string::npos && !HasFailure()) {
  }
  const std::string answer = ask("LIST\n");
  EXPECT_NE(answer.find("smart host is paused: connect to 127.0.0.1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection refused"), std::string::npos) << answer;
}

TEST_F(ControlServerTest, CountsWhatNeedsSomebody) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.record(entry, std::vector<queue::Outcome>{{0, queue::RecipientStatus::failed, "550 no"}}));
  ASSERT_EQ(it.queue.untold(entry), queue::Disposition::failed);
  it.submit(queue::envelope_to({"a@a"}));
  const std::string answer = ask("STATUS\n");
  for (const char* line : {" incoming=1\n", " held=1\n", " failed=1\n", " oldest=1790000000.123\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
}

TEST_F(ControlServerTest, AListGoesOnBehindTheLastEntryOfAPage) {
  std::set<std::string> submitted, shown;
  auto envelope = queue::envelope_to({std::string(900, 'a') + "@a"});
  for (int i = 0; i < 200; ++i) {
    envelope.time += Milliseconds(i % 3);  // some at the same time
    submitted.insert(it.submit(envelope));
  }
  int pages = 0;
  for (std::string request = "LIST"; !request.empty() && !HasFailure(); ++pages) {
    const std::string answer = ask(request + "\n");
    EXPECT_LT(answer.size(), 70000u);
    for (const auto line : split(answer, '\n')) {
      if (!line.starts_with(" ")) continue;
      EXPECT_TRUE(shown.insert(std::string(line.substr(1, 26))).second) << "shown twice";
    }
    const auto next = answer.find(" next=");
    request = next == std::string::npos ? "" : "LIST " + answer.substr(next + 6, answer.size() - next - 7);
  }
  EXPECT_EQ(shown, submitted);
  EXPECT_GT(pages, 2);
}

TEST_F(ControlServerTest, APlaceInTheListMakesSenseAfterARestartToo) {
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  EXPECT_NE(ask("LIST 1000000000.000/" + queue::new_queue_id() + "\n").find(id), std::string::npos);
  EXPECT_EQ(ask("LIST nonsense\n"), "ERROR unknown request LIST nonsense\n");
}

TEST_F(ControlServerTest, ShowsAnEntryByTheBeginningOfItsId) {
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  const std::string whole = ask("SHOW " + id + "\n");
  EXPECT_EQ(whole.find(" entry=" + id + "\tincoming\t"), 0u) << whole;
  EXPECT_NE(whole.find("\n path=" + it.folder.path() + "/new/" + id + "\n"), std::string::npos) << whole;
  EXPECT_TRUE(whole.ends_with("\nOK\n"));
  EXPECT_EQ(ask("SHOW " + id.substr(0, 12) + "\n"), whole);
  EXPECT_EQ(ask("SHOW " + to_lower(id) + "\n"), whole);
  EXPECT_EQ(ask("SHOW " + queue::new_queue_id() + "\n").find("ERROR no entry "), 0u);
  EXPECT_EQ(ask("SHOW 8888\n"), "ERROR no entry 8888 in the queue\n");
  EXPECT_EQ(ask("SHOW 012\n").find("ERROR 012 is too short"), 0u);
}

TEST_F(ControlServerTest, NamesThoseThatBeginAlike) {
  const std::string beginning = "0123456789ABCDEFGHJKMNPQR";
  std::vector<std::string> ids;
  for (const char last : std::string_view("0123456789")) {
    ids.push_back(beginning + last);
    queue::write_file(it.in(queue::kFailed, ids.back()), "garbage");
  }
  const std::string answer = ask("SHOW 0123\n");
  EXPECT_EQ(answer, "ERROR more than one entry begins with 0123: " + ids[0] + " " + ids[1] + " " + ids[2] + " " + ids[3] +
                        " " + ids[4] + " and more\n");
  EXPECT_EQ(ask("RETRY 0123\n"), answer);
}

TEST_F(ControlServerTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(ask("list\n"), "ERROR unknown request list\n");
  EXPECT_EQ(ask("\x1b[2J\n"), "ERROR unknown request \\x1b[2J\n");
  EXPECT_EQ(ask("RETRY nonsense\n").find("ERROR "), 0u);
  EXPECT_EQ(ask("RETRY \n").find("ERROR "), 0u);
  EXPECT_EQ(ask(std::string(100000, 'x')), "ERROR request not understood\n");
}

TEST_F(ControlServerTest, RetriesAllOrWhatIsNamed) {
  EXPECT_EQ(ask("RETRY *\n"), "OK messages=0\n");
  const std::string id = queue::new_queue_id();
  EXPECT_EQ(ask("RETRY " + id + "\n"), "ERROR " + id + ": there is no such entry in the queue\n");
}

TEST_F(ControlServerTest, PutsAHeldMessageBackWhenItIsNamed) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  EXPECT_EQ(ask("RETRY *\n"), "OK messages=0\n");
  EXPECT_TRUE(it.has(queue::kHeld, entry.id()));
  const std::string word = entry.id().substr(0, 20);
  EXPECT_EQ(ask("RETRY " + word + " ZZZZZ\n"),
            " " + word + " done \n ZZZZZ refused no entry ZZZZZ in the queue\nOK messages=1\n");
  EXPECT_TRUE(it.has(queue::kCur, entry.id()));
}

TEST_F(ControlServerTest, AListIsOfWhatIsSelected) {
  const auto first = it.submit(queue::envelope_to({"a@a"}));
  it.submit(queue::envelope_to({"b@b"}));
  const std::string answer = ask("LIST recipient=@A\tstate=incoming\n");
  EXPECT_EQ(answer.find(" " + first), 0u) << answer;
  EXPECT_EQ(answer.find("b@b"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\nOK requests=2"), std::string::npos) << "the whole queue is counted";
  EXPECT_EQ(ask("LIST state=held\n").find("OK requests=2"), 0u);
  EXPECT_EQ(ask("LIST 1789999800.000/" + first + "\trecipient=@c\n").find("OK "), 0u);
  for (const char* request : {"LIST heavy=1\n", "LIST state=heavy\n", "LIST id=A\n", "LIST sender=\n", "LIST x\n"})
    EXPECT_EQ(ask(request).find("ERROR "), 0u) << request;
}

TEST_F(ControlServerTest, ActsOnWhatIsNamedAndSaysWhatBecameOfEach) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  const std::string id = entry.id(), unknown = queue::new_queue_id();
  EXPECT_EQ(ask("REMOVE id=" + id + "\n"), " " + id + " refused mailchuted is at work on it; try again in a moment\nOK\n")
      << "the schedule does not know it yet";
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  EXPECT_EQ(ask("RELEASE old=a@a\tnew=b@b\tid=" + id + "\tid=" + unknown + "\n"),
            " " + id + " done \n " + unknown + " refused there is no such entry in the queue\nOK\n");
  EXPECT_EQ(it.queue.load(id)->envelope().recipients[0].address, "b@b");
  EXPECT_EQ(ask("HOLD reason=wait a bit\tid=" + id + "\n"), " " + id + " done \nOK\n");
  EXPECT_TRUE(it.has(queue::kHeld, id));
  EXPECT_EQ(ask("REMOVE id=" + id + "\n"), " " + id + " done \nOK\n");
  EXPECT_FALSE(it.queue.has(id));
  const std::string by = " by=" + std::to_string(::getuid()) + " ";
  for (const char* act : {"released", "held", "removed"}) EXPECT_EQ(it.log.count(std::string(act) + " id=" + id + by), 1u) << act;
}

TEST_F(ControlServerTest, DoesNothingWhereAWordIsNotUnderstood) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  for (const char* words : {"reason=x\t", "old=a\t", "new=b\t", "sender=a@b\t", "all=yes\t", "x"}) {
    EXPECT_EQ(ask(std::string("REMOVE ") + words + "id=" + entry.id() + "\n").find("ERROR unknown request"), 0u) << words;
  }
  EXPECT_EQ(ask("REMOVE\n"), "OK\n");
  EXPECT_TRUE(it.has(queue::kHeld, entry.id()));
}

TEST_F(ControlServerTest, HandsOutAnEntrysFileInPieces) {
  const auto entry = it.entry(queue::envelope_to({"a@a"}), "Subject: x\n\n" + std::string(40000, '\xff') + "\n");
  const auto octets = queue::file_content(it.in(queue::kCur, entry.id()));
  std::string got;
  while (got.size() < octets.size()) {
    std::string piece = ask("EXPORT id=" + entry.id() + "\toffset=" + std::to_string(got.size()) + "\n");
    ASSERT_GT(piece.find('\n'), 1u);
    EXPECT_TRUE(piece.ends_with("\nOK octets=" + std::to_string(octets.size()) + "\n"));
    got += unescaped(piece.substr(1, piece.find('\n') - 1)).value();
  }
  EXPECT_EQ(got, octets);
  EXPECT_EQ(ask("EXPORT id=../lock\toffset=0\n"), "ERROR no entry ../lock in the queue\n");
}

TEST_F(ControlServerTest, AnEndlessNumberOfClientsCostsTheOldest) {
  std::list<Speaker> crowd;
  for (int i = 0; i < 100; ++i) crowd.emplace_back(loop, settings.control_socket());
  run_until([&] { return crowd.front().closed; });
  EXPECT_FALSE(crowd.back().closed);
  crowd.back().say("STATUS\n");
  run_until([&] { return crowd.back().closed; });
  EXPECT_NE(crowd.back().said.find("\nOK\n"), std::string::npos);
}

TEST_F(ControlServerTest, AReloadIsAnsweredWhenItIsDoneInOrder) {
  Speaker first(loop, settings.control_socket()), second(loop, settings.control_socket());
  first.say("RELOAD\n");
  run_until([&] { return reloads == 1; });
  second.say("RELOAD\n");
  run_until([&] { return reloads == 2; });
  EXPECT_EQ(first.said + second.said, "");
  server->reloaded(failure(Error::Kind::config, "conf:1: a\nconf:2: b"));
  run_until([&] { return first.closed; });
  EXPECT_EQ(first.said, " conf:1: a\n conf:2: b\nOK refused\n");
  EXPECT_EQ(second.said, "");
  server->reloaded({});
  run_until([&] { return second.closed; });
  EXPECT_EQ(second.said, "OK done\n");
  Speaker third(loop, settings.control_socket());
  third.say("RELOAD\n");
  run_until([&] { return reloads == 3; });
  server->reloaded(failure(Error::Kind::temporary, "workers are busy"));
  run_until([&] { return third.closed; });
  EXPECT_EQ(third.said, " workers are busy\nOK later\n");
}

TEST_F(ControlServerTest, RetiredItAnswersWhoIsThereAndNobodyElse) {
  Speaker asker(loop, settings.control_socket());
  asker.say("RELOAD\n");
  run_until([&] { return reloads == 1; });
  bool idle = false;
  server->retire([&] { idle = true; });
  Speaker late(loop, settings.control_socket());
  late.say("STATUS\n");
  server->reloaded({});
  run_until([&] { return asker.closed && idle; });
  EXPECT_EQ(asker.said, "OK done\n");
  EXPECT_EQ(late.said, "");
}

}  // namespace
}  // namespace mailchute::mailchuted
