// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_commands.h"

#include <gtest/gtest.h>

#include "queue/layout.h"
#include "unit/queue/fixture.h"
#include "unit/sendmail/fake_daemon.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

// Runs a command, keeps what it says.
class QueueCommands : public ::testing::Test {
 protected:
  QueueCommands() {
    support::write_file(config, "queue_directory = \"" + it.folder.path() + "\";\nrun_directory = \"" +
                                    run.path() + "\";\n");
  }
  int told(const std::function<int()>& command) {
    CaptureStdout();
    CaptureStderr();
    const int status = command();
    out = GetCapturedStdout();
    err = GetCapturedStderr();
    return status;
  }

  queue::QueueFixture it;
  support::TemporaryFolder run;
  std::string config = run / "conf";
  std::string socket = run / "control";
  std::string out, err;
};

TEST_F(QueueCommands, StatusPrintsWhatTheDaemonSays) {
  FakeDaemon daemon(socket, {" waiting=1\n last_error=451 later\nOK\n"});
  EXPECT_EQ(told([&] { return show_status(config); }), 0);
  EXPECT_EQ(out, "waiting=1\nlast_error=451 later\n");
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"STATUS"});
}

TEST_F(QueueCommands, StatusNeedsTheDaemon) {
  EXPECT_EQ(told([&] { return show_status(config); }), 75);
  EXPECT_EQ(out, "");
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
}

TEST_F(QueueCommands, HalfAnAnswerIsNone) {
  FakeDaemon daemon(socket, {" waiting=1\n"});
  EXPECT_EQ(told([&] { return show_status(config); }), 75);
  EXPECT_EQ(out, "");
}

TEST_F(QueueCommands, ListIsReadFromTheFoldersWhenTheDaemonIsDown) {
  it.submit(queue::envelope_to({"you@example.org"}));
  EXPECT_EQ(told([&] { return list_queue(config); }), 0);
  EXPECT_NE(out.find("you@example.org"), std::string::npos) << out;
  EXPECT_NE(err.find("this is what lies in"), std::string::npos) << err;
}

TEST_F(QueueCommands, AListThatTheDaemonRefusesIsNotReadBehindItsBack) {
  FakeDaemon daemon(socket, {"ERROR no\n"});
  EXPECT_EQ(told([&] { return list_queue(config); }), 77);
  EXPECT_EQ(out, "");
}

TEST_F(QueueCommands, RetryNamesWhatIsMeant) {
  FakeDaemon daemon(socket, {"OK messages=2\n", "OK messages=9\n", "ERROR no entry X\n"});
  EXPECT_EQ(told([&] { return retry_messages(config, {"A", "B"}, false); }), 0);
  EXPECT_EQ(out, "messages=2\n");
  EXPECT_EQ(told([&] { return retry_messages(config, {}, true); }), 0);
  EXPECT_EQ(told([&] { return retry_messages(config, {"X"}, false); }), 77);
  EXPECT_EQ(err, "mailchute: no entry X\n");
  EXPECT_EQ(daemon.requests(), (std::vector<std::string>{"RETRY A B", "RETRY *", "RETRY X"}));
}

TEST_F(QueueCommands, RetryWantsIdsOrAllButNotBoth) {
  EXPECT_EQ(told([&] { return retry_messages(config, {}, false); }), 64);
  EXPECT_EQ(told([&] { return retry_messages(config, {"A"}, true); }), 64);
}

}  // namespace
}  // namespace mailchute
