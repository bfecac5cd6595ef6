// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/encoded_word.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

struct Case {
  std::string_view field;
  std::string_view text;
};

TEST(EncodedWord, BecomesCharacters) {
  for (const Case& c : {
           Case{"", ""},
           Case{" plain text ", " plain text"},
           Case{"=?UTF-8?Q?J=C3=B6rg?=", "Jörg"},
           Case{"=?utf-8?b?SsO2cmc=?=", "Jörg"},
           Case{"=?utf-8*de?b?SsO2cmc?=", "Jörg"},
           Case{"=?ISO-8859-1?q?J=f6rg_M?=", "Jörg M"},
           Case{"=?us-ascii?Q?a_b?= c", "a b c"},
           Case{"Re: =?UTF-8?Q?a?= =?UTF-8?Q?b?=\n =?UTF-8?Q?c?= d", "Re: abc d"},
           Case{"=?UTF-8?Q?J=C3?= =?UTF-8?Q?=B6rg?=", "Jörg"},
           Case{"folded\r\n\ttext", "folded\ttext"},
           Case{"raw Jörg", "raw Jörg"},
       }) {
    EXPECT_EQ(decode_unstructured(c.field), c.text) << c.field;
  }
}

TEST(EncodedWord, WhatIsNoneStaysAsItIs) {
  for (const std::string_view text :
       {"=?", "=?UTF-8", "=?UTF-8?", "=?UTF-8?Q", "=?UTF-8?Q?", "=?UTF-8?Q?abc", "=?UTF-8?Q?abc?",
        "=?UTF-8?X?abc?=", "=?UTF-8?Q?a b?=", "=?UTF-8?QQ?a?=", "=?=?=?", "a=?b"}) {
    EXPECT_EQ(decode_unstructured(text), text);
  }
}

TEST(EncodedWord, WhatCannotBeReadIsNoText) {
  for (const std::string_view text : {"=?KOI8-R?Q?=C1?=", "=?UTF-8?Q?=F6?=", "=?UTF-8?Q?=ZZ?=",
                                      "=?UTF-8?Q?=C?=", "=?UTF-8?B?!!?=", "J\xf6rg"}) {
    EXPECT_FALSE(decode_unstructured(text)) << text;
  }
}

}  // namespace
}  // namespace mailchute::mail
