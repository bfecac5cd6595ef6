// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_list.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "command_fixture.h"

namespace mailchute {
namespace {

using enum queue::RecipientStatus;
using sendmail::FakeDaemon;

constexpr Time kNow{Milliseconds(1790000000000)};
constexpr char kId[] = "0123456789ABCDEFGHJKMNPQRS";

queue::Listed waiting() {
  queue::Listed listed;
  listed.id = kId;
  listed.time = kNow - Seconds(200);
  listed.size = 2345;
  listed.uid = 1000;
  listed.sender = "me@example.org";
  listed.recipients = {{"a@example.org", to_do, ""}};
  return listed;
}

TEST(Table, ShowsAnEntryAndWhyItWaits) {
  auto entry = waiting();
  entry.recipients = {{"done@b", done, ""}, {"a@b", to_do, ""}, {"c@d", to_do, ""}};
  entry.info = {1, kNow, kNow + Seconds(90), "451 later"};
  Table table(std::nullopt, kNow);
  EXPECT_EQ(table.add(entry),
            "QUEUE ID                    STATE      AGE    SIZE  SENDER                    RECIPIENTS\n"
            "0123456789ABCDEFGHJKMNPQRS  waiting     3m    2.3K  me@example.org            a@b +1, 1 done\n"
            "    451 later; next try in 1m\n");
  EXPECT_EQ(table.end({1, 2345}, true), "\n1 message (1 waiting), 2.3K octets, oldest 3m\n");
}

TEST(Table, FitsTheTerminalAndCutsNothingElsewhere) {
  auto entry = waiting();
  entry.sender = std::string(300, 's') + "@example.org";
  entry.recipients[0].address = std::string(300, 'r') + "@example.org";
  entry.info.reason = std::string(300, 'x');
  for (const std::size_t width : {40, 80, 132}) {
    Table table(width, kNow);
    const std::string text = table.add(entry) + table.end({}, true);
    for (const auto line : split(text, '\n')) {
      EXPECT_TRUE(line.starts_with("QUEUE ID") || line.size() <= width) << line;
    }
    EXPECT_NE(text.find("0123456789  "), std::string::npos) << "enough to name it by";
  }
  const std::string text = Table(std::nullopt, kNow).add(entry);
  for (const std::string& whole : {entry.id, entry.sender, entry.recipients[0].address, entry.info.reason}) {
    EXPECT_NE(text.find(whole), std::string::npos) << whole;
  }
}

TEST(Table, CountsWhatItShowsAndWhatOthersHave) {
  Table table(80, kNow);
  auto entry = waiting();
  table.add(entry);
  entry.place = queue::Place::failed;
  entry.time = kNow - Seconds(3 * 86400);
  table.add(entry);
  EXPECT_EQ(table.end({4, 100000}, true),
            "\n2 messages (1 waiting, 1 failed), 4.6K octets, oldest 3d; other users have 3\n");
  EXPECT_EQ(Table(80, kNow).end({}, true), "no messages\n");
  EXPECT_EQ(Table(80, kNow).end({2, 1}, true), "no messages; other users have 2\n");
  EXPECT_EQ(Table(80, kNow).end({2, 1}, false), "no message is like that\n");
}

TEST(Table, ControlCharactersDoNothing) {
  auto entry = waiting();
  entry.sender = "\x1b[2Jme\xc2\x9b@x\r";
  entry.recipients = {{"a\nfake", failed, "550 \x07\xe2\x80\xae no"}};
  entry.info.reason = "451 \x1b]0;title\x07";
  const std::string text = Table(std::nullopt, kNow).add(entry);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  for (const char c : text) EXPECT_TRUE(c == '\n' || !is_control(c));
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << "direction of writing";
}

TEST(Reason, SaysWhatIsFailedOrInDoubt) {
  auto entry = waiting();
  EXPECT_EQ(reason_of(entry, kNow), "");
  entry.recipients = {{"bad@b", failed, "550 who?"}, {"odd@b", possibly_delivered, ""}};
  EXPECT_EQ(reason_of(entry, kNow), "bad@b: 550 who?; possibly delivered already");
  entry.place = queue::Place::held;
  entry.recipients.clear();
  entry.info = {1, kNow, kNow + Seconds(90), "550 not you"};
  EXPECT_EQ(reason_of(entry, kNow), "550 not you");
}

TEST(JsonList, IsOneDocumentWhateverIsInIt) {
  auto entry = waiting();
  entry.sender = "\x1b\xff\"\\me";
  JsonList list(kNow);
  std::string text = list.add(entry);
  text += list.add(waiting());
  text += list.end({2, 4690});
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 127)) << int{c};
  const auto document = nlohmann::json::parse(text);
  EXPECT_EQ(document["entries"].size(), 2u);
  EXPECT_EQ(document["entries"][1]["sender"], "me@example.org");
  EXPECT_EQ(document["entries"][1]["age_seconds"], 200);
  EXPECT_EQ(document["entries"][1]["arrived"], "2026-09-21T14:10:00.000Z");
  EXPECT_EQ(document["entries"][1]["recipients"][0]["status"], "to_do");
  EXPECT_TRUE(document["entries"][1]["next_try"].is_null());
  EXPECT_EQ(document["queue"]["octets"], 4690);
  EXPECT_EQ(nlohmann::json::parse(JsonList(kNow).end({}))["entries"].size(), 0u);
}

using QueueList = CommandTest;

TEST_F(QueueList, IsReadFromTheFoldersWhenTheDaemonIsDown) {
  it.submit(queue::envelope_to({"you@example.org"}));
  EXPECT_EQ(told([&] { return list_queue(config, {}); }), 0);
  EXPECT_NE(out.find("you@example.org"), std::string::npos) << out;
  EXPECT_NE(err.find("is mailchuted running? This is what lies in"), std::string::npos) << err;
}

TEST_F(QueueList, IsOfWhatIsSelectedInTheFoldersToo) {
  it.submit(queue::envelope_to({"you@example.org"}));
  it.submit(queue::envelope_to({"others@example.net"}));
  ListOptions options;
  options.selection.recipients = {"@EXAMPLE.org"};
  EXPECT_EQ(told([&] { return list_queue(config, options); }), 0);
  EXPECT_NE(out.find("you@example.org"), std::string::npos) << out;
  EXPECT_EQ(out.find("others@"), std::string::npos) << out;
  options.selection.older = "soon";
  EXPECT_EQ(told([&] { return list_queue(config, options); }), 64);
}

TEST_F(QueueList, IsNotReadBehindTheDaemonsBackWhenItRefuses) {
  FakeDaemon daemon(socket, {"ERROR no\n"});
  EXPECT_EQ(told([&] { return list_queue(config, {}); }), 77);
  EXPECT_EQ(out, "");
}

TEST_F(QueueList, HalfAListIsNoDocumentAndNoSuccess) {
  const std::string page = " " + queue::format_listed(waiting()) + "\nOK requests=2 octets=7 next=1789999800.000/" + kId + "\n";
  FakeDaemon daemon(socket, {page, "", page, ""});
  ListOptions options;
  options.json = true;
  EXPECT_EQ(told([&] { return list_queue(config, options); }), 75);
  EXPECT_FALSE(nlohmann::json::accept(out)) << out;
  EXPECT_EQ(told([&] { return list_queue(config, {}); }), 75);
  EXPECT_EQ(out.find("1 message"), std::string::npos) << out;
  EXPECT_EQ(complaints(), 1) << err;
}

}  // namespace
}  // namespace mailchute
