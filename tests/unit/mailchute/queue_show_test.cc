// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_show.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "command_fixture.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;
using nlohmann::json;

class QueueShow : public CommandTest {
 protected:
  int show(const std::string& id, bool as_json = false) {
    return told([&] { return show_message(config, id, as_json); });
  }
  static mail::Envelope envelope() {
    auto envelope = queue::envelope_to({"good@b", "bad@b"});
    envelope.recipients[1].notify.never = true;
    envelope.recipients[1].original = "rfc822;x+2By@d";
    envelope.ret = mail::Return::full;
    envelope.uid = 4711;
    return envelope;
  }
  // In failed/.
  std::string dead_letter() {
    auto entry = it.entry(envelope(), "From: Me\nSubject: =?utf-8?q?gr=C3=BC=1B[2J?=\nMessage-ID: <1@here>\n\nbody\n");
    EXPECT_TRUE(it.queue.record(entry, std::vector<queue::Outcome>{{0, queue::RecipientStatus::done, ""},
                                                                   {1, queue::RecipientStatus::failed, "550 who\x1b[2J?"}}));
    return entry.id();
  }
};

TEST_F(QueueShow, TellsAllForPeople) {
  const auto id = dead_letter();
  EXPECT_EQ(show(id.substr(0, 10)), 0) << err;
  for (const char* wanted : {"state        failed", "Subject      gr\xc3\xbc\\x1b[2J\n", "Message-ID   <1@here>\n",
                             "return       FULL\n", "submitted by uid 4711", "failed: 550 who\\x1b[2J? NOTIFY=NEVER ORCPT=rfc822;x+2By@d\n",
                             "sender       sender@example.org\n"}) {
    EXPECT_NE(out.find(wanted), std::string::npos) << wanted << "\n" << out;
  }
  EXPECT_NE(out.find(it.folder.path() + "/failed/" + id), std::string::npos) << out;
  for (const char c : out) EXPECT_TRUE(c == '\n' || !is_control(c));
  EXPECT_NE(err.find("is mailchuted running? This is what lies in"), std::string::npos) << err;
}

TEST_F(QueueShow, WhatIsNoAddressIsSaidToBeNone) {
  auto without = queue::envelope_to({"good@b"});
  without.recipients.push_back({"no@@b", "", {}, "an '@' too many"});
  const auto id = it.submit(without);
  EXPECT_EQ(show(id), 0) << err;
  EXPECT_NE(out.find("no@@b\n             no address, as the sender will be told: an '@' too many\n"), std::string::npos)
      << out;
}

TEST_F(QueueShow, TellsAllForPrograms) {
  const auto id = dead_letter();
  EXPECT_EQ(show(id, true), 0) << err;
  const json document = json::parse(out);
  EXPECT_EQ(document["id"], id);
  EXPECT_EQ(document["state"], "failed");
  EXPECT_EQ(document["recipients"][1]["status"], "failed");
  EXPECT_EQ(document["recipients"][1]["reply"], "550 who\x1b[2J?");
  EXPECT_EQ(document["recipients"][1]["notify"], json::array({"NEVER"}));
  EXPECT_EQ(document["envelope"]["return"], "FULL");
  EXPECT_EQ(document["envelope"]["uid"], 4711);
  EXPECT_EQ(document["uid"], ::getuid());
  EXPECT_EQ(document["header"]["message_id"], "<1@here>");
  EXPECT_EQ(document["damaged"], false);
}

TEST_F(QueueShow, ADamagedEntryIsShownAsFarAsItGoes) {
  const auto id = queue::new_queue_id();
  queue::write_file(it.in(queue::kFailed, id), "garbage");
  EXPECT_EQ(show(id), 0) << err;
  EXPECT_NE(out.find("reason       malformed entry"), std::string::npos) << out;
  EXPECT_EQ(show(id, true), 0) << err;
  EXPECT_EQ(json::parse(out)["damaged"], true);
}

TEST_F(QueueShow, WhatIsNotThereOrNotClearIsRefused) {
  EXPECT_EQ(show("0123"), 77);
  EXPECT_NE(err.find("no entry 0123"), std::string::npos) << err;
  for (const char* id : {"0123456789ABCDEFGHJKMNPQRS", "0123456789ABCDEFGHJKMNPQRT"}) {
    queue::write_file(it.in(queue::kFailed, id), "garbage");
  }
  EXPECT_EQ(show("0123"), 77);
  EXPECT_NE(err.find("0123456789ABCDEFGHJKMNPQRT"), std::string::npos) << err;
  EXPECT_EQ(out, "");
}

TEST_F(QueueShow, IsForTheDaemonToDecide) {
  const auto id = dead_letter();
  FakeDaemon daemon(socket, {"ERROR no entry, or not yours\n"});
  EXPECT_EQ(show(id), 77);
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"SHOW " + id});
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace mailchute
