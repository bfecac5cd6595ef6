// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/maildir.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace mailchute {
namespace {

using support::count_names;

class MaildirTest : public testing::Test {
 protected:
  std::string path() const { return folder_ / "mail"; }
  std::size_t files_in(const std::string& name) const { return count_names(path() + "/" + name); }

  support::TemporaryFolder folder_;
};

TEST_F(MaildirTest, ShowsAMessageOnceItIsWhole) {
  auto maildir = Maildir::open(path(), "here");
  ASSERT_TRUE(maildir) << maildir.error().text;
  auto message = maildir->begin();
  ASSERT_TRUE(message);
  const std::string large(100000, 'x');
  ASSERT_TRUE(message->write("one\n"));
  ASSERT_TRUE(message->write(large));
  EXPECT_EQ(files_in("tmp"), 1U);
  EXPECT_EQ(files_in("new"), 0U);
  ASSERT_TRUE(message->deliver());
  EXPECT_EQ(files_in("tmp"), 0U);
  EXPECT_EQ(support::file_content(path() + "/new/" + message->name()), "one\n" + large);
  EXPECT_EQ(message->size(), 4 + large.size());
}

TEST_F(MaildirTest, KeepsNothingOfAMessageThatIsDropped) {
  auto maildir = Maildir::open(path(), "here");
  ASSERT_TRUE(maildir);
  {
    auto message = maildir->begin();
    ASSERT_TRUE(message);
    MaildirMessage moved = std::move(*message);
    ASSERT_TRUE(moved.write("half"));
    EXPECT_EQ(files_in("tmp"), 1U);
  }
  EXPECT_EQ(files_in("tmp"), 0U);
  EXPECT_EQ(files_in("new"), 0U);
}

TEST_F(MaildirTest, NamesEachMessageDifferently) {
  auto maildir = Maildir::open(path(), "here");
  ASSERT_TRUE(maildir);
  for (int i = 0; i < 100; ++i) {
    auto message = maildir->begin();
    ASSERT_TRUE(message) << message.error().text;
    ASSERT_TRUE(message->deliver());
  }
  EXPECT_EQ(files_in("new"), 100U);
}

TEST_F(MaildirTest, OpensWhatIsThereAndNamesWhatCannotBe) {
  ASSERT_TRUE(Maildir::open(path(), "here"));
  EXPECT_TRUE(Maildir::open(path(), "here"));
  const auto missing = Maildir::open(path() + "/not/there", "here");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text.find("/not/there"), std::string::npos);
}

}  // namespace
}  // namespace mailchute
