// SPDX-License-Identifier: GPL-3.0-or-later
// aliases(5), as Sendmail and Postfix read it: whom mail for a local name goes to. Only what can be
// done on a machine that keeps no mail: programs, files and other specials are no targets. Reading
// never fails as a whole: what is wrong is one line each, "/etc/aliases:12: ...", and the rest
// works.
//
//   name: target, target         a line that begins with a blank goes on, one that ends in \ too
//   "odd name": "quoted target"
//   name: \other                 to that local name, whatever aliases it has
//   name: :include:/path         the targets in that file; a comma or a line end after each
//   name: :fail: text            refused, and the sender is told (:error: too)
//   name: /dev/null              thrown away (:blackhole: too)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/address.h"

namespace mailchute::mail {

// A file that people write by hand is far smaller; all of them are held in memory, by each worker.
inline constexpr std::size_t kMaxAliasFile = 1 << 20;    // octets
inline constexpr std::size_t kMaxAliasFiles = 4 << 20;   // octets, included ones together
inline constexpr std::size_t kMaxAliasTargets = 100000;  // in all of them together
inline constexpr std::size_t kMaxAliasComplaints = 100;  // more would help nobody

struct AliasTarget {
  enum class Kind {
    address,   // to be looked up again where it is local
    verbatim,  // a local name that is not looked up again
    list,      // what the file `text` includes
    refusal,   // `text` is what the sender is told
    nowhere,   // thrown away
    unusable,  // `text` is why
  };
  Kind kind;
  Address address{};
  std::string text{};
  unsigned line = 0;
};

struct Alias {
  std::string name;  // as written
  unsigned line = 0;
  std::vector<AliasTarget> targets;
};

// What `path` includes; one that cannot be read has one target, which is unusable.
struct AliasList {
  std::string path;
  std::vector<AliasTarget> targets;
};

class Aliases {
 public:
  // How files are read: an error's text ends with the reason. `create`: there is none.
  using Read = std::function<Result<std::string>(const std::string& path, std::size_t most)>;

  Aliases() = default;
  // `hostname` as for is_local(). Without the file there are no aliases, and that is no mistake.
  Aliases(std::string file, std::string_view hostname, const Read& read);

  const std::string& file() const { return file_; }
  std::size_t size() const { return by_name_.size(); }
  // By the local-part of a local address, without regard to case.
  const Alias* find(std::string_view name) const;
  const AliasList* list(const std::string& path) const;
  // What is wrong, in the order of the files; loops are for routing.h to find.
  const std::vector<std::string>& complaints() const { return complaints_; }
  const std::map<std::string, Alias, std::less<>>& all() const { return by_name_; }

 private:
  class Reader;
  std::string file_;
  std::map<std::string, Alias, std::less<>> by_name_;  // in small letters
  std::map<std::string, AliasList, std::less<>> lists_;
  std::vector<std::string> complaints_;
};

}  // namespace mailchute::mail
