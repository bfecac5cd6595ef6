// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/submission_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "queue/submission_protocol.h"
#include "sys/listening_socket.h"
#include "unit/mailchuted/server_fixture.h"

namespace mailchute::mailchuted {
namespace {

using queue::count_names;
using queue::kMessage;

class SubmissionServerTest : public ServerTest {
 protected:
  SubmissionServerTest() { limits.hospitality.standstill = Milliseconds(0); }
  void serve() {
    socket.emplace(std::move(*sys::ListeningSocket::open(settings.submission_socket(), 0666)));
    server = std::make_unique<SubmissionServer>(loop, sys::UniqueFd(::dup(socket->fd())), it.queue, committer,
                                                settings, *delivery, it.log, limits);
  }
  Speaker& speaker() { return speakers.emplace_back(loop, settings.submission_socket()); }
  // All that is answered to this.
  std::string ask(const std::string& octets) {
    Speaker& who = speaker();
    who.say(octets);
    run_until([&] { return who.closed; });
    return who.said;
  }

  std::string begin(const std::string& as) const {
    return queue::format_submit(as, envelope_text().size()) + envelope_text();
  }
  std::string envelope_text() const { return queue::format_envelope(envelope); }
  std::string end(const std::string& message) const {
    queue::DigestBuilder digest;
    digest.update(envelope_text());
    digest.update(message);
    return queue::format_end(message.size(), digest.finish());
  }
  std::string whole(const std::string& as, const std::string& message = kMessage) const {
    return begin(as) + queue::format_data(message.size()) + message + end(message);
  }
  static std::string taken(const std::string& as) {
    return queue::format_go(as) + queue::format_ok(as);
  }
  std::size_t in_work() const { return count_names(it.folder / "work"); }

