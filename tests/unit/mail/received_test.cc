// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

Trace trace() {
  return {.hostname = "box.example.org",
          .uid = 1000,
          .queue_id = "ABC123",
          .only_recipient = "you@example.net",
          .time = Time(Seconds(1795385822)),
          .utc_offset = 3600};
}

TEST(Received, NamesHostUidIdRecipientAndTime) {
  EXPECT_EQ(format_received(trace()),
            "Received: by box.example.org (mailchute, from uid 1000)\n"
            "\twith local id ABC123\n"
            "\tfor <you@example.net>;\n"
            "\tSun, 22 Nov 2026 23:17:02 +0100\n");
}

TEST(Received, NamesNobodyWhereThereAreSeveral) {
  Trace several = trace();
  several.only_recipient = {};
  EXPECT_EQ(format_received(several),
            "Received: by box.example.org (mailchute, from uid 1000)\n"
            "\twith local id ABC123;\n"
            "\tSun, 22 Nov 2026 23:17:02 +0100\n");
}

TEST(Received, NamesTheClientThatCameOverTcp) {
  Trace smtp = trace();
  smtp.client = "app ([127.0.0.1])";
  smtp.protocol = "ESMTP";
  EXPECT_EQ(format_received(smtp),
            "Received: from app ([127.0.0.1])\n"
            "\tby box.example.org (mailchute, from uid 1000)\n"
            "\twith ESMTP id ABC123\n"
            "\tfor <you@example.net>;\n"
            "\tSun, 22 Nov 2026 23:17:02 +0100\n");
}

TEST(Received, SaysSoWhereTheUserIsUnknown) {
  Trace nobody = trace();
  nobody.uid = 65534;
  EXPECT_NE(format_received(nobody).find("(mailchute, from unknown uid)\n"), std::string::npos);
}

TEST(Received, NoLineIsLongerThan998Octets) {
  Trace bulky = trace();
  const std::string address = std::string(1000, 'a') + "@x";
  bulky.only_recipient = address;
  EXPECT_EQ(format_received(bulky).find("for"), std::string::npos);
}

}  // namespace
}  // namespace mailchute::mail
