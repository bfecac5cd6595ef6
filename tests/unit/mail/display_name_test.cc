// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/display_name.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

struct Case {
  std::string_view name;
  std::string_view field;
};

TEST(DisplayName, IsPlainQuotedOrEncoded) {
  for (const Case& c : {
           Case{"", ""},
           Case{" \t ", ""},
           Case{"CronDaemon", "CronDaemon"},
           Case{"Ann B Example", "Ann B Example"},
           Case{"Example, Ann", "\"Example, Ann\""},
           Case{"Ann (at work) \"x\" \\", "\"Ann (at work) \\\"x\\\" \\\\\""},
           Case{"Jörg Müller", "=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?="},
           Case{"J\xf6rg", "=?UNKNOWN-8BIT?Q?J=F6rg?="},
           Case{"=?UTF-8?Q?Bob?=", "=?UTF-8?Q?=3D=3FUTF=2D8=3FQ=3FBob=3F=3D?="},
       }) {
    EXPECT_EQ(format_display_name(c.name), c.field);
  }
}

TEST(DisplayName, CannotBringALineOfItsOwn) {
  EXPECT_EQ(format_display_name("x\r\nBcc: you@example.net"), "\"x  Bcc: you@example.net\"");
  for (const auto name : {"x\nBcc: y", "\r\n\r\nbody", "ö\nBcc: y", "=?\nBcc: y", "\x7f\x01"}) {
    const std::string field = format_display_name(name);
    EXPECT_TRUE(std::none_of(field.begin(), field.end(), is_control)) << field;
  }
}

TEST(DisplayName, LongNamesAreCutAtACharacterAndFolded) {
  std::string name;
  for (int i = 0; i < 400; ++i) name += "ö";
  const std::string field = format_display_name(name);
  for (const std::string_view line : split(field, '\n')) {
    EXPECT_LE(line.size(), 76u);
    EXPECT_TRUE(trim(line).starts_with("=?UTF-8?Q?=C3=B6")) << line;
    EXPECT_TRUE(line.ends_with("=C3=B6?=")) << line;
  }
  EXPECT_EQ(format_display_name(std::string(5000, 'x')).size(), 256u);
}

TEST(FullName, IsTheFirstPartOfGecos) {
  EXPECT_EQ(full_name_from_gecos("Ann Example,Room 5,,", "ann"), "Ann Example");
  EXPECT_EQ(full_name_from_gecos("& Example", "ann"), "Ann Example");
  EXPECT_EQ(full_name_from_gecos("&", ""), "");
  EXPECT_EQ(full_name_from_gecos("", "ann"), "");
}

TEST(DisplayNameIn, IsThePhraseOrTheComment) {
  for (const Case& c : {
           Case{"Bob <bob@x>", "Bob on h"},
           Case{" (a)\tBob (b) the\n Builder (c) <bob@x> (d)", "Bob the Builder on h"},
           Case{"bob@x (Bob)", "Bob on h"},
           Case{"bob@x (a) (Bob (the) \\(\\) Builder)", "\"Bob (the) () Builder on h\""},
           Case{"<bob@x>(Bob)", "Bob on h"},
           Case{"\"\" <bob@x> (Bob)", "Bob on h"},
           Case{"\"Bob \\\"B\\\"\" B. Builder <bob@x>", "\"Bob \\\"B\\\" B. Builder on h\""},
           Case{"\"(Cron Daemon)\" <bob@x>", "Cron Daemon on h"},
           Case{"\"(a) (b)\" <bob@x>", "\"(a) (b) on h\""},
           Case{"\"=?UTF-8?B?SsO2cmc=?=\" <bob@x>", "=?UTF-8?Q?J=C3=B6rg_on_h?="},
           Case{"J\xf6rg <bob@x>", "=?UNKNOWN-8BIT?Q?J=F6rg_on_h?="},
           Case{"=?X?Q?a?= =?Y?Q?b?= <bob@x>", "=?X?Q?a?=\n =?Y?Q?b?= on h"},
           Case{"=?X?Q?(a)?= <bob@x>", ""},
           Case{"bob@x", ""},
           Case{"<bob@x>", ""},
           Case{"\"bob@x\" <bob@x>", ""},
           Case{"=?UTF-8?Q?bob=40x?= <bob@x>", ""},
           Case{"bob@x ()", ""},
           Case{"\"Bob <bob@x>", ""},
           Case{"", ""},
       }) {
    EXPECT_EQ(format_name_in(c.name, " on h"), c.field) << c.name;
  }
}

TEST(DisplayNameIn, IsShortWhateverTheLength) {
  for (const std::string& name :
       {std::string(200000, 'x'), "\"" + std::string(200000, '\\') + "\"", std::string(100000, '('), "=?X?Q?a?= " + std::string(2000, 'x')}) {
    EXPECT_LE(format_name_in(name + " <bob@x>", " on h").size(), 520u);
    EXPECT_LE(format_name_in("bob@x (" + name + ")", " on h").size(), 520u);
  }
}

}  // namespace
}  // namespace mailchute::mail
