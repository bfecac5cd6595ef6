// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "support/temporary_folder.h"

namespace mailchute::sys {
namespace {

// What a service manager hears.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) abort();
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  // Empty when nothing was said.
  std::string heard() const {
    char octets[4096];
    const ssize_t n = ::recv(socket_.get(), octets, sizeof octets, MSG_DONTWAIT);
    return n < 0 ? "" : std::string(octets, static_cast<std::size_t>(n));
  }

 private:
  UniqueFd socket_;
};

class NotifyTest : public ::testing::Test {
 protected:
  NotifyTest() { forget(); }
  ~NotifyTest() override { forget(); }
  static void forget() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  support::TemporaryFolder folder;
};

TEST_F(NotifyTest, SaysNothingWhereNobodyListens) {
  EXPECT_FALSE(Notify::from_environment());
  for (const char* name : {"", "@", "relative/path", "/nowhere/notify"}) {
    ::setenv("NOTIFY_SOCKET", name, 1);
    const auto notify = Notify::from_environment();
    EXPECT_FALSE(notify) << name;
    notify.ready();
  }
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  EXPECT_FALSE(Notify::from_environment());
}

TEST_F(NotifyTest, SpeaksTheProtocolOverAPathAndAnAbstractName) {
  for (const std::string& name : {folder / "notify", "@mailchute-notify-test-" + std::to_string(::getpid())}) {
    const Manager manager(name);
    const auto notify = Notify::from_environment();
    ASSERT_TRUE(notify) << name;
    notify.ready();
    EXPECT_EQ(manager.heard(), "READY=1");
    notify.status("2 waiting\nREADY=1");
    EXPECT_EQ(manager.heard(), "STATUS=2 waiting READY=1");
    notify.alive();
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    notify.stopping();
    EXPECT_EQ(manager.heard(), "STOPPING=1");
    EXPECT_EQ(manager.heard(), "");
  }
}

TEST_F(NotifyTest, ReloadingSaysWhenItBegan) {
  const Manager manager(folder / "notify");
  const auto notify = Notify::from_environment();
  timespec before{}, after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  notify.reloading();
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  const std::string heard = manager.heard();
  const std::string start = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_TRUE(heard.starts_with(start)) << heard;
  const long long at = std::stoll(heard.substr(start.size()));
  EXPECT_GE(at, before.tv_sec * 1000000LL + before.tv_nsec / 1000);
  EXPECT_LE(at, after.tv_sec * 1000000LL + after.tv_nsec / 1000);
}

TEST_F(NotifyTest, ChildrenDoNotInheritTheManager) {
  const Manager manager(folder / "notify");
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_TRUE(Notify::from_environment());
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
}

TEST_F(NotifyTest, KnowsHowLongTheManagerWaits) {
  const auto patience = [&](const char* usec, const std::string& pid) {
    forget();
    std::filesystem::remove(folder / "notify");
    const Manager manager(folder / "notify");
    ::setenv("WATCHDOG_USEC", usec, 1);
    if (!pid.empty()) ::setenv("WATCHDOG_PID", pid.c_str(), 1);
    return Notify::from_environment().patience();
  };
  EXPECT_EQ(patience("3000000", ""), std::chrono::seconds(3));
  EXPECT_EQ(patience("3000000", std::to_string(::getpid())), std::chrono::seconds(3));
  EXPECT_FALSE(patience("3000000", std::to_string(::getpid() + 1)));
  EXPECT_FALSE(patience("0", ""));
  EXPECT_FALSE(patience("soon", ""));
}

TEST_F(NotifyTest, AManagerThatHasGoneDoesNoHarm) {
  std::optional<Manager> manager(folder / "notify");
  const auto notify = Notify::from_environment();
  manager.reset();
  notify.ready();
}

}  // namespace
}  // namespace mailchute::sys
