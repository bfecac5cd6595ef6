// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received_check.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

Trace by(std::uint32_t uid) {
  Trace trace;
  trace.hostname = "web1.example.org";
  trace.uid = uid;
  trace.queue_id = "abc";
  return trace;
}

struct Sent {
  bool changed;
  std::string text;
};

Sent sent(const std::string& message, std::uint32_t owner) {
  HeaderReader reader;
  EXPECT_TRUE(reader.feed(message));
  reader.finish();
  const bool changed = correct_received(reader.header(), by(owner));
  return {changed, reader.header().text() + message.substr(reader.length())};
}

TEST(CorrectReceived, LeavesATrueFieldAlone) {
  const std::string message = format_received(by(1000)) + "Subject: x\n\nbody\n";
  EXPECT_FALSE(sent(message, 1000).changed);
  EXPECT_EQ(sent(message, 1000).text, message);
}

TEST(CorrectReceived, ReplacesAFalseUid) {
  const std::string rest = "Subject: x\n\nbody\n";
  EXPECT_EQ(sent(format_received(by(0)) + rest, 1000).text, format_received(by(1000)) + rest);
  EXPECT_EQ(sent(format_received(by(4294967295)) + rest, 7).text, format_received(by(7)) + rest);
}

TEST(CorrectReceived, KnowsTheFieldWithAClient) {
  Trace claim = by(1000);
  claim.client = "app ([127.0.0.1])";
  const std::string rest = "Subject: x\n\nbody\n";
  EXPECT_FALSE(sent(format_received(claim) + rest, 1000).changed);
  Trace truth = claim;
  truth.uid = 7;
  EXPECT_EQ(sent(format_received(claim) + rest, 7).text, format_received(truth) + rest);
}

TEST(CorrectReceived, WhoIsUnknownIsNeitherClaimedNorNamed) {
  const std::string rest = "Subject: x\n\nbody\n";
  EXPECT_FALSE(sent(format_received(by(65534)) + rest, 65534).changed);
  EXPECT_EQ(sent(format_received(by(65534)) + rest, 7).text, format_received(by(7)) + rest);
  EXPECT_EQ(sent(format_received(by(0)) + rest, 65534).text, format_received(by(65534)) + rest);
}

TEST(CorrectReceived, AddsAFieldWhereThereIsNone) {
  for (const std::string message :
       {"Subject: x\n\nbody\n", "", "\n", "Received: by x (mailchute, from uid )\n",
        "Received: by x (mailchute, from uid 10a)\n", "Received: by x (mailchute, from uid 10) more\n",
        "Received: by (x (mailchute, from uid 1000)\n", "Received: by x with y (mailchute, from uid 1000)\n",
        "Received: by x (mailchute, from uid 99999999999999999999999)\n",
        "Received: by  (mailchute, from uid 1000)\n", "Received: by x (mailchute, from some uid)\n",
        "Received: from x\n by x (mailchute, from uid 1000)\n", "Received: from x\n",
        "Received: from x\n\tby x (mailchute, from uid 10a)\n",
        "Received: by x\r; (mailchute, from uid 1000)\n", "Received: by x (mailchute, from uid 1000)"}) {
    EXPECT_EQ(sent(message, 1000).text, format_received(by(1000)) + message);
  }
}

TEST(CorrectReceived, IsNotMisledByALongLine) {
  const std::string start = "Received: by " + std::string(2000, 'x');
  for (const std::string& message :
       {start + " (mailchute, from uid 1)\n", start + "\nX: (mailchute, from uid 1000)"}) {
    EXPECT_EQ(sent(message, 1000).text, format_received(by(1000)) + message);
  }
}

}  // namespace
}  // namespace mailchute::mail
