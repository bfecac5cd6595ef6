// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/reload.h"

#include "command_fixture.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;
using Reload = CommandTest;

TEST_F(Reload, SaysNothingWhenAllIsWell) {
  FakeDaemon daemon(socket, {"WAIT\nOK done\n"});
  EXPECT_EQ(told([&] { return reload(config); }), 0);
  EXPECT_EQ(out + err, "");
  EXPECT_EQ(daemon.requests(), std::vector<std::string>{"RELOAD"});
}

TEST_F(Reload, TellsEachMistakeOnALineOfItsOwn) {
  FakeDaemon daemon(socket, {" conf:1: this\n conf:2: that\nOK refused\n"});
  EXPECT_EQ(told([&] { return reload(config); }), 78);
  EXPECT_EQ(err, "mailchute: conf:1: this\nmailchute: conf:2: that\n");
}

TEST_F(Reload, TellsThatItComesLater) {
  FakeDaemon daemon(socket, {" workers are busy\nOK later\n"});
  EXPECT_EQ(told([&] { return reload(config); }), 75);
  EXPECT_EQ(err, "mailchute: workers are busy\n");
}

TEST_F(Reload, TellsWhoMayNotAsk) {
  FakeDaemon daemon(socket, {"ERROR for administrators\n"});
  EXPECT_EQ(told([&] { return reload(config); }), 77);
  EXPECT_EQ(err, "mailchute: for administrators\n");
}

TEST_F(Reload, SaysThatThereIsNoDaemon) {
  EXPECT_EQ(told([&] { return reload(config); }), 75);
  EXPECT_EQ(complaints(), 1);
}

}  // namespace
}  // namespace mailchute
