// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>

#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

struct Silent : Log {
  void write(Severity, std::string_view) override {}
};

std::unique_ptr<Log> silence(const config::Settings&) { return std::make_unique<Silent>(); }

class KeeperTest : public ::testing::Test {
 protected:
  KeeperTest() {
    settings().queue_directory = queue.path();
    settings().run_directory = run.path();
    settings().smart_hosts.emplace_back();
    settings().smart_hosts.front().tls = config::Tls::none;
    orders.passwords.resize(1);
  }
  config::Settings& settings() { return orders.settings; }
  Error error() {
    const auto kept = Keeper(std::move(orders), silence, {}, Premises(), [this] { started = true; }).run();
    EXPECT_FALSE(kept);
    return kept ? Error{} : kept.error();
  }
  std::string refusal() { return error().text; }

  support::TemporaryFolder queue, run;
  Orders orders;
  bool started = false;
};

TEST_F(KeeperTest, SaysWhyItCannotStart) {
  settings().queue_directory = queue / "nowhere/spool";
  EXPECT_NE(refusal().find("nowhere"), std::string::npos);
  EXPECT_FALSE(started);
}

// It is a process of its own that says so.
TEST_F(KeeperTest, SaysWhyTheFirstWorkerCannotStart) {
  settings().smart_hosts.front().tls = config::Tls::starttls;
  settings().smart_hosts.front().ca_file = "/nowhere/ca.pem";
  EXPECT_NE(refusal().find("/nowhere/ca.pem"), std::string::npos);
  EXPECT_FALSE(started);
  EXPECT_FALSE(std::filesystem::exists(run / "control")) << "nobody is to wait there";
}

// The next so many children that this process has die at once.
class Stillbirths {
 public:
  explicit Stillbirths(int deaths) {
    static const int registered = ::pthread_atfork([] { ++births_; }, nullptr, [] {
      if (births_ <= deaths_) ::_exit(1);
    });
    EXPECT_EQ(registered, 0);
    births_ = 0;
    deaths_ = deaths;
  }
  ~Stillbirths() { deaths_ = 0; }
  int births() const { return births_; }

 private:
  static inline int births_;
  static inline int deaths_;
};

TEST_F(KeeperTest, TakesAnotherOneWhenTheFirstWorkerDies) {
  const Stillbirths stillbirths(1);
  const pid_t self = ::getpid();
  const auto stop = [&] {
    if (::getpid() == self) ::raise(SIGTERM);
  };
  const auto kept = Keeper(std::move(orders), silence, {}, Premises(), stop).run();
  EXPECT_TRUE(kept) << kept.error().text;
  EXPECT_EQ(stillbirths.births(), 2);
}

TEST_F(KeeperTest, GivesUpWhenTheThirdWorkerDies) {
  const Stillbirths stillbirths(100);
  EXPECT_EQ(error().kind, Error::Kind::system);
  EXPECT_EQ(stillbirths.births(), 3);
  EXPECT_FALSE(started);
}

}  // namespace
}  // namespace mailchute::mailchuted
