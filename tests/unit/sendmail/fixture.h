// SPDX-License-Identifier: GPL-3.0-or-later
// A queue of its own for each test, a log to look at, and a pipe to read a message from.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "sys/unique_fd.h"

namespace mailchute::sendmail {

class TemporaryQueue : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "mailchute-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directories(folder_ / "queue/tmp");
    std::filesystem::create_directories(folder_ / "queue/new");
    settings_.queue_directory = folder_ / "queue";
    settings_.run_directory = folder_;
    settings_.hostname = "box.example.org";
    settings_.domain = "example.org";
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> files(const std::string& name) const {
    std::vector<std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "queue" / name)) {
      std::ifstream file(entry.path(), std::ios::binary);
      contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return contents;
  }

  std::filesystem::path folder_;
  config::Settings settings_;
};

struct TextLog : Log {
  void write(Severity, std::string_view line) override { text.append(line).append("\n"); }
  std::string text;
};

// The reading end of a pipe that another thread fills.
class Piped {
 public:
  explicit Piped(std::string text) {
    std::signal(SIGPIPE, SIG_IGN);  // the reader may stop early
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reading_.reset(ends[0]);
    writer_ = std::thread([text = std::move(text), end = sys::UniqueFd(ends[1])] {
      for (std::size_t done = 0; done < text.size();) {
        const ssize_t wrote = ::write(end.get(), text.data() + done, text.size() - done);
        if (wrote <= 0) return;
        done += static_cast<std::size_t>(wrote);
      }
    });
  }
  ~Piped() {
    reading_.reset();
    writer_.join();
  }
  int get() const { return reading_.get(); }

 private:
  sys::UniqueFd reading_;
  std::thread writer_;
};

}  // namespace mailchute::sendmail
