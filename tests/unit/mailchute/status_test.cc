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
      {" state=paused\n", "smart host is paused"},
      {" held=1\n", "1 message held"},
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
  EXPECT_EQ(status(kFine + " held=1\n last_error=a\\nb\n free=123456\n started=" + ago(Seconds(5)) + "\n", {.json = true}), 1);
  const auto document = nlohmann::json::parse(out);
  EXPECT_EQ(document["smart_host"]["state"], "ok");
  EXPECT_EQ(document["smart_host"]["last_error"], "a\nb");
  EXPECT_EQ(document["queue"]["waiting"], 2);
  EXPECT_EQ(document["queue"]["held"], 1);
  EXPECT_EQ(document["queue"]["free"], 123456);
  EXPECT_TRUE(document["queue"]["oldest"].is_null());
  EXPECT_EQ(document["problems"].size(), 1u);
  EXPECT_EQ(document["daemon"]["pid"], 4711);
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
