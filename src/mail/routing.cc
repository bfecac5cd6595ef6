// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/routing.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "mail/address_list.h"

namespace mailchute::mail {
namespace {

using Kind = RouteStep::Kind;
using End = Route::End;

const std::string kInclude = ":include:";  // before the names of lists: no alias begins with it

// Line 0: the file as a whole.
std::string place_of(const std::string& file, unsigned line) {
  return line == 0 ? file : file + ":" + std::to_string(line);
}

}  // namespace

// Each function says whether it came to anything.
class Router::Expansion {
 public:
  explicit Expansion(const Router& router) : router_(router) {}

  // Every alias once; what is wrong and is not known from reading them.
  std::vector<std::string> check_all() {
    for (const auto& [key, alias] : router_.aliases_.all()) take_name(alias.name, 0);
    std::vector<std::string> complaints;
    for (const RouteStep& step : route_.steps) {
      if (step.kind == Kind::unusable && !step.subject.empty())
        complaints.push_back(describe(step));
    }
    return complaints;
  }

  Route run(std::string_view text) {
    const auto address = parse_address(text);
    if (!address) {
      route_.addresses.emplace_back(text);
      step(Kind::elsewhere, 0, std::string(text));
    } else {
      take(*address, 0);
    }
    conclude();
    return std::move(route_);
  }

 private:
  void step(Kind kind, unsigned depth, std::string subject, std::string place = {},
            std::string result = {}) {
    route_.steps.push_back({kind, depth, std::move(subject), std::move(place), std::move(result)});
  }

  bool take(const Address& address, unsigned depth) {
    if (is_local(address, router_.hostname_)) return take_name(address.local_part, depth);
    step(Kind::elsewhere, depth, address.text());
    return add(address, depth);
  }

  bool take_name(const std::string& name, unsigned depth) {
    const Alias* const alias = router_.aliases_.find(name);
    if (alias == nullptr) return take_verbatim(name, depth);
    const std::string place = place_of(router_.aliases_.file(), alias->line);
    const Source source{Kind::alias, to_lower(name), name, place};
    if (is_innermost(source.key)) {
      step(Kind::verbatim, depth, name, place);
      return take_verbatim(name, depth);
    }
    return take_all(source, alias->targets, router_.aliases_.file(), depth);
  }

  bool take_list(const std::string& path, const std::string& place, unsigned depth) {
    const AliasList* const list = router_.aliases_.list(path);
    if (list == nullptr) return unusable(depth, path, place, "was not read");
    return take_all({Kind::list, kInclude + path, path, place}, list->targets, path, depth);
  }

  // An alias or a list.
  struct Source {
    Kind kind;
    std::string key;
    std::string subject;
    std::string place;
  };

  // Whether it is this alias' own list that is being looked at.
  bool is_innermost(const std::string& key) const {
    const auto alias = std::find_if(above_.rbegin(), above_.rend(), [](const std::string& other) {
      return !other.starts_with(kInclude);
    });
    return alias != above_.rend() && *alias == key;
  }

  bool take_all(const Source& source, const std::vector<AliasTarget>& targets,
                const std::string& file, unsigned depth) {
    const auto& [kind, key, subject, place] = source;
    if (const auto before = known_.find(key); before != known_.end()) {
      step(Kind::again, depth, subject, place);
      return before->second;
    }
    if (std::find(above_.begin(), above_.end(), key) != above_.end()) {
      return unusable(depth, subject, place, "leads to itself in a circle");
    }
    if (above_.size() >= kMaxAliasDepth)
      return unusable(depth, subject, place, "too many aliases one after the other");
    step(kind, depth, subject, place);
    above_.push_back(key);
    bool of_use = false;
    for (const AliasTarget& target : targets)
      of_use |= take(target, place_of(file, target.line), depth + 1);
    above_.pop_back();
    if (!of_use && kind == Kind::alias && router_.admin_) {
      step(Kind::fallback, depth, subject, place, router_.admin_->text());
      of_use = add(*router_.admin_, depth);
    }
    known_.emplace(key, of_use);
    return of_use;
  }

  bool take_verbatim(const std::string& name, unsigned depth) {
    const Address address = router_.admin_.value_or(Address{name, router_.domain_});
    step(router_.admin_ ? Kind::admin : Kind::domain, depth, name, {}, address.text());
    return add(address, depth);
  }

