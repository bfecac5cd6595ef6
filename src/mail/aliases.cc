// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/aliases.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "mail/address_list.h"

namespace mailchute::mail {
namespace {

using Kind = AliasTarget::Kind;

// Where the first `wanted` stands outside of quotes and comments; npos if nowhere.
std::size_t find_outside_quotes(std::string_view text, char wanted) {
  bool quoted = false;
  unsigned comments = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && (quoted || comments > 0)) {
      ++i;
    } else if (c == '"' && comments == 0) {
      quoted = !quoted;
    } else if (!quoted && c == '(') {
      ++comments;
    } else if (!quoted && c == ')' && comments > 0) {
      --comments;
    } else if (c == wanted && !quoted && comments == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Takes an item and the comma after it from the front.
std::string_view take_item(std::string_view& text) {
  const std::size_t comma = find_outside_quotes(text, ',');
  const std::string_view item = trim(text.substr(0, comma));
  text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  return item;
}

// "|command" and the like: what is in the quotes if they are around all of it.
std::string without_quotes(std::string_view item) {
  if (item.size() < 2 || item.front() != '"') return std::string(item);
  std::string inner;
  for (std::size_t i = 1; i < item.size(); ++i) {
    if (item[i] == '"') return i + 1 == item.size() ? inner : std::string(item);
    if (item[i] == '\\' && i + 1 < item.size()) ++i;
    inner += item[i];
  }
  return std::string(item);
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!starts_with_ignoring_case(text, word)) return false;
  text.remove_prefix(word.size());
  return true;
}

AliasTarget target(Kind kind, std::string text = {}) { return {kind, {}, std::move(text)}; }

AliasTarget unusable(std::string_view item, std::string_view why) {
  return target(Kind::unusable, "'" + escaped(item.substr(0, 200)) + "': " + std::string(why));
}

// ":word: text"
AliasTarget special(std::string_view item) {
  std::string_view rest = item;
  if (take_word(rest, ":include:")) {
    rest = trim(rest);
    const bool odd = std::any_of(rest.begin(), rest.end(), is_control);
    if (rest.starts_with('/') && !odd) return target(Kind::list, std::string(rest));
    return unusable(item, "write the whole path, from / on");
  }
  if (take_word(rest, ":fail:") || take_word(rest, ":error:")) {
    rest = trim(rest);
    std::string words(rest.empty() ? "this address takes no mail" : rest);
    std::replace_if(words.begin(), words.end(), is_control, ' ');
    return target(Kind::refusal, std::move(words));
  }
  if (equal_ignoring_case(item, ":blackhole:")) return target(Kind::nowhere);
  return unusable(item, "unknown here; write an address, :include:/path, :fail: text or /dev/null");
}

AliasTarget address_target(std::string_view item, Kind kind) {
  if (find_outside_quotes(item, '#') != item.npos) {
    return unusable(item, "a comment stands on a line of its own, and '#' in no address here");
  }
  if (find_outside_quotes(item, ':') != item.npos) {
    return unusable(item, "no address; each name begins a line of its own");
  }
  auto address = parse_address(item);
  if (!address) return unusable(item, address.error().text);
  return {kind, std::move(*address), {}};
}

AliasTarget target_of(std::string_view item) {
  const std::string bare = without_quotes(item);
  if (bare.starts_with('|')) {
    return unusable(
        bare,
        "mail is not given to programs here, as there is no local delivery; write an address");
  }
  if (bare == "/dev/null") return target(Kind::nowhere);
  if (bare.starts_with('/') || bare.starts_with("~/")) {
    return unusable(
        bare, "mail is not written to files here, as there is no local delivery; write an address");
  }
  if (bare.starts_with(':')) return special(bare);
  if (item.starts_with('\\')) return address_target(trim(item.substr(1)), Kind::verbatim);
  // Who writes "you@example.org" in quotes does not mean a name of this machine.
  return address_target(bare.find('@') != bare.npos ? bare : item, Kind::address);
}

}  // namespace

class Aliases::Reader {
 public:
  Reader(Aliases& aliases, std::string_view hostname, const Read& read)
      : aliases_(aliases), hostname_(hostname), read_(read) {}

  void read_file() {
    const auto text = read(aliases_.file_);
    if (!text && text.error().kind != Error::Kind::create) {
      complain(aliases_.file_, 0, reason_of(text.error()));
    }
    if (!text) return;
    each_line(*text,
              [this](std::string_view line, unsigned number) { return read_entry(line, number); });
  }

  // Lists may include further ones.
  void read_lists() {
    while (!wanted_.empty()) {
      const auto [path, file, line] = std::exchange(wanted_.back(), {});
      wanted_.pop_back();
      auto [list, is_new] = aliases_.lists_.try_emplace(path);
      if (is_new && !read_list(list->second, path))
        complain(file, line, path + ": " + list->second.targets[0].text);
    }
  }

 private:
  struct Wanted {  // a list, and who includes it
    std::string path;
    std::string file;
    unsigned line;
  };
  using TakeLine = std::function<bool(std::string_view line, unsigned number)>;

  Result<std::string> read(const std::string& path) {
    const std::size_t most = std::min(kMaxAliasFile, kMaxAliasFiles - octets_);
    auto text = read_(path, most);
    if (text) octets_ += std::min(text->size(), most);
    return text;
  }

