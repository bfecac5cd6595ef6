// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/status.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "command_fixture.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;

const std::string kFine =
    " smart_host=mail:587\n state=ok\n connections=1\n waiting=2\n in_flight=1\n held=0\n failed=0\n octets=5000\n"
    " delivered=12\n pid=4711\n version=9\n configuration=/etc/x\n colour=green\n";

class Status : public CommandTest {
 protected:
  int status(const std::string& facts, const StatusOptions& options = {}) {
    ::unlink(socket.c_str());
    FakeDaemon daemon(socket, {facts + "OK\n"});
    return told([&] { return show_status(config, options); });
  }
  static std::string ago(Seconds span) {
    return queue::format_time(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()) - span);
  }
};

TEST_F(Status, IsZeroWhenAllIsWell) {
  EXPECT_EQ(status(kFine + " oldest=" + ago(Seconds(600)) + "\n"), 0) << err;
  for (const char* wanted : {"smart host    mail:587\n", "state         ok\n", "2 waiting", "oldest 10m", "pid 4711", "/etc/x"}) {
    EXPECT_NE(out.find(wanted), std::string::npos) << wanted << "\n" << out;
  }
  EXPECT_EQ(out.find("attention"), std::string::npos) << out;
}

TEST_F(Status, IsOneWhenMailIsStuckAndSaysWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {" state=paused\n", "attention     the smart host is paused"},
      {" smart_host.1=a\n state.1=paused\n smart_host.2=b\n state.2=ok\n", "attention     smart host a is paused"},
      {" held=1\n", "1 message held"},
      {" free=8192\n queue_directory=/q\n", "attention     8.0K octets are free in /q: new mail is refused"},
      {" failed=2\n", "2 dead letters: "},
      {" failed=2\n lost_notifications=1\n", "2 dead letters (1 of them notifications)"},
      {" oldest=" + ago(Seconds(5 * 3600)) + "\n", "more than 4h"}};
  for (const auto& [fact, said] : cases) {
    EXPECT_EQ(status(kFine + fact), 1) << fact;
    EXPECT_NE(out.find(said), std::string::npos) << out;
    EXPECT_EQ(err, "");
  }
  EXPECT_EQ(status(kFine + " oldest=" + ago(Seconds(5 * 3600)) + "\n", {.oldest = "1d"}), 0) << out;
}

TEST_F(Status, TellsTheLastErrorInFullAndInOneLine) {
  const std::string error = "535 5.7.8 " + std::string(300, 'x');
  EXPECT_EQ(status(kFine + " state=paused\n paused_until=" + ago(Seconds(-90)) + "\n trouble_since=" + ago(Seconds(120)) +
                   "\n last_error=" + error + "\\x1b[2J\\nfake\n"), 1);
  EXPECT_NE(out.find("last error    " + error + "\\x1b[2J\\nfake\n"), std::string::npos) << out;
  EXPECT_NE(out.find("paused until "), std::string::npos) << out;
  EXPECT_NE(out.find(" (2m)"), std::string::npos) << out;
}

TEST_F(Status, ForPrograms) {
  EXPECT_EQ(status(kFine + " held=1\n last_error=a\\nb\n free=12345678\n started=" + ago(Seconds(5)) + "\n", {.json = true}), 1);
  const auto document = nlohmann::json::parse(out);
  EXPECT_EQ(document["smart_host"]["state"], "ok");
  EXPECT_EQ(document["smart_host"]["last_error"], "a\nb");
  EXPECT_EQ(document["queue"]["waiting"], 2);
  EXPECT_EQ(document["queue"]["held"], 1);
  EXPECT_EQ(document["queue"]["free"], 12345678);
  EXPECT_TRUE(document["queue"]["oldest"].is_null());
  EXPECT_EQ(document["problems"].size(), 1u);
  EXPECT_EQ(document["daemon"]["pid"], 4711);
  ASSERT_EQ(document["smart_hosts"].size(), 1u) << "one is an array, too";
  EXPECT_EQ(document["smart_hosts"][0], document["smart_host"]);
  EXPECT_EQ(status(kFine + " smart_host.1=a\n state.1=ok\n smart_host.2=b\n state.2=paused\n", {.json = true}), 1);
  EXPECT_EQ(nlohmann::json::parse(out)["smart_hosts"][1]["name"], "b");
}

