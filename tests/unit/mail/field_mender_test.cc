// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/field_mender.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/encoded_word.h"

namespace mailchute::mail {
namespace {

std::optional<std::string> to_ascii(std::string_view domain) {
  if (domain == "b\xc3\xbc" "cher.example") return "xn--bcher-kva.example";
  return std::nullopt;
}

constexpr FieldTarget kTarget{FieldTarget::Ascii::what_can_be, false, to_ascii};
constexpr FieldTarget kAll{FieldTarget::Ascii::all, false, to_ascii};
constexpr FieldTarget kUtf8{FieldTarget::Ascii::what_can_be, true, to_ascii};

std::string mended(std::string_view raw, const FieldTarget& target = kTarget) {
  return mended_field(std::string(raw) + "\n", target).text;
}

TEST(FieldMender, EncodesTheWordsThatNeedIt) {
  EXPECT_EQ(mended("Subject: Re: J\xc3\xbcrgen, hi"), "Subject: Re: =?UTF-8?Q?J=C3=BCrgen=2C?= hi\n");
  EXPECT_EQ(mended("Subject: \xc3\xbc and \xc3\xbc"), "Subject: =?UTF-8?Q?=C3=BC_and_=C3=BC?=\n");
  EXPECT_EQ(mended("Subject: =?utf-8?q?a?= \xc3\xbc"), "Subject: =?UTF-8?Q?a_=C3=BC?=\n");
  EXPECT_EQ(mended("X-Name: caf\xe9"), "X-Name: =?UNKNOWN-8BIT?Q?caf=E9?=\n");
  EXPECT_EQ(mended("Subject: a\n \xc3\xbc\n b"), "Subject: a\n =?UTF-8?Q?=C3=BC?=\n b\n");
  EXPECT_EQ(mended("Subject: plain  ="), "Subject: plain  =\n");
}

TEST(FieldMender, EncodesNamesAndCommentsAndLeavesTheRestOfTheList) {
  EXPECT_EQ(mended("From: J\xc3\xb6rg \"M.\" M <j@x.example>, \"A, B\" <a@x.example> (c)"),
            "From: =?UTF-8?Q?J=C3=B6rg_M=2E_M?= <j@x.example>, \"A, B\" <a@x.example> (c)\n");
  EXPECT_EQ(mended("To: a@x.example (\xc3\xbc)"), "To: a@x.example (=?UTF-8?Q?=C3=BC?=)\n");
  EXPECT_EQ(mended("To: Gr\xc3\xbcn: a@x.example, \"\xc3\xbc\" <b@x.example>;"),
            "To: =?UTF-8?Q?Gr=C3=BCn?=: a@x.example, =?UTF-8?Q?=C3=BC?= <b@x.example>;\n");
}

TEST(FieldMender, WritesDomainsInALabels) {
  EXPECT_EQ(mended("To: X <x@b\xc3\xbc" "cher.example>"), "To: X <x@xn--bcher-kva.example>\n");
  EXPECT_EQ(mended("To: x@b\xc3\xbc" "cher.example, y@x"), "To: x@xn--bcher-kva.example, y@x\n");
  EXPECT_FALSE(mended_field("To: x@b\xc3\xbc" "cher.example\n", kUtf8).utf8_remains);
}

TEST(FieldMender, LeavesAMailboxThatNeedsSmtpUtf8OrNamesItOnly) {
  const std::string raw = "To: J\xc3\xb6 <j\xc3\xb6@x.example>, b@x.example\n";
  const MendedField kept = mended_field(raw, kUtf8);
  EXPECT_TRUE(kept.utf8_remains);
  EXPECT_EQ(kept.text, "To: =?UTF-8?Q?J=C3=B6?= <j\xc3\xb6@x.example>, b@x.example\n");
  const MendedField named = mended_field(raw, kTarget);
  EXPECT_FALSE(named.utf8_remains);
  EXPECT_EQ(named.text, "To: =?UTF-8?Q?J=C3=B6_j=C3=B6=40x=2Eexample?= :;, b@x.example\n");
}

TEST(FieldMender, ParametersGetTheFormOfRfc2231) {
  EXPECT_EQ(mended("Content-Disposition: attachment; filename=\"Gr\xc3\xbc\xc3\x9f" "e 1.pdf\"; size=1"),
            "Content-Disposition: attachment; filename*=UTF-8''Gr%c3%bc%c3%9fe%201.pdf; size=1\n");
  std::string name;
  for (int i = 0; i < 40; ++i) name += "\xc3\xbc";
  const std::string field = mended("Content-Type: text/plain; name=\"" + name + "\"");
  EXPECT_EQ(field.find("name*0*=UTF-8''%c3%bc"), 26u) << field;
  EXPECT_NE(field.find(";\n name*1*="), std::string::npos) << field;
  for (const std::string_view line : split(field, '\n')) EXPECT_LE(line.size(), 120u);
}

TEST(FieldMender, WhatHasNoOtherFormStaysUnlessItMustNot) {
  EXPECT_EQ(mended("Message-ID: <\xc3\xbc@x>"), "Message-ID: <\xc3\xbc@x>\n");
  EXPECT_EQ(mended("Message-ID: <\xc3\xbc@x>", kAll), "Message-ID: <??@x>\n");
}

TEST(FieldMender, FoldsLongLinesAtBlanks) {
  std::string raw = "Subject:";
  for (int i = 0; i < 300; ++i) raw += " word";
  const std::string folded = mended(raw);
  std::string joined;
  for (const std::string_view line : split(folded, '\n')) {
    EXPECT_LE(line.size(), 998u);
    joined += line;
  }
  EXPECT_EQ(joined, raw);
  const std::string whole = "X-Long: " + std::string(2000, 'x');
  EXPECT_EQ(mended(whole), whole + "\n");
  EXPECT_TRUE(needs_mending(whole, kTarget));
  EXPECT_FALSE(needs_mending("X: " + std::string(990, 'x') + "\n " + std::string(990, 'y') + "\n", kTarget));
}

}  // namespace
}  // namespace mailchute::mail
