// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/intake.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailchute::mail {
namespace {

struct Collected : Destination {
  Result<> begin(const Envelope& envelope) override {
    ++begun;
    to = envelope.recipients.front().address;
    if (refuses_begin) return failure(Error::Kind::temporary, "disk full");
    return {};
  }
  Result<> write(std::string_view octets) override {
    text += octets;
    if (text.size() > room) return failure(Error::Kind::data, "too large");
    return {};
  }

  int begun = 0;
  bool refuses_begin = false;
  std::size_t room = 8 << 20;
  std::string to;
  std::string text;
};

Result<Submission> prepared(const Header& header) {
  Envelope envelope;
  envelope.recipients = {{"you", "", {}}};
  Surroundings at;
  at.hostname = "box.example.org";
  at.domain = "example.org";
  return prepare(header, std::move(envelope), "ESMTP", at);
}

// What comes out of `text` in pieces of this size.
std::string mended(std::string_view text, std::size_t piece) {
  Collected collected;
  Intake intake(prepared, collected);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    EXPECT_TRUE(intake.feed(text.substr(0, piece)));
  }
  EXPECT_TRUE(intake.finish());
  EXPECT_EQ(collected.begun, 1);
  EXPECT_EQ(collected.to, "you@box.example.org");
  return collected.text;
}

TEST(Intake, HandsOnTheSameHoweverTheMessageIsCut) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"Subject: x\nTo: root\nBcc: b\n folded\n\nbody\n\nmore\0\xff\n"sv, "no header\nat: all\n"sv,
        ""sv, "\n"sv, "\nbody\n"sv, "Only: header\n"sv, "Only: header\n\n"sv,
        "From me Mon\nA: b\n\nc\n"sv, "A: b\nno field\nc\n"sv, "From "sv, "unfinished"sv}) {
    const std::string whole = mended(text, text.size() + 1);
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      EXPECT_EQ(mended(text, piece), whole) << text << " in pieces of " << piece;
    }
  }
}

TEST(Intake, MendsTheHeaderAndLeavesTheBody) {
  const std::string text = mended("To: root\nBcc: b\nDate: d\nFrom: f@x\nMessage-ID: <m@x>\n\nbody\n.\n", 3);
  EXPECT_TRUE(text.ends_with("+0000\nTo: root@example.org\nDate: d\nFrom: f@x\nMessage-ID: <m@x>\n\nbody\n.\n"))
      << text;
}

TEST(Intake, HandsOnTheBodyAsItComes) {
  Collected collected;
  Intake intake(prepared, collected);
  EXPECT_TRUE(intake.feed("A: b\n\nbod"));
  EXPECT_TRUE(collected.text.ends_with("\n\nbod"));
  EXPECT_TRUE(intake.feed("y"));
  EXPECT_TRUE(collected.text.ends_with("\n\nbody"));
}

TEST(Intake, AfterAnErrorNothingMoreIsHandedOn) {
  Collected collected;
  collected.room = 1000;
  Intake intake(prepared, collected);
  EXPECT_TRUE(intake.feed("A: b\n\n"));
  EXPECT_FALSE(intake.feed(std::string(1000, 'x')));
  const std::string before = collected.text;
  EXPECT_FALSE(intake.feed("more"));
  EXPECT_EQ(intake.finish().error().text, "too large");
  EXPECT_EQ(collected.text, before);
}

TEST(Intake, TroubleAtTheBeginningIsTold) {
  Collected collected;
  collected.refuses_begin = true;
  Intake intake(prepared, collected);
  EXPECT_EQ(intake.feed("A: b\n\nbody\n").error().kind, Error::Kind::temporary);
  EXPECT_FALSE(intake.finish());
  EXPECT_EQ(collected.text, "");
}

TEST(Intake, AMessageThatIsNotWantedIsNeverBegun) {
  Collected collected;
  Intake intake([](const Header&) -> Result<Submission> { return failure(Error::Kind::data, "no"); },
                collected);
  EXPECT_TRUE(intake.feed("A: b\n"));
  EXPECT_EQ(intake.finish().error().text, "no");
  EXPECT_EQ(collected.begun, 0);
}

TEST(Intake, WhatGoesInACircleIsRefused) {
  std::string hops;
  for (int i = 0; i < 100; ++i) hops += "Received: from here\n by here\n";
  for (const bool circle : {false, true}) {
    Collected collected;
    Intake intake(prepared, collected);
    EXPECT_TRUE(intake.feed(hops + (circle ? "received: once more\n" : "Subject: x\n")));
    const auto finished = intake.finish();
    EXPECT_EQ(collected.begun, circle ? 0 : 1);
    ASSERT_EQ(finished.has_value(), !circle);
    if (circle) {
      EXPECT_EQ(finished.error().kind, Error::Kind::data);
    }
  }
}

TEST(Intake, AHeaderHasABound) {
  Collected collected;
  Intake intake(prepared, collected);
  const std::string line = "X: " + std::string(1 << 20, 'x') + "\n";
  EXPECT_TRUE(intake.feed(line));
  EXPECT_FALSE(intake.feed(line));
  EXPECT_EQ(intake.finish().error().kind, Error::Kind::data);
  EXPECT_EQ(collected.begun, 0);
}

}  // namespace
}  // namespace mailchute::mail
