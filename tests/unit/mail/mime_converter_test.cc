// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_converter.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

constexpr MimeTarget kSevenBit{};
constexpr MimeTarget kEightBit{true};

const std::string kWords = "gr\xc3\xbc\xc3\x9f" "e\n";
const std::string kLong(999, 'x');

MimePlan planned(std::string_view text, const MimeTarget& target) {
  MimePlanner planner(target);
  planner.feed(text);
  return planner.finish();
}

std::string converted(std::string_view text, const MimeTarget& target = kSevenBit) {
  const MimePlan plan = planned(text, target);
  if (!plan.changes) return std::string(text);
  MimeConverter converter(plan, target);
  std::string out;
  converter.convert(text, out);
  converter.finish(out);
  return out;
}

TEST(MimeConverter, TouchesOnlyWhatMustChange) {
  for (const std::string& text : {
           std::string("Subject: x\n\nplain\n"),
           std::string("Content-Type: multipart/mixed; boundary=a\n\npre\n--a\n\nx\n--a \n\n\n--a--\t\nepi\n"),
           "Subject: x\n\n" + std::string(998, 'x') + "\n",
       }) {
    EXPECT_FALSE(planned(text, kSevenBit).changes) << text;
  }
  EXPECT_FALSE(planned("Subject: x\n\n" + kWords, kEightBit).changes);
  EXPECT_TRUE(planned("Subject: x\n\n" + kWords, kEightBit).eight_bit);
}

