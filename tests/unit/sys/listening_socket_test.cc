// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/listening_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace mailchute::sys {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool connects(const std::string& path) {
  const auto address = address_of(path);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

class ListeningSocketTest : public ::testing::Test {
 protected:
  Result<ListeningSocket> open(mode_t mode = 0600) const { return ListeningSocket::open(path, mode); }

  support::TemporaryFolder folder;
  std::string path = folder / "socket";
};

TEST_F(ListeningSocketTest, LetsClientsWaitThoughNobodyAccepts) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error().text;
  EXPECT_TRUE(connects(path));
}

TEST_F(ListeningSocketTest, RefusesNobodyWhoFindsIt) {
  constexpr int kSockets = 300;
  const pid_t client = ::fork();
  if (client == 0) {
    for (int i = 0; i < kSockets; ++i) {
      while (!connects(path + std::to_string(i))) {
        if (errno == ECONNREFUSED) ::_exit(1);
      }
    }
    ::_exit(0);
  }
  std::vector<ListeningSocket> sockets;
  for (int i = 0; i < kSockets; ++i) {
    sockets.push_back(std::move(*ListeningSocket::open(path + std::to_string(i), 0600)));
  }
  int status = -1;
  ASSERT_EQ(::waitpid(client, &status, 0), client);
  EXPECT_EQ(status, 0);
}

TEST_F(ListeningSocketTest, SetsTheModeWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto socket = open(0666);
  ::umask(before);
  ASSERT_TRUE(socket);
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666u);
}

TEST_F(ListeningSocketTest, RemovesItsPathAtTheEnd) {
  {
    auto socket = open();
    const ListeningSocket moved = std::move(*socket);
    EXPECT_TRUE(exists(path));
  }
  EXPECT_FALSE(exists(path));
}

TEST_F(ListeningSocketTest, AChildThatIsDoneWithItLeavesThePathAlone) {
  auto socket = std::optional(std::move(*open()));
  const pid_t child = ::fork();
  if (child == 0) {
    socket.reset();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(socket->in_place());
  EXPECT_TRUE(connects(path));
}

TEST_F(ListeningSocketTest, LeavesAPathThatHasBecomeAnothersAlone) {
  {
    const auto socket = open();
    EXPECT_TRUE(socket->in_place());
    ASSERT_EQ(::unlink(path.c_str()), 0);
    EXPECT_FALSE(socket->in_place());
    support::write_file(path, "mine");
    EXPECT_FALSE(socket->in_place());
  }
  EXPECT_TRUE(exists(path));
}

TEST_F(ListeningSocketTest, ReplacesASocketThatNobodyListensOn) {
  const auto address = address_of(path);
  {
    const UniqueFd old(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(old.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error().text;
  EXPECT_TRUE(connects(path));
}

TEST_F(ListeningSocketTest, LeavesASocketInUseAlone) {
  const auto first = open();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text, "listen on " + path + ": another process listens there");
  EXPECT_TRUE(connects(path));
}

TEST_F(ListeningSocketTest, WaitsForOneThatComesFree) {
  const auto address = address_of(path);
  UniqueFd old(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(old.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(old.get(), 5), 0);
  const pid_t orphan = ::fork();
  if (orphan == 0) {  // until somebody has found it in use
    pollfd found{old.get(), POLLIN, 0};
    ::_exit(::poll(&found, 1, 30000) == 1 ? 0 : 1);
  }
  old.reset();
  const auto socket = ListeningSocket::open(path, 0600, Seconds(30));
  int status = -1;
  ASSERT_EQ(::waitpid(orphan, &status, 0), orphan);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(socket) << socket.error().text;
  EXPECT_TRUE(connects(path));
}

TEST_F(ListeningSocketTest, NeverRemovesWhatIsNoSocket) {
  support::write_file(path, "precious");
  const auto socket = open();
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().text,
            "listen on " + path + ": something that is no socket is in the way");
  EXPECT_EQ(support::file_content(path), "precious");
}

TEST_F(ListeningSocketTest, SaysWhyItCannotListen) {
  path = folder / std::string(200, 'x');
  EXPECT_EQ(open().error().kind, Error::Kind::config);
  path = folder / "missing/socket";
  EXPECT_EQ(open().error().text, "listen on " + path + ": No such file or directory");
}

}  // namespace
}  // namespace mailchute::sys
