// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of messages, and what others left behind.
#include "relay/delivery.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "unit/relay/delivery_fixture.h"

namespace mailchute::relay {
namespace {

using queue::count_names;

TEST_F(DeliveryTest, DeliversWhatIsThereAndWhatComes) {
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("delivered ") && smart_host.messages.size() == 1; });
  submit({"b@b"});
  running.look_for_new_mail();
  run_until([&] { return logged("delivered ", 2); });
  EXPECT_EQ(smart_host.connections(), 1u);
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
  EXPECT_EQ(running.status().waiting, 0u);
}

TEST_F(DeliveryTest, WhatTheSmartHostTookIsNotSentAgainBecauseItCannotBeWrittenDown) {
  settings.retry.first = Seconds(0);
  smart_host.replies["RCPT"] = {"250 ok", "550 5.1.1 who?", "250 ok"};
  const auto id = submit({"a@a", "b@b"});
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ::getrlimit(RLIMIT_FSIZE, &usual);
  const rlimit nothing{0, usual.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &nothing);  // as on a full disk
  start();
  run_until([&] { return logged("record-failed", 5); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  ::setrlimit(RLIMIT_FSIZE, &usual);
  run_until([&] { return logged("bounced") && smart_host.messages.size() > 1; });
  EXPECT_EQ(smart_host.messages.size(), 2u);
  EXPECT_NE(smart_host.messages[1].find("multipart/report"), std::string::npos);
  EXPECT_FALSE(it.has(queue::kCur, id));
}

TEST_F(DeliveryTest, TheSenderIsToldOfWhatIsNoAddressWithTheFirstOutcome) {
  smart_host.replies["RCPT"] = {"451 4.2.1 later", "250 ok"};
  settings.retry.first = Seconds(3600);
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  const auto id = it.submit(envelope);
  auto& running = start();
  run_until([&] { return logged("bounced id=" + id) && smart_host.messages.size() == 1; });
  EXPECT_NE(smart_host.messages[0].find("Status: 5.1.3"), std::string::npos);
  EXPECT_EQ(it.log.count("no-address id=" + id), 1u);
  running.retry_all();
  run_until([&] { return logged("delivered id=" + id); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
  EXPECT_EQ(it.log.count("bounced"), 1u);
}

// Nobody could be told at first, and an administrator has put it back.
TEST_F(DeliveryTest, AMessageWhoseSenderIsOnlyToBeToldIsNotSent) {
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  auto entry = it.entry(envelope);
  const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::done, ""}};
  ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::waiting);
  start();
  run_until([&] { return it.queue.ids()->empty(); });
  ASSERT_EQ(smart_host.messages.size(), 1u);
  EXPECT_NE(smart_host.messages[0].find("Status: 5.1.3"), std::string::npos);
}

TEST_F(DeliveryTest, TheSenderIsToldWhatASmartHostWithoutDsnWillNotTellHim) {
  auto envelope = queue::envelope_to({"a@a", "b@b"});
  envelope.recipients[0].notify.success = true;
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("notified id=" + id) && it.queue.ids()->empty(); });
  ASSERT_EQ(smart_host.messages.size(), 2u);
  EXPECT_NE(smart_host.messages[1].find("Final-Recipient: rfc822; a@a\nAction: relayed\nStatus: 2.0.0\n"
                                        "Remote-MTA: dns; [127.0.0.1]\nDiagnostic-Code: smtp; 250 queued\n"),
            std::string::npos)
      << smart_host.messages[1];
  EXPECT_EQ(smart_host.messages[1].find("b@b"), std::string::npos);
}

TEST_F(DeliveryTest, ASmartHostWithDsnTellsTheSenderItself) {
  smart_host.replies["EHLO"] = {"250-mail\r\n250 DSN"};
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients[0].notify.success = true;
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("delivered id=" + id) && it.queue.ids()->empty(); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
}