TEST(MimeConverter, GivesTextWithoutMimeTheFieldsItNeeds) {
  EXPECT_EQ(converted("Subject: x\n\n" + kWords + std::string(40, 'a') + "\n"),
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n\ngr=C3=BC=C3=9Fe\n" + std::string(40, 'a') + "\n");
  EXPECT_EQ(converted("Subject: x\n\n" + kLong + "\n").substr(0, 122),
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n"
            "Content-Transfer-Encoding: quoted-printable\n\nxxxxx");
  EXPECT_NE(converted("\ncaf\xe9 and more\n").find("charset=unknown-8bit"), std::string::npos);  // RFC 1428
  EXPECT_NE(converted("\na\rb and more and more\n", kEightBit).find("a=0Db and"), std::string::npos);
  EXPECT_NE(converted(std::string("\na\0b and more and more\n", 24), kEightBit).find("a=00b and"), std::string::npos);
}

TEST(MimeConverter, AddsACharsetOnlyWhereTheTypeHasNone) {
  const std::string rest = "\n\n" + kWords + std::string(40, 'a') + "\n";
  const auto type = [&](std::string_view field) {
    const std::string out = converted("MIME-Version: 1.0\nContent-Type: " + std::string(field) + rest);
    return out.substr(18, out.find("\nContent-Transfer") - 18);
  };
  EXPECT_EQ(type("text/plain"), "Content-Type: text/plain; charset=utf-8");
  EXPECT_EQ(type("text/plain; format=flowed"), "Content-Type: text/plain; charset=utf-8; format=flowed");
  EXPECT_EQ(type("text/plain;\n charset=koi8-r"), "Content-Type: text/plain;\n charset=koi8-r");
  EXPECT_EQ(type("application/json"), "Content-Type: application/json");
  EXPECT_EQ(type("text"), "Content-Type: text");
}

TEST(MimeConverter, TakesTheShorterEncoding) {
  std::string dense, sparse;
  for (int i = 0; i < 50; ++i) dense += "\xd0\x96";
  for (int i = 0; i < 50; ++i) sparse += "some words, ";
  EXPECT_NE(converted("\n" + dense + "\n").find(": base64\n"), std::string::npos);
  EXPECT_NE(converted("\n" + sparse + "\xd0\x96\n").find(": quoted-printable\n"), std::string::npos);
}

TEST(MimeConverter, EncodesPartsAndLabelsWhatHoldsThem) {
  const std::string text =
      "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\nContent-Type: multipart/mixed; boundary=\"a b\"\n\n"
      "pr\xc3\xa9\n--a b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8BIT\n\n" + kWords +
      std::string(40, 'a') + "\n--a b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nQUJD\n--a b--\n";
  EXPECT_EQ(converted(text),
            "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Type: multipart/mixed; boundary=\"a b\"\n\n"
            "pr??\n--a b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            "gr=C3=BC=C3=9Fe\n" + std::string(40, 'a') +
            "\n--a b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nQUJD\n--a b--\n");
}

TEST(MimeConverter, GoesIntoMessagesInside) {
  const std::string text =
      "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\n"
      "Subject: \xc3\xbc\n\n" + kWords;
  EXPECT_EQ(converted(text),
            "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
            "Subject: =?UTF-8?Q?=C3=BC?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: base64\n\nZ3LDvMOfZQ0K\n");
}

TEST(MimeConverter, MendsWhatIsEncodedBadly) {
  const std::string quoted = "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n";
  EXPECT_EQ(converted(quoted + "a=20\xc3\xbc=\nb \n"), quoted + "a=20=C3=BC=\nb \n");
  const std::string base = "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n";
  EXPECT_EQ(converted(base + std::string(1000, 'Q') + "\n").find(std::string(76, 'Q') + "\nQ"), base.size());
}

TEST(MimeConverter, LeavesWhatIsSignedOrEncrypted) {
  for (const std::string& head :
       {std::string("Content-Type: multipart/signed; boundary=s\n\n--s\n\n"),
        std::string("Content-Type: multipart/encrypted; boundary=s\n\n--s\n\n"),
        std::string("Content-Type: application/pkcs7-mime; smime-type=signed-data\n\n"),
        std::string("Subject: x\n\nnote\n-----BEGIN PGP SIGNED MESSAGE-----\n")}) {
    EXPECT_FALSE(planned(head + kLong + "\n", kSevenBit).changes) << head;
    EXPECT_EQ(planned(head + kLong + "\n", kSevenBit).obstacle, MimePlan::Obstacle::none) << head;
    EXPECT_EQ(planned(head + kWords, kSevenBit).obstacle, MimePlan::Obstacle::sealed) << head;
    EXPECT_EQ(planned(head + kWords, kEightBit).obstacle, MimePlan::Obstacle::none) << head;
    EXPECT_TRUE(planned(head + kWords, kEightBit).eight_bit) << head;
  }
  EXPECT_EQ(planned("\n> -----BEGIN PGP SIGNED MESSAGE-----\n" + kWords, kSevenBit).obstacle, MimePlan::Obstacle::none);
}

TEST(MimeConverter, LeavesWhatCannotBeTakenApart) {
  for (const std::string& head :
       {std::string("Content-Type: multipart/mixed\n\n--s\n\n"), std::string("Content-Type: multipart/x; boundary=b\n\n"),
        std::string("Content-Transfer-Encoding: x-uuencode\n\n"), std::string("Content-Type: message/partial\n\n")}) {
    EXPECT_EQ(planned(head + kWords, kSevenBit).obstacle, MimePlan::Obstacle::broken) << head;
    EXPECT_FALSE(planned(head + kLong + "\n", kSevenBit).changes) << head;
  }
  std::string many = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 10001; ++i) many += "--b\n\nx\n";
  EXPECT_FALSE(planned(many + kLong, kSevenBit).changes);
  EXPECT_EQ(planned(many + kWords, kSevenBit).obstacle, MimePlan::Obstacle::broken);
}

TEST(MimeConverter, KnowsADelimiterFromALineLikeIt) {
  const std::string head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n";
  EXPECT_EQ(planned(head + "--b\n\nx\n--bb\n--b-\n --b\n-b\n--\n--b--\n", kSevenBit).parts.size(), 2u);
  EXPECT_EQ(planned(head + "--b\n\nx\n--b\n--b--\n--b\n\n", kSevenBit).parts.size(), 3u);
  EXPECT_EQ(planned(head + "--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--b\n\ny\n", kSevenBit).parts.size(),
            4u);
}

TEST(MimeConverter, BinaryLabelsGoWhereNothingIsBinary) {
  EXPECT_EQ(converted("MIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\n" + kWords, kEightBit),
            "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n\n" + kWords);
}

}  // namespace
}  // namespace mailchute::mail