  bool take(const AliasTarget& target, const std::string& place, unsigned depth) {
    switch (target.kind) {
      case AliasTarget::Kind::address: return take(target.address, depth);
      case AliasTarget::Kind::verbatim:
        step(Kind::verbatim, depth, target.address.local_part, place);
        return take_verbatim(target.address.local_part, depth);
      case AliasTarget::Kind::list: return take_list(target.text, place, depth);
      case AliasTarget::Kind::refusal:
        step(Kind::refusal, depth, {}, place, target.text);
        refusal_ = refusal_.value_or(target.text);
        return true;
      case AliasTarget::Kind::nowhere:
        step(Kind::nowhere, depth, "/dev/null", place);
        nowhere_ = nowhere_.value_or(place + ": thrown away, as the alias says");
        return true;
      case AliasTarget::Kind::unusable: return unusable(depth, {}, place, target.text);
    }
    return false;
  }

  bool unusable(unsigned depth, const std::string& subject, const std::string& place,
                const std::string& why) {
    step(Kind::unusable, depth, subject, place, why);
    if (!trouble_) trouble_ = place + ": " + (subject.empty() ? "" : subject + ": ") + why;
    return false;
  }

  bool add(const Address& address, unsigned depth) {
    if (auto checked = check(address); !checked) {
      return unusable(depth, address.local_part.substr(0, 80), router_.aliases_.file(),
                      checked.error().text);
    }
    if (!seen_.insert(mailbox_key(address)).second) return true;
    if (route_.addresses.size() < kMaxRouted) route_.addresses.push_back(address.text());
    else overflow_ = true;
    return true;
  }

  void conclude() {
    if (overflow_) {
      route_.addresses.clear();
      end(End::unusable,
          "more than " + std::to_string(kMaxRouted) + " addresses come out of its aliases");
    } else if (route_.addresses.empty()) {
      if (refusal_) end(End::refused, *refusal_);
      else if (nowhere_) end(End::nowhere, *nowhere_);
      else end(End::unusable, trouble_.value_or("no address comes out of its aliases"));
    }
  }

  void end(End how, std::string reason) {
    route_.end = how;
    route_.reason = std::move(reason);
  }

  const Router& router_;
  Route route_;
  std::vector<std::string> above_;     // aliases and lists being looked at, the innermost last
  std::map<std::string, bool> known_;  // those done
  std::set<std::string> seen_;         // addresses
  std::optional<std::string> refusal_, nowhere_, trouble_;
  bool overflow_ = false;
};

Router::Router(std::string hostname, std::string domain, std::optional<Address> admin,
               Aliases aliases)
    : hostname_(std::move(hostname)),
      domain_(std::move(domain)),
      admin_(std::move(admin)),
      aliases_(std::move(aliases)) {}

Route Router::route(std::string_view address) const { return Expansion(*this).run(address); }

bool Router::concerns(std::string_view address) const {
  const std::size_t at = address.rfind('@');
  return at == address.npos || is_local({{}, std::string(address.substr(at + 1))}, hostname_);
}

std::vector<std::string> Router::complaints() const {
  std::vector<std::string> complaints = aliases_.complaints();
  const auto further = Expansion(*this).check_all();
  complaints.insert(complaints.end(), further.begin(), further.end());
  return complaints;
}

std::string describe(const RouteStep& step) {
  const std::string subject = escaped(step.subject);
  const std::string result = escaped(step.result);
  switch (step.kind) {
    case Kind::elsewhere: return subject + ": no address of this machine, stays as it is";
    case Kind::alias: return subject + ": alias at " + step.place;
    case Kind::list: return subject + ": included at " + step.place;
    case Kind::verbatim: return subject + ": not looked up again, as " + step.place + " says";
    case Kind::admin: return subject + ": goes to admin, " + result;
    case Kind::fallback:
      return subject + ": its alias at " + step.place + " is of no use; goes to admin, " + result;
    case Kind::domain: return subject + ": goes to " + result + ", as no admin is set";
    case Kind::again: return subject + ": as above";
    case Kind::nowhere: return subject + ": thrown away, as " + step.place + " says";
    case Kind::refusal: return "refused, as " + step.place + " says: " + result;
    case Kind::unusable:
      return step.place + ": " + (subject.empty() ? "" : subject + ": ") + result;
  }
  return {};
}

}  // namespace mailchute::mail