std::optional<std::string> takes_no_wishes(const std::string& line) {
  if (line.starts_with("EHLO")) return "250-mail\r\n250 DSN";
  const bool wish = line.starts_with("RCPT") && line.find("NOTIFY=") != line.npos;
  return wish ? std::optional("555 5.5.4 NOTIFY?") : std::nullopt;
}

TEST_F(DeliveryTest, ASmartHostThatOnlyClaimsDsnGetsTheMessageWithoutAndTheSenderIsToldFromHere) {
  std::vector<std::string> asked;
  smart_host.answer = [&](const std::string& line) {
    if (line.starts_with("RCPT")) asked.push_back(line);
    return takes_no_wishes(line);
  };
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients[0].notify.success = true;
  it.submit(envelope);
  auto& running = start();
  run_until([&] { return logged("notified ") && it.queue.ids()->empty(); });
  EXPECT_NE(smart_host.messages[1].find("Action: relayed"), std::string::npos);
  EXPECT_TRUE(logged("capability=DSN reply=\"555 5.5.4 NOTIFY?\""));
  it.submit(envelope);
  running.look_for_new_mail();
  run_until([&] { return logged("notified ", 2) && it.queue.ids()->empty(); });
  const std::string with = "RCPT TO:<a@a> NOTIFY=SUCCESS", plain = "RCPT TO:<a@a>";
  std::erase_if(asked, [&](const std::string& line) { return !line.starts_with(plain); });
  EXPECT_EQ(asked, (std::vector<std::string>{with, plain, plain}));
  EXPECT_EQ(it.log.count("capability-broken "), 1u);
}

TEST_F(DeliveryTest, WhoIsRefusedForAWishIsNoReasonToSendToOthersTwice) {
  smart_host.answer = takes_no_wishes;
  auto envelope = queue::envelope_to({"a@a", "b@b"});
  envelope.recipients[1].notify.never = true;
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return it.queue.ids()->empty(); });
  EXPECT_EQ(it.log.count("delivered id=" + id), 2u);
  EXPECT_EQ(it.log.count("to=<a@a>"), 1u);
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

TEST_F(DeliveryTest, AnAddressThatIsRefusedWithAndWithoutWishesFails) {
  std::vector<std::string> asked;
  smart_host.answer = [&](const std::string& line) -> std::optional<std::string> {
    if (line.starts_with("EHLO")) return "250-mail\r\n250 DSN";
    if (line.find("RCPT TO:<a@a>") != 0) return std::nullopt;
    asked.push_back(line);
    return "501 what?";
  };
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients[0].notify.failure = true;
  it.submit(envelope);
  start();
  run_until([&] { return logged("bounced") && it.queue.ids()->empty(); });
  EXPECT_EQ(asked, (std::vector<std::string>{"RCPT TO:<a@a> NOTIFY=FAILURE", "RCPT TO:<a@a>"}));
  EXPECT_FALSE(logged("capability-broken"));
}

TEST_F(DeliveryTest, TheSenderOfAnOldMessageIsToldOnceThatItHasToWait) {
  settings.retry.delay_notice = Seconds(4 * 3600);
  smart_host.replies["RCPT"] = {"451 4.2.1 later", "250 ok", "451 4.2.1 later", "250 ok"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("notified id=" + id) && smart_host.messages.size() == 1; });
  EXPECT_NE(smart_host.messages[0].find("Action: delayed\n"), std::string::npos) << smart_host.messages[0];
  for (const std::size_t more : {2u, 3u}) {
    running.retry(id);
    run_until([&] { return logged("deferred id=" + id, more) || logged("delivered id=" + id); });
  }
  run_until([&] { return it.queue.ids()->empty(); });
  EXPECT_EQ(it.log.count("notified"), 1u);
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

TEST_F(DeliveryTest, NobodyIsToldThatYoungMailHasToWait) {
  settings.retry.delay_notice = Seconds(4 * 3600);
  smart_host.replies["RCPT"] = {"451 4.2.1 later"};
  auto envelope = queue::envelope_to({"a@a"});
  envelope.time = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("deferred id=" + id) && it.queue.load_info(id).attempts == 1; });
  EXPECT_EQ(it.queue.ids()->size(), 1u);
}