  static std::string reason_of(const Error& error) {
    const auto colon = error.text.rfind(": ");
    return colon == std::string::npos ? error.text : error.text.substr(colon + 2);
  }

  void complain(const std::string& file, unsigned line, std::string_view text) {
    if (aliases_.complaints_.size() >= kMaxAliasComplaints) return;
    const std::string place = line == 0 ? file : file + ":" + std::to_string(line);
    aliases_.complaints_.push_back(place + ": " + std::string(text));
  }

  // Logical lines with the number of their first line, as long as they are taken.
  static void each_line(std::string_view text, const TakeLine& take) {
    std::string line;
    unsigned begun = 0;
    unsigned number = 0;
    bool goes_on = false;  // after a backslash
    for (const std::string_view physical : split(text, '\n')) {
      ++number;
      std::string_view content = trim(physical);
      if (!goes_on && (content.empty() || content.front() == '#')) continue;
      if (!goes_on && !is_blank(physical.front())) {
        if (!line.empty() && !take(line, begun)) return;
        line.clear();
      }
      if (line.empty()) begun = number;
      goes_on = content.ends_with('\\');
      if (goes_on) content.remove_suffix(1);
      line.append(line.empty() ? "" : " ").append(content);
    }
    if (!line.empty()) take(line, begun);
  }

  bool read_entry(std::string_view line, unsigned number) {
    const std::size_t colon = find_outside_quotes(line, ':');
    const std::string_view written = trim(line.substr(0, colon));
    if (colon == line.npos || written.empty()) {
      complain(aliases_.file_, number,
               "'" + escaped(written.substr(0, 200)) + "': write name: address");
      return true;
    }
    const auto name = local_name(written);
    if (!name) {
      complain(aliases_.file_, number,
               "'" + escaped(written.substr(0, 200)) + "': " + name.error().text);
      return true;
    }
    Alias alias{*name, number, {}};
    const bool room = read_targets(line.substr(colon + 1), number, aliases_.file_, alias.targets);
    if (alias.targets.empty()) {
      complain(aliases_.file_, number,
               escaped(*name) + ": nothing after the ':'; write an address");
      return room;
    }
    const auto [known, is_new] = aliases_.by_name_.try_emplace(to_lower(*name), std::move(alias));
    if (!is_new) {
      complain(aliases_.file_, number,
               escaped(*name) + ": is on line " + std::to_string(known->second.line) +
                   " already, and that one counts");
    }
    return room;
  }

  Result<std::string> local_name(std::string_view written) {
    auto address = parse_address(written);
    if (!address) return failure(Error::Kind::data, address.error().text);
    if (is_local(*address, hostname_)) return std::move(address->local_part);
    return failure(Error::Kind::data,
                   "only names of this machine have aliases, not addresses elsewhere");
  }

  // False where there are too many: the rest is not read.
  bool read_targets(std::string_view text, unsigned line, const std::string& file,
                    std::vector<AliasTarget>& targets) {
    while (!trim(text).empty()) {
      std::string_view rest = trim(text);
      const bool last = take_word(rest, ":fail:") || take_word(rest, ":error:");
      const std::string_view item = last ? std::exchange(text, {}) : take_item(text);
      if (trim(item).empty()) continue;
      if (++count_ > kMaxAliasTargets) {
        complain(
            file, line,
            "more than " + std::to_string(kMaxAliasTargets) + " addresses; the rest is left out");
        return false;
      }
      add(target_of(trim(item)), line, file, targets);
    }
    return true;
  }

  void add(AliasTarget target, unsigned line, const std::string& file,
           std::vector<AliasTarget>& targets) {
    target.line = line;
    if (target.kind == Kind::list) wanted_.push_back({target.text, file, line});
    if (target.kind == Kind::unusable) complain(file, line, target.text);
    // \name@elsewhere is as good as without the backslash.
    if (target.kind == Kind::verbatim && !is_local(target.address, hostname_))
      target.kind = Kind::address;
    targets.push_back(std::move(target));
  }

  // False when it cannot be read.
  bool read_list(AliasList& list, const std::string& path) {
    list.path = path;
    const auto text = read(path);
    if (!text) {
      list.targets.push_back(target(Kind::unusable, reason_of(text.error())));
      return false;
    }
    unsigned number = 0;
    for (const std::string_view line : split(*text, '\n')) {
      ++number;
      const std::string_view content = trim(line);
      if (content.empty() || content.front() == '#') continue;
      if (!read_targets(content, number, path, list.targets)) break;
    }
    return true;
  }

  Aliases& aliases_;
  std::string_view hostname_;
  const Read& read_;
  std::vector<Wanted> wanted_;
  std::size_t octets_ = 0;
  std::size_t count_ = 0;
};

Aliases::Aliases(std::string file, std::string_view hostname, const Read& read)
    : file_(std::move(file)) {
  Reader reader(*this, hostname, read);
  reader.read_file();
  reader.read_lists();
}

const Alias* Aliases::find(std::string_view name) const {
  const auto found = by_name_.find(to_lower(name));
  return found == by_name_.end() ? nullptr : &found->second;
}

const AliasList* Aliases::list(const std::string& path) const {
  const auto found = lists_.find(path);
  return found == lists_.end() ? nullptr : &found->second;
}

}  // namespace mailchute::mail
