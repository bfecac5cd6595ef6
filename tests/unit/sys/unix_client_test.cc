// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/unix_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

namespace mailchute::sys {
namespace {

constexpr Milliseconds kPatience{5000};

class UnixClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "mailchute-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ / "socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening_.get(), 0), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  UnixClient connect(Milliseconds patience = kPatience) {
    auto client = UnixClient::connect(path_, patience);
    EXPECT_TRUE(client);
    peer_.reset(::accept(listening_.get(), nullptr, nullptr));
    return std::move(*client);
  }
  void say(std::string_view octets) {
    ASSERT_EQ(::write(peer_.get(), octets.data(), octets.size()),
              static_cast<ssize_t>(octets.size()));
  }

  std::filesystem::path folder_;
  std::string path_;
  UniqueFd listening_;
  UniqueFd peer_;
};

TEST_F(UnixClientTest, ReadsLinesUntilTheOtherSideCloses) {
  UnixClient client = connect();
  say("one\n\nthree\nunfinished");
  EXPECT_EQ(**client.read_line(100), "one");
  EXPECT_EQ(**client.read_line(100), "");
  EXPECT_EQ(**client.read_line(100), "three");
  peer_.reset();
  EXPECT_FALSE(*client.read_line(100));
}

TEST_F(UnixClientTest, JoinsWhatComesInPieces) {
  UnixClient client = connect();
  say("a\nbe");
  EXPECT_EQ(**client.read_line(100), "a");
  say("fore\nlast\n");
  EXPECT_EQ(**client.read_line(100), "before");
  EXPECT_EQ(**client.read_line(100), "last");
}

TEST_F(UnixClientTest, SendsEverything) {
  UnixClient client = connect();
  ASSERT_TRUE(client.send("LIST\n"));
  char octets[16];
  EXPECT_EQ(::read(peer_.get(), octets, sizeof octets), 5);
}

TEST_F(UnixClientTest, EndlessLineIsRefused) {
  UnixClient client = connect();
  say(std::string(2000, 'x'));
  const auto line = client.read_line(1000);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, Error::Kind::protocol);
}

TEST_F(UnixClientTest, DoesNotWaitLongerThanItWasTold) {
  UnixClient client = connect(Milliseconds(10));
  const auto line = client.read_line(100);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, Error::Kind::temporary);
  Result<> sent;
  while (sent) sent = client.send(std::string(1 << 20, 'x'));
  EXPECT_EQ(sent.error().kind, Error::Kind::temporary);
}

TEST_F(UnixClientTest, FullBacklogIsSilenceToo) {
  std::vector<UnixClient> waiting;
  for (;;) {
    auto client = UnixClient::connect(path_, Milliseconds(10));
    if (!client) {
      EXPECT_EQ(client.error().kind, Error::Kind::temporary);
      break;
    }
    waiting.push_back(std::move(*client));
    ASSERT_LT(waiting.size(), 100u);
  }
}

TEST_F(UnixClientTest, ConnectingToNobodyIsTemporary) {
  for (const std::string& path : {path_ + "x", folder_.string()}) {
    const auto client = UnixClient::connect(path, kPatience);
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().kind, Error::Kind::temporary);
  }
  const auto long_path = UnixClient::connect(std::string(200, 'x'), kPatience);
  ASSERT_FALSE(long_path);
  EXPECT_EQ(long_path.error().kind, Error::Kind::config);
}

TEST_F(UnixClientTest, KnowsWhetherThereIsSomethingToRead) {
  auto client = connect();
  EXPECT_FALSE(client.has_input());
  say("one\ntwo\n");
  EXPECT_TRUE(client.has_input());
  EXPECT_EQ(client.read_line(100).value(), "one");
  EXPECT_TRUE(client.has_input()) << "already read";
  EXPECT_EQ(client.read_line(100).value(), "two");
  EXPECT_FALSE(client.has_input());
  peer_.reset();
  EXPECT_TRUE(client.has_input()) << "the end";
}

}  // namespace
}  // namespace mailchute::sys