TEST_F(DeliveryTest, LocalRecipientsGetItWhereTheirAliasSays) {
  set_aliases("root: ann@a, bob@b\nnoreply: /dev/null\n");
  smart_host.replies["RCPT"] = {"250 ok", "451 4.2.1 later", "250 ok"};
  const auto id = submit({"root@here.example", "noreply@here.example"});
  auto& running = start();
  run_until([&] { return logged("deferred id=" + id); });
  EXPECT_TRUE(logged("to=<ann@a> original=rfc822;root@here.example"));
  EXPECT_TRUE(logged("discarded id=" + id));
  EXPECT_NE(support::file_content(it.in(queue::kCur, id)).find("Status: +-+"), std::string::npos);
  set_aliases("root: carl@c\n");
  running.retry_all();
  run_until([&] { return count_names(it.folder / "cur") == 0; });
  EXPECT_TRUE(logged("to=<bob@b>", 2)) << "once expanded, it stays so";
}

TEST_F(DeliveryTest, AnAliasThatCannotBeUsedKeepsItsMailUntilItIsMended) {
  set_aliases("root: |prog\n");
  const auto id = submit({"root@here.example", "you@a"});
  auto& running = start();
  run_until([&] { return logged("deferred id=" + id); });
  EXPECT_TRUE(logged("delivered id=" + id + " from=<sender@example.org> to=<you@a>", 1));
  EXPECT_TRUE(it.queue.load_info(id).reason.starts_with("/etc/aliases:1: '|prog'"));
  set_aliases("root: ann@a\n");
  running.retry_all();
  run_until([&] { return logged("to=<ann@a>"); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

TEST_F(DeliveryTest, WhatAliasesRefuseComesBackWithTheirWords) {
  set_aliases("former: :fail: has left\n");
  const auto id = submit({"former@here.example"});
  start();
  run_until([&] { return logged("bounced id=" + id) && smart_host.messages.size() == 1; });
  for (const char* const part : {"Diagnostic-Code: x-mailchute; has left", "Status: 5.7.1", "former@here.example"}) {
    EXPECT_NE(smart_host.messages[0].find(part), std::string::npos) << smart_host.messages[0];
  }
  EXPECT_EQ(smart_host.messages[0].find("Remote-MTA"), std::string::npos) << "nobody was asked";
}

TEST_F(DeliveryTest, ANotificationToALocalSenderFindsTheAliasOfThatName) {
  set_aliases("root: ann@a\n");
  smart_host.answer = [](const std::string& line) -> std::optional<std::string> {
    return line.find("you@b") != line.npos ? std::optional("550 5.1.1 who?") : std::nullopt;
  };
  auto envelope = queue::envelope_to({"you@b"});
  envelope.reverse_path = "root@here.example";
  it.submit(envelope);
  start();
  run_until([&] { return logged("to=<ann@a>"); });
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
}

TEST_F(DeliveryTest, WhatMayHaveBeenDeliveredIsSoForAllWhoCameOutOfAnAlias) {
  set_aliases("root: ann@a, bob@b\n");
  const auto id = submit({"root@here.example"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{}, {id}, {}}));
  EXPECT_NE(support::file_content(it.in(queue::kCur, id)).find("Status: ??"), std::string::npos);
  run_until([&] { return logged("delivered id=" + id, 2); });
}

TEST_F(DeliveryTest, WhatACrashLeftOwedIsSettledBeforeItsNotificationIsSent) {
  smart_host.replies["RCPT"] = {"550 5.1.1 who?", "250 ok"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("bounced") && it.queue.ids()->size() == 0; });
  ASSERT_EQ(smart_host.messages.size(), 1u);

  // Killed when the notification was queued, but the entry did not say so yet.
  for (const bool queued : {false, true}) {
    delivery.reset();
    smart_host.messages.clear();
    it.log.lines.clear();
    auto entry = it.entry(queue::envelope_to({"a@a"}));
    const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::failed, "550 5.1.1 who?"}};
    ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::owed);
    if (queued) {
      auto writer = it.queue.create(entry.progress().notification, 0).value();
      ASSERT_TRUE(writer.begin(queue::envelope_to({"me@here"})) && writer.write("Subject: told\n") &&
                  writer.finish() && it.queue.commit(writer));
    }
    it.restart();
    start();
    run_until([&] { return it.queue.ids()->empty(); });
    ASSERT_EQ(smart_host.messages.size(), 1u);
    EXPECT_EQ(smart_host.messages[0].find("Subject: told") != std::string::npos, queued);
    EXPECT_EQ(it.log.count("bounced id=" + entry.id()), 1u);
    EXPECT_EQ(count_names(it.folder / queue::kFailed), 0u);
  }
}

