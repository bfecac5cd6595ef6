// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/collection.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

Collection two() {
  Collection collection;
  collection.id = "5KX2";
  collection.hostname = "web1.example.org";
  collection.user = "www-data";
  collection.above = 10;
  collection.within = Seconds(600);
  collection.now = Time(Seconds(1'790'000'600));
  collection.header = "Received: by x\nFrom: Shop <shop@example.org>\nSubject: Disk full\nTo: you@example.org,\n me@example.org\n\nbody\n";
  collection.messages = {{"5KXA", Time(Seconds(1'790'000'000)), 100, "Disk full"},
                         {"5KXB", Time(Seconds(1'790'000'300)), 120, "Disk full"}};
  return collection;
}

TEST(Collection, BeginsWithTheFieldsOfTheFirstMessageAndTellsWhatItIs) {
  EXPECT_EQ(collection_head(two()),
            "From: Shop <shop@example.org>\nTo: you@example.org,\n me@example.org\n"
            "Subject: [2x] Disk full\nDate: Mon, 21 Sep 2026 14:23:20 +0000\n"
            "Message-ID: <20260921142320.5KX2@web1.example.org>\n"
            "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=\"=_5KX2\"\n"
            "\n--=_5KX2\nContent-Type: text/plain; charset=us-ascii\n\n"
            "These 2 messages have the same sender, recipients and subject. User\n"
            "www-data on web1.example.org sent them from Mon, 21 Sep 2026 14:13:20\n"
            "+0000 to Mon, 21 Sep 2026 14:18:20 +0000.\n\n"
            "They are attached, each as it was: nothing is missing. They come in one\n"
            "message so that they do not bury all other mail: of messages that are\n"
            "alike, those beyond 10 within 10m are held back for as long and then\n"
            "sent together. The settings are digest_above, digest_within and digests,\n"
            "which is \"off\" to turn it off, in the group storms of mailchute.conf on\n"
            "web1.example.org.\n\n"
            "1. Mon, 21 Sep 2026 14:13:20 +0000, 100 octets, 5KXA\n"
            "2. Mon, 21 Sep 2026 14:18:20 +0000, 120 octets, 5KXB\n"
            "\n--=_5KX2\nContent-Type: multipart/digest; boundary=\"=_d5KX2\"\n\n");
}

TEST(Collection, EachMessageIsAPartOfItsOwn) {
  EXPECT_EQ(collection_part(two()), "\n--=_d5KX2\nContent-Type: message/rfc822\n\n");
  EXPECT_EQ(collection_tail(two()), "\n--=_d5KX2--\n\n--=_5KX2--\n");
}

TEST(Collection, OctetsAbove127AreDeclaredAtEveryLevel) {
  Collection collection = two();
  collection.eight_bit = true;
  const std::string all = collection_head(collection) + collection_part(collection);
  std::size_t count = 0;
  for (auto at = all.find("Content-Transfer-Encoding: 8bit\n"); at != all.npos;
       at = all.find("Content-Transfer-Encoding: 8bit\n", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 3U);
}

TEST(Collection, ASubjectBeyondAsciiIsEncodedAndListedInUtf8) {
  Collection collection = two();
  for (auto& message : collection.messages) message.subject = "Platte voll: \xc3\x9c";
  collection.messages.back().subject = "Platte voll: \xc3\xa4";
  const std::string head = collection_head(collection);
  EXPECT_NE(head.find("Subject: [2x]\n =?"), head.npos) << head;
  EXPECT_NE(head.find("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"), head.npos);
  EXPECT_NE(head.find("\n   Platte voll: =C3=A4\n"), head.npos) << head;
}

TEST(Collection, RepliesGoWhereThoseToTheFirstMessageGo) {
  Collection collection = two();
  collection.header = "From: a@example.org, b@example.org\nReply-To: desk@example.org\nSender: b@example.org\n\n";
  EXPECT_TRUE(collection_head(collection).starts_with(
      "From: a@example.org, b@example.org\nSender: b@example.org\nReply-To: desk@example.org\nSubject: "));
}

TEST(Collection, SubjectsThatAreAlikeButForNumbersAreNotCalledTheSame) {
  Collection collection = two();
  collection.messages.back().subject = "Disk 2 full";
  EXPECT_NE(collection_head(collection).find("(but for"), std::string::npos);
  EXPECT_EQ(collection_head(two()).find("(but for"), std::string::npos);
}

TEST(Collection, WithoutAFromItIsFromTheMailSystem) {
  Collection collection = two();
  collection.header = "body only\n";
  EXPECT_TRUE(collection_head(collection).starts_with("From: MAILER-DAEMON@web1.example.org\nSubject: "));
}

TEST(Collection, ASubjectIsReadAsPeopleReadIt) {
  EXPECT_EQ(plain_subject("From: x\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_you?=\n\n"), "Gr\xc3\xbc\xc3\x9f" "e you");
  EXPECT_EQ(plain_subject("Subject:  a \n  b\n\nSubject: no\n"), "a b");
  EXPECT_EQ(plain_subject("From: x\n\nSubject: no\n"), "");
  EXPECT_EQ(plain_subject("Subject: \xff\xfe\n\n"), "\\xff\\xfe");
}

}  // namespace
}  // namespace mailchute::mail
