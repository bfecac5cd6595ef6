// SPDX-License-Identifier: GPL-3.0-or-later
// A password or token in memory of its own: locked, out of core dumps, wiped when it goes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mailchute::secret {

class Secret {
 public:
  Secret() = default;
  // Copies `text`; wiping the source is the caller's.
  static Result<Secret> from(std::string_view text);
  std::string_view reveal() const;
  bool empty() const { return reveal().empty(); }

 private:
  struct Free {
    void operator()(char* memory) const;
  };
  std::unique_ptr<char, Free> memory_;
  std::size_t size_ = 0;
};

// Overwrites in a way the compiler keeps.
void wipe(std::string& text);

// The first line of the file without its line end; at most 4096 octets. The file must belong to
// root, to `user` or to this process's user, be closed to others, and open to no group but root's,
// `group` and this process's own. Errors of kind config name the file and the command that mends
// it.
Result<Secret> read_password_file(const std::string& path, const std::string& group,
                                  const std::string& user = {});

// The same of the file of a private key, whose content is its reader's business.
Result<> check_private_key_file(const std::string& path, const std::string& group,
                                const std::string& user = {});

}  // namespace mailchute::secret