TEST_F(Status, OpensWithTheNewsThatMailIsBroken) {
  const std::string alarm = " alarm=smart host mail:587 takes no mail: \\x1b[2J\n alarm_since=" + ago(Seconds(7300)) + "\n";
  EXPECT_EQ(status(kFine + alarm), 1);
  EXPECT_TRUE(out.starts_with("*** Mail is broken since ")) << out;
  EXPECT_NE(out.find(" (2h): smart host mail:587 takes no mail: \\x1b[2J\n"), std::string::npos) << out;
  EXPECT_EQ(status(kFine + alarm, {.json = true}), 1);
  EXPECT_EQ(nlohmann::json::parse(out)["alarm"]["text"], "smart host mail:587 takes no mail: \x1b[2J");
  EXPECT_EQ(status(kFine, {.json = true}), 0);
  EXPECT_TRUE(nlohmann::json::parse(out)["alarm"].is_null());
}

TEST_F(Status, AsMetrics) {
  const std::string facts = kFine + " state=paused\n alarm=x\n alarm_since=1800000000.500\n started=1700000000.000\n" +
                            " count.delivered=12\n count.failed=0\n oldest=" + ago(Seconds(-100)) + "\n version=9\"\\\\\\n\n";
  EXPECT_EQ(status(facts, {.metrics = true}), 0) << "it is read by no person";
  for (const char* const line :
       {"mailchute_up 1\n", "mailchute_alarm 1\n", "mailchute_alarm_since_seconds 1800000000\n",
        "mailchute_start_time_seconds 1700000000\n", "mailchute_build_info{version=\"9\\\"\\\\ \"} 1\n",
        "mailchute_smart_host_up{smart_host=\"mail:587\"} 0\n", "mailchute_smart_host_paused{smart_host=\"mail:587\"} 1\n",
        "mailchute_queue_messages{state=\"waiting\"} 2\n", "mailchute_queue_oldest_age_seconds 0\n",
        "# TYPE mailchute_events_total counter\nmailchute_events_total{event=\"delivered\"} 12\n"
        "mailchute_events_total{event=\"failed\"} 0\n"}) {
    EXPECT_NE(("\n" + out).find(std::string("\n") + line), std::string::npos) << line << out;
  }
}

TEST_F(Status, MetricsAreInUtf8) {
  EXPECT_EQ(status(kFine + " smart_host=m\xfcl\\xff\n", {.metrics = true}), 0);
  EXPECT_NE(out.find("{smart_host=\"m?l?\"} 1\n"), std::string::npos) << out;
  EXPECT_EQ(status(kFine + " smart_host=m\xc3\xbcl\n", {.metrics = true}), 0);
  EXPECT_NE(out.find("{smart_host=\"m\xc3\xbcl\"} 1\n"), std::string::npos) << out;
}

TEST_F(Status, WithoutADaemonTheMetricsSayJustThat) {
  EXPECT_EQ(told([&] { return show_status(config, {.metrics = true}); }), 0);
  EXPECT_TRUE(out.ends_with("\nmailchute_up 0\n")) << out;
  EXPECT_EQ(err, "");
}

TEST_F(Status, NeedsTheDaemon) {
  EXPECT_EQ(told([&] { return show_status(config, {}); }), 75);
  EXPECT_EQ(out, "");
  EXPECT_EQ(complaints(), 1) << err;
}

TEST_F(Status, HalfAnAnswerIsNone) {
  FakeDaemon daemon(socket, {" waiting=1\n"});
  EXPECT_EQ(told([&] { return show_status(config, {}); }), 75);
  EXPECT_EQ(out, "");
}

TEST_F(Status, ASpanHasToBeOne) {
  EXPECT_EQ(told([&] { return show_status(config, {.oldest = "soon"}); }), 64);
  EXPECT_NE(err.find("--oldest soon"), std::string::npos) << err;
}

}  // namespace
}  // namespace mailchute