// Its status said so already: the kill came before its removal.
TEST_F(DeliveryTest, WhatACrashLeftFinishedIsNoTrouble) {
  auto entry = it.entry(queue::envelope_to({"a@a", "b@b"}));
  const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::done, ""}};
  ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::waiting);
  const std::string path = it.in(queue::kCur, entry.id());
  std::string content = support::file_content(path);
  support::write_file(path, content.replace(content.find("Status: +-"), 10, "Status: ++"));
  it.restart();
  start();
  run_until([&] { return it.queue.ids()->empty(); });
  run_until([&] { return delivery->status().waiting == 0; });
  EXPECT_TRUE(smart_host.messages.empty());
  for (const std::string& line : it.log.lines) EXPECT_FALSE(line.starts_with("3 ")) << line;
}

TEST_F(DeliveryTest, ANotificationThatCannotBeQueuedDoesNotHoldUpTheOthers) {
  auto entry = it.entry(queue::envelope_to({"a@a", "b@b"}));
  const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::failed, "550 5.1.1 who?"}};
  ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::owed);
  // Its draft has a place that cannot be had.
  const auto draft = it.in(queue::kWork, entry.progress().notification);
  queue::write_file(draft, "");
  auto& running = start();
  run_until([&] { return logged("delivered ") && logged("bounce-failed", 2); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  std::filesystem::remove(draft);
  EXPECT_EQ(running.retry_all(), 1u);
  run_until([&] { return it.queue.ids()->empty(); });
  ASSERT_EQ(smart_host.messages.size(), 2u);
  EXPECT_NE(smart_host.messages[1].find("multipart/report"), std::string::npos);
}

TEST_F(DeliveryTest, WhatCouldNotBeReadAtFirstIsTakenLaterWithoutBeingAsked) {
  const auto id = submit({"a@a"});
  ::signal(SIGIO, SIG_IGN);
  sys::UniqueFd held(::open(it.in(queue::kNew, id).c_str(), O_RDONLY | O_CLOEXEC));
  if (::fcntl(held.get(), F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases here";
  auto& running = start();
  run_until([&] { return it.has(queue::kCur, id); });
  EXPECT_EQ(running.status().waiting, 0u);
  held.reset();
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, AHeldMessageIsSentWhenItIsReleased) {
  smart_host.replies["MAIL"] = {"550 5.7.1 not you", "250 ok"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return it.has(queue::kHeld, id); });
  EXPECT_FALSE(running.retry(id));
  EXPECT_TRUE(released(running, id));
  EXPECT_FALSE(released(running, id)) << "it is not held any more";
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, AnOldMessageFailsAfterItsThirdAttempt) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1), std::nullopt};  // the fixture's messages are older
  smart_host.replies["RCPT"] = {"450 4.2.0 grey"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("bounced"); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 2u);
  EXPECT_EQ(it.log.count("status=5.4.7"), 1u);
  EXPECT_FALSE(it.has(queue::kCur, id));
}

