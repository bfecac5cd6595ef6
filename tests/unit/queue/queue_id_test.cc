// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/queue_id.h"

#include <gtest/gtest.h>

#include <set>

namespace mailchute::queue {
namespace {

TEST(QueueId, IsNewEachTimeAndBeginsWithADigit) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto id = new_queue_id();
    EXPECT_TRUE(is_queue_id(id)) << id;
    EXPECT_TRUE(id.front() >= '0' && id.front() <= '7') << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(QueueId, EachCharacterVaries) {
  std::set<char> seen[kQueueIdLength];
  for (int i = 0; i < 2000; ++i) {
    const auto id = new_queue_id();
    for (std::size_t at = 0; at < id.size(); ++at) seen[at].insert(id[at]);
  }
  EXPECT_EQ(seen[0].size(), 8u);
  for (std::size_t at = 1; at < kQueueIdLength; ++at) EXPECT_EQ(seen[at].size(), 32u) << at;
}

TEST(QueueId, OtherNamesAreNone) {
  const std::string id = "0123456789ABCDEFGHJKMNPQRS";
  ASSERT_TRUE(is_queue_id(id));
  for (const std::string& name :
       {std::string(), std::string("."), std::string("lock"), id.substr(1), id + "0",
        "8" + id.substr(1), id.substr(1) + "I", id.substr(1) + "a", id.substr(1) + "/",
        id.substr(1) + std::string(1, '\0'), id + ".new"}) {
    EXPECT_FALSE(is_queue_id(name)) << name;
  }
}

}  // namespace
}  // namespace mailchute::queue