  SubmissionLimits limits;
  std::optional<sys::ListeningSocket> socket;
  Committer committer{loop, it.queue};
  std::unique_ptr<SubmissionServer> server;
  std::list<Speaker> speakers;
  mail::Envelope envelope = queue::envelope_to({"a@b", "c@d"});
  std::string id = queue::new_queue_id();
};

TEST_F(SubmissionServerTest, TakesAnEntryAndGivesItToTheDelivery) {
  serve();
  EXPECT_EQ(ask(whole(id)), taken(id));
  const auto entry = it.queue.load(id);
  ASSERT_TRUE(entry) << entry.error().text;
  EXPECT_EQ(entry->envelope(), envelope);
  EXPECT_EQ(entry->text(), kMessage);
  EXPECT_EQ(entry->owner(), ::getuid());
  EXPECT_EQ(delivery->status().waiting, 1u);
  EXPECT_EQ(it.log.count("queued id=" + id), 1u);
  EXPECT_EQ(it.queue.unsynced(), 0u);
  EXPECT_EQ(in_work(), 0u);
}

TEST_F(SubmissionServerTest, WhoeverClaimsToBeSomebodyElseIsHimself) {
  envelope.uid = 1;
  serve();
  EXPECT_EQ(ask(whole(id)), taken(id));
  EXPECT_EQ(it.queue.owner_of(id), ::getuid());
}

TEST_F(SubmissionServerTest, MailThatWaitsForAQueueRunWaits) {
  envelope.wait_for_queue_run = true;
  serve();
  EXPECT_EQ(ask(whole(id)), taken(id));
  EXPECT_GT(*delivery->next_try(id), envelope.time);
}

TEST_F(SubmissionServerTest, SeveralAtATimeAreSyncedTogether) {
  serve();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(queue::new_queue_id());
    speaker().say(whole(ids.back()));
  }
  run_until([&] {
    return std::all_of(speakers.begin(), speakers.end(), [](const Speaker& who) { return who.closed; });
  });
  auto speaker = speakers.begin();
  for (const auto& each : ids) EXPECT_EQ((speaker++)->said, taken(each));
  EXPECT_EQ(count_names(it.folder / "cur"), 20u);
}

TEST_F(SubmissionServerTest, NothingIsQueuedWithoutAnEnd) {
  serve();
  const std::string octets = whole(id);
  for (std::size_t cut = 0; cut < octets.size(); cut += 13) {
    Speaker& who = speaker();
    who.say(octets.substr(0, cut));
    run_until([&] { return cut == 0 || server->clients() == 1; });
    run_until([&] { return cut <= begin(id).size() || in_work() == 1; });
    who.hang_up();
    run_until([&] { return server->clients() == 0 && in_work() == 0; });
  }
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
  EXPECT_EQ(ask(octets), taken(id)) << "the id is still free";
}

TEST_F(SubmissionServerTest, WhoHangsUpWithoutWaitingForTheAnswerMayHaveSubmittedOrNot) {
  serve();
  for (int i = 0; i < 20; ++i) {
    Speaker& who = speaker();
    who.say(whole(queue::new_queue_id()));
    run_until([&] { return i % 2 == 0 || server->clients() == 1 || !who.said.empty(); });
    who.hang_up();
  }
  run_until([&] { return server->clients() == 0; });
  const auto ids = it.queue.ids().value();
  for (const auto& each : ids) EXPECT_TRUE(it.queue.load(each));
  EXPECT_EQ(in_work(), 0u);
}

TEST_F(SubmissionServerTest, RefusesWhatIsNotWhole) {
  serve();
  const std::string message = kMessage;
  const std::string data = begin(id) + queue::format_data(message.size()) + message;
  for (const auto& [octets, reason] : std::vector<std::pair<std::string, std::string>>{
           {data + end(message + "more"), "another length"},
           {data + queue::format_end(message.size(), {}), "another digest"},
           {data + "END\n", "not understood"},
           {begin(id) + "QUIT\n", "not understood"},
           {"HELO\n", "not understood"},
           {"MAILCHUTE 9 SUBMIT\n", "version 1"},
           {queue::format_submit(id, 5) + "hello", "malformed"}}) {
    const auto heard = ask(octets);
    EXPECT_NE(heard.find("ERROR "), std::string::npos) << heard;
    EXPECT_NE(heard.find(reason), std::string::npos) << heard;
    EXPECT_EQ(heard.find("OK "), std::string::npos);
  }
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
  EXPECT_EQ(in_work(), 0u);
}

TEST_F(SubmissionServerTest, RefusesAMessageAboveTheLimitWhileItReads) {
  serve();
  EXPECT_EQ(ask(whole(id, std::string(50000, 'x'))), taken(id));
  Speaker& who = speaker();
  who.say(begin(queue::new_queue_id()));
  for (int i = 0; i < 3; ++i) who.say(queue::format_data(40000) + std::string(40000, 'x'));
  run_until([&] { return who.closed; });
  EXPECT_NE(who.said.find("ERROR data message larger than 100000 octets"), std::string::npos) << who.said;
  EXPECT_EQ(in_work(), 0u);
}

TEST_F(SubmissionServerTest, AnIdIsTakenOnlyOnce) {
  serve();
  EXPECT_EQ(ask(whole(id)), taken(id));
  EXPECT_EQ(ask(whole(id)).find("ERROR rejected"), 0u);
  const auto dropped = it.submit(envelope);
  EXPECT_EQ(ask(whole(dropped)), taken(dropped)) << "one's own may be on a disk in trouble";
  Speaker& first = speaker();
  const auto other = queue::new_queue_id();
  first.say(begin(other));
  run_until([&] { return in_work() == 1; });
  EXPECT_NE(ask(whole(other)).find("ERROR "), std::string::npos);
  first.say(queue::format_data(0) + end(""));
  run_until([&] { return first.closed; });
  EXPECT_EQ(first.said, taken(other));
}

TEST_F(SubmissionServerTest, TellsOnlyTheOwnerThatAnEntryIsThere) {
  serve();
  EXPECT_EQ(ask(queue::format_ask(id)).find("ERROR rejected"), 0u);
  EXPECT_EQ(ask(whole(id)), taken(id));
  EXPECT_EQ(ask(queue::format_ask(id)), queue::format_ok(id));
  const auto theirs = queue::new_queue_id();
  auto writer = std::move(*it.queue.create(theirs, queue::kStranger));
  ASSERT_TRUE(writer.begin(envelope) && writer.finish() && it.queue.commit(writer));
  EXPECT_EQ(ask(queue::format_ask(theirs)).find("ERROR rejected"), 0u);
  EXPECT_EQ(ask(whole(theirs)).find("ERROR rejected"), 0u);
}

TEST_F(SubmissionServerTest, AFullDiskIsTheClientsTroubleForNowAndTheAdministratorsInTheLog) {
  serve();
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ::getrlimit(RLIMIT_FSIZE, &usual);
  const rlimit small{30000, usual.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto heard = ask(whole(id, std::string(60000, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &usual);
  EXPECT_NE(heard.find("ERROR temporary"), std::string::npos) << heard;
  EXPECT_EQ(it.log.count("submission-failed id=" + id), 1u);
  EXPECT_EQ(in_work(), 0u);
  EXPECT_EQ(ask(whole(id)), taken(id));
}

// Hostile ones. They are all of one user here; what that means for others tests/e2e shows.

TEST_F(SubmissionServerTest, TheSilentAreSentAway) {
  limits.silence = Milliseconds(50);
  serve();
  const std::string octets = whole(id);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, begin(id).size() - 1, octets.size() - 1}) {
    EXPECT_NE(ask(octets.substr(0, cut)).find("ERROR temporary given up: silent"), std::string::npos) << cut;
  }
  EXPECT_EQ(in_work(), 0u);
}

TEST_F(SubmissionServerTest, WhoNeverComesToTheEndIsSentAwayHoweverMuchHeSays) {
  limits.total = Milliseconds(100);
  serve();
  Speaker& who = speaker();
  who.say(begin(id));
  net::Timer again(loop);
  std::function<void()> talk = [&] {
    if (!who.closed) who.say(queue::format_data(0));
    again.start(Milliseconds(2), talk);
  };
  talk();
  run_until([&] { return who.closed; });
  EXPECT_NE(who.said.find("ERROR temporary given up: takes too long"), std::string::npos) << who.said;
}

TEST_F(SubmissionServerTest, AnEnvelopeIsNotDrippedIn) {
  limits.envelope = Milliseconds(50);
  serve();
  Speaker& who = speaker();
  who.say(queue::format_submit(id, 1 << 20));
  net::Timer again(loop);
  std::function<void()> talk = [&] {
    if (!who.closed) who.say("M");
    again.start(Milliseconds(2), talk);
  };
  talk();
  run_until([&] { return who.closed; });
  EXPECT_NE(who.said.find("ERROR temporary given up: no envelope in time"), std::string::npos) << who.said;
}

TEST_F(SubmissionServerTest, LongEnvelopesShareABound) {
  limits.envelopes = 100000;
  serve();
  Speaker& first = speaker();
  first.say(queue::format_submit(id, 90000) + "x");
  run_until([&] { return server->clients() == 1; });
  EXPECT_EQ(ask(queue::format_submit(queue::new_queue_id(), 90000)).find("ERROR busy"), 0u);
  EXPECT_EQ(ask(whole(id)), taken(id)) << "short ones are nobody's trouble";
  first.hang_up();
  run_until([&] { return server->clients() == 0; });
  EXPECT_NE(ask(queue::format_submit(id, 90000) + std::string(90000, 'x')).find("ERROR data"), std::string::npos);
}

TEST_F(SubmissionServerTest, AFullHouseSendsAwayWhoStandsStillLongest) {
  limits.places = 5;
  serve();
  for (int i = 0; i < 5; ++i) speaker().say(begin(queue::new_queue_id()));
  run_until([&] { return in_work() == 5; });
  EXPECT_EQ(ask(whole(id)), taken(id));
  run_until([&] { return speakers.front().closed; });
  EXPECT_NE(speakers.front().said.find("ERROR busy"), std::string::npos) << speakers.front().said;
  EXPECT_EQ(in_work(), 4u);
}

TEST_F(SubmissionServerTest, AFullHouseOfPeopleWhoGetOnAsksOthersToComeAgain) {
  limits.places = 5;
  limits.hospitality.standstill = Milliseconds(3600000);
  serve();
  for (int i = 0; i < 5; ++i) speaker().say(begin(queue::new_queue_id()));
  run_until([&] { return in_work() == 5; });
  EXPECT_EQ(ask(whole(id)).find("ERROR busy"), 0u);
  EXPECT_EQ(in_work(), 5u);
  speakers.front().hang_up();
  run_until([&] { return in_work() == 4; });
  EXPECT_EQ(ask(whole(id)), taken(id));
}

TEST_F(SubmissionServerTest, ACrowdThatDoesNotGoAwayIsBounded) {
  limits.places = 5;
  serve();
  for (int i = 0; i < 100; ++i) {
    speaker();
    run_until([&] { return server->clients() > 0; });
    EXPECT_LE(server->clients(), 10u);
  }
}

TEST_F(SubmissionServerTest, TheEndWaitsForThoseWhoAreAtIt) {
  serve();
  Speaker& who = speaker();
  who.say(begin(id));
  run_until([&] { return in_work() == 1; });
  bool finished = false;
  server->finish(Seconds(20), [&] { finished = true; });
  speaker().say(begin(queue::new_queue_id()));
  who.say(queue::format_data(0) + end(""));
  run_until([&] { return finished; });
  EXPECT_EQ(who.said, taken(id));
  EXPECT_EQ(in_work(), 0u) << "nobody else is let in";
}

TEST_F(SubmissionServerTest, RetiredItTellsWhatIsQueuedAllTheSame) {
  serve();
  Speaker& who = speaker();
  who.say(begin(id));
  run_until([&] { return in_work() == 1; });
  int queued = 0;
  bool finished = false;
  server->retire([&] { ++queued; }, [&] { finished = true; });
  who.say(queue::format_data(0) + end(""));
  run_until([&] { return finished; });
  EXPECT_EQ(queued, 1);
  EXPECT_EQ(who.said, taken(id));
}

TEST_F(SubmissionServerTest, TheEndDoesNotWaitForEver) {
  serve();
  speaker().say(begin(id));
  run_until([&] { return in_work() == 1; });
  bool finished = false;
  server->finish(Milliseconds(20), [&] { finished = true; });
  run_until([&] { return finished; });
  EXPECT_EQ(in_work(), 0u);
}

}  // namespace
}  // namespace mailchute::mailchuted