TEST_F(DeliveryTest, OneAttemptInSeveralTransactionsIsOneAnswer) {
  settings.retry = {Seconds(3600), Seconds(3600), Seconds(1), std::nullopt};  // the fixture's messages are older
  settings.smart_hosts.front().recipients_per_message = 1;
  smart_host.replies["RCPT"] = {"450 4.2.0 grey"};
  const auto id = submit({"a@a", "b@b", "c@c"});
  auto& running = start();
  run_until([&] { return it.log.count("to=<c@c>") == 1 && !running.in_flight(id); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 3u);
  EXPECT_EQ(it.queue.load_info(id).answered, 1u);
}

TEST_F(DeliveryTest, AttemptsWithoutAnAnswerDoNotCount) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1), std::nullopt};
  smart_host.replies["MAIL"] = {"", "", "", "", "", "250 ok"};
  smart_host.replies["RCPT"] = {"450 4.2.0 grey", "450 4.2.0 grey", "250 ok"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 7u);
}

TEST_F(DeliveryTest, MailThatWaitsForAQueueRunWaits) {
  auto envelope = queue::envelope_to({"a@a"});
  envelope.wait_for_queue_run = true;
  const auto id = it.submit(envelope);
  auto& running = start();
  run_until([&] { return logged("queued "); });
  EXPECT_GT(*running.next_try(id), envelope.time);
  EXPECT_EQ(smart_host.connections(), 0u);
  running.retry_all();
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, WhatKillsWorkersIsHeldWithoutALookIntoIt) {
  const auto id = submit({"a@a"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{}, {}, {{id, 3}}}));
  EXPECT_TRUE(it.has(queue::kHeld, id));
  EXPECT_TRUE(logged("died 3 times"));
  EXPECT_TRUE(logged("mailchute queue retry " + id));
  EXPECT_TRUE(released(*delivery, id));
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, WhatAnOlderWorkerHasInHandIsLeftToItUntilItIsGone) {
  const auto id = submit({"a@a"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{id}, {}, {}}));
  submit({"b@b"});
  delivery->look_for_new_mail();
  run_until([&] { return logged("delivered "); });
  EXPECT_TRUE(it.has(queue::kCur, id));
  delivery->elsewhere_gone({});
  delivery->elsewhere_gone({{id}, {}, {}});
  delivery->elsewhere_gone({{id}, {}, {}});
  run_until([&] { return logged("delivered ", 2); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

// Submitted to an older worker over its socket, when this one had looked into the queue already.
TEST_F(DeliveryTest, TakesOverWhatNobodyTold) {
  start();
  const auto id = submit({"a@a"});
  ASSERT_EQ(it.queue.adopt(10)->size(), 1u);
  delivery->elsewhere_gone({});
  run_until([&] { return logged("delivered "); });
  EXPECT_FALSE(it.has(queue::kCur, id));
  EXPECT_EQ(smart_host.messages.size(), 1u);
}

// The older worker died: of one after its final dot, of another for the third time.
TEST_F(DeliveryTest, TakesOverWhatAnOlderWorkerLeftWhenItDied) {
  const auto doubtful = submit({"a@a"});
  const auto deadly = submit({"b@b"});
  const auto finished = submit({"c@c"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{doubtful, deadly, finished}, {}, {}}));
  std::filesystem::remove(it.in(queue::kCur, finished));
  delivery->elsewhere_gone({{doubtful, deadly, finished}, {doubtful}, {{deadly, 3}}});
  EXPECT_TRUE(it.has(queue::kHeld, deadly));
  EXPECT_NE(support::file_content(it.in(queue::kCur, doubtful)).find("Status: ?"), std::string::npos);
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  EXPECT_FALSE(logged("unreadable"));
}

TEST_F(DeliveryTest, TheBoardShowsWhatIsInHand) {
  const auto id = submit({"a@a"});
  std::vector<Board::InHand> seen;
  smart_host.message_came = [&] { seen = board.in_hand(); };
  start();
  run_until([&] { return logged("delivered "); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].id, id);
  EXPECT_TRUE(seen[0].sent);
  EXPECT_TRUE(board.in_hand().empty());
}

}  // namespace
}  // namespace mailchute::relay
