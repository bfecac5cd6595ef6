// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_retry.h"

#include "command_fixture.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;
using QueueRetry = CommandTest;

TEST_F(QueueRetry, NamesWhatIsMeant) {
  FakeDaemon daemon(socket, {"OK messages=2\n", "OK messages=9\n", "ERROR no entry X\n"});
  EXPECT_EQ(told([&] { return retry_messages(config, {"A", "B"}, false); }), 0);
  EXPECT_EQ(out, "messages=2\n");
  EXPECT_EQ(told([&] { return retry_messages(config, {}, true); }), 0);
  EXPECT_EQ(told([&] { return retry_messages(config, {"X"}, false); }), 77);
  EXPECT_EQ(err, "mailchute: no entry X\n");
  EXPECT_EQ(daemon.requests(), (std::vector<std::string>{"RETRY A B", "RETRY *", "RETRY X"}));
}

TEST_F(QueueRetry, WantsIdsOrAllButNotBoth) {
  EXPECT_EQ(told([&] { return retry_messages(config, {}, false); }), 64);
  EXPECT_EQ(told([&] { return retry_messages(config, {"A"}, true); }), 64);
}

}  // namespace
}  // namespace mailchute
