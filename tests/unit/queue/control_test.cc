// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/control.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "unit/sendmail/fake_daemon.h"

namespace mailchute::queue {
namespace {

using sendmail::FakeDaemon;

constexpr char kFirst[] = "0AAAAAAAAAAAAAAAAAAAAAAAAA";
constexpr char kSecond[] = "1BBBBBBBBBBBBBBBBBBBBBBBBB";

std::string line(const char* id, int second) {
  Listed listed;
  listed.id = id;
  listed.time = Time(Seconds(1790000000 + second));
  return " " + format_listed(listed) + "\n";
}

class Control : public ::testing::Test {
 protected:
  Result<Totals> entries(const std::vector<std::string>& answers) {
    ids.clear();
    ::unlink(socket.c_str());
    FakeDaemon daemon(socket, answers);
    auto totals = ask_for_entries(socket, [this](const Listed& entry) { ids.push_back(entry.id); });
    requests = daemon.requests();
    return totals;
  }

  TemporaryFolder folder;
  std::string socket = folder / "control";
  std::vector<std::string> ids, requests;
};

TEST_F(Control, AListIsReadPageByPage) {
  const auto totals = entries({line(kFirst, 1) + "OK requests=2 octets=7 next=1790000001.000/" + kFirst + "\n",
                               "WAIT\nWAIT\n" + line(kSecond, 2) + "OK requests=3 octets=8 colour=green\n"});
  ASSERT_TRUE(totals) << totals.error().text;
  EXPECT_EQ(totals->requests, 3u);
  EXPECT_EQ(totals->octets, 8u);
  EXPECT_EQ(ids, (std::vector<std::string>{kFirst, kSecond}));
  EXPECT_EQ(requests, (std::vector<std::string>{"LIST", std::string("LIST 1790000001.000/") + kFirst}));
}

TEST_F(Control, APageThatIsMissingIsAnError) {
  const std::string first = line(kFirst, 1) + "OK requests=2 octets=7 next=1790000001.000/" + kFirst + "\n";
  for (const std::string second : {"", "WAIT\n", "ERROR no\n", " x\n"}) {
    EXPECT_FALSE(entries({first, second})) << second;
    EXPECT_EQ(ids.size(), 1u);
  }
  EXPECT_FALSE(entries({first, "OK requests=2 octets=7 next=1790000001.000/" + std::string(kFirst) + "\n"}))
      << "would go round and round";
}

TEST_F(Control, TotalsHaveToBeThere) {
  for (const char* end : {"OK\n", "OK requests=1\n", "OK requests=1 octets=x\n", "OK requests=1 octets=1 next=x\n",
                          "OK requests=1 octets=1 next=1790000001.000/../../etc/passwd\n"}) {
    EXPECT_FALSE(entries({end})) << end;
  }
}

TEST_F(Control, StatusIsKeysAndValues) {
  FakeDaemon daemon(socket, {" state=ok\n last_error=a=b\\n\n odd\nOK\n"});
  const auto facts = ask_for_status(socket);
  ASSERT_TRUE(facts) << facts.error().text;
  EXPECT_EQ(*facts, (std::map<std::string, std::string>{{"state", "ok"}, {"last_error", "a=b\n"}, {"odd", ""}}));
}

TEST_F(Control, ADaemonOfAnotherVersionIsToldFromARefusal) {
  FakeDaemon daemon(socket, {"ERROR unknown request SHOW X\n", "ERROR no entry X\n"});
  EXPECT_NE(ask_for_details(socket, "X").error().text.find("another version"), std::string::npos);
  EXPECT_EQ(ask_for_details(socket, "X").error().text, "no entry X");
}

TEST(Position, GoesThereAndBack) {
  const Position position{Time(Milliseconds(1790000001002)), kFirst};
  const auto end = parse_totals(format_totals({1, 2}, &position));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->next, position);
  EXPECT_FALSE(parse_totals(format_totals({1, 2}, nullptr))->next);
  const auto alarmed = parse_totals(format_totals({1, 2}, &position, {position.time, "a b\n next=x octets=9"}));
  ASSERT_TRUE(alarmed);
  EXPECT_EQ(alarmed->totals.octets, 2u);
  EXPECT_EQ(*alarmed->next, position);
  EXPECT_EQ(alarmed->alarm.since, position.time);
  EXPECT_EQ(alarmed->alarm.text, "a b\n next=x octets=9");
  EXPECT_EQ(parse_totals("requests=1 octets=2 alarm=never x")->alarm.text, "");
  for (const char* bad : {"", "/", "1790000001.000", "1790000001.000/", "x/0AAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(parse_position(bad)) << bad;
  }
}

}  // namespace
}  // namespace mailchute::queue
