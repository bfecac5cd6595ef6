// SPDX-License-Identifier: GPL-3.0-or-later
// Mistakes found in a configuration file, each of them one line: file, line, what is wrong and what
// to write instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailchute::config {

class Complaints {
 public:
  explicit Complaints(std::string file) : file_(std::move(file)) {}

  // Line 0: about the file as a whole.
  void add(unsigned line, std::string text);
  bool empty() const { return found_.empty(); }
  // More would help nobody.
  bool full() const { return found_.size() >= kMost; }
  // In the order of the file.
  std::vector<std::string> lines() const;

 private:
  static constexpr std::size_t kMost = 100;
  std::string file_;
  std::vector<std::pair<unsigned, std::string>> found_;
};

// Something somebody wrote, fit for a line: in quotes, escaped, and cut when it is long.
std::string quoted(std::string_view text);

}  // namespace mailchute::config
