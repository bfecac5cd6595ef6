// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/retry_info.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace mailchute::queue {
namespace {

struct InfoFile {
  support::TemporaryFolder folder;
  RetryInfo with(std::string_view content) {
    support::write_file(folder / "id", content);
    return read_retry_info(AT_FDCWD, folder / "id");
  }
};

TEST(RetryInfo, ReadsWhatWasWritten) {
  InfoFile file;
  const RetryInfo infos[] = {
      {},
      {3, Time(Milliseconds(1001)), Time(Milliseconds(2002)), "a\nb \\ c", 2},
      {1000000000, Time(Seconds(99999999999)), {}, " ", 1000000000},
      {0, {}, Time(Milliseconds(2002)), "held back", 0, "0123456789abcdef"},
      {0, {}, {}, "held by an administrator", 0, "", true},
      {0, {}, {}, "by hand\n", 0, "0a", true},
  };
  for (const auto& info : infos) EXPECT_EQ(file.with(format_retry_info(info)), info);
}

TEST(RetryInfo, MissingOrMalformedIsNothingKnown) {
  InfoFile file;
  EXPECT_EQ(read_retry_info(AT_FDCWD, file.folder / "none"), RetryInfo{});
  for (const char* content :
       {"", "\n", "3\n", "3 1.000\n", "3 1.000 2.000\n", "3 1.000 2.000 1 x", "x 1.000 2.000 1 y\n", "3 1 2 1 y\n",
        "99999999999 1.000 2.000 1 y\n", "3 1.000 2.000 1 \\q\n", " 3 1.000 2.000 1 y\n", "3 1.000 2.000 4 y\n",
        "3 1.000 2.000 x y\n", "3 1.000 2.000 1 y\nno hex\n", "3 1.000 2.000 1 y\n0a\n0b\n",
        "3 1.000 2.000 1 y\nby hand", "3 1.000 2.000 1 y\nby hand\n0a\n"}) {
    EXPECT_EQ(file.with(content), RetryInfo{}) << content;
  }
  EXPECT_EQ(file.with(std::string(100000, 'x')), RetryInfo{});
}

TEST(RetryInfo, EveryCutIsNothingKnown) {
  InfoFile file;
  const auto text = format_retry_info({3, Time(Seconds(1)), Time(Seconds(2)), "reason", 3});
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(file.with(text.substr(0, cut)), RetryInfo{}) << cut;
  }
}

TEST(RetryInfo, LongReasonsAreCutToWhatCanBeReadAgain) {
  InfoFile file;
  const auto text = format_retry_info({1, {}, {}, std::string(5000, '\xff')});
  EXPECT_EQ(file.with(text).reason, std::string(1000, '\xff'));
}

}  // namespace
}  // namespace mailchute::queue
