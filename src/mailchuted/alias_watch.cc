// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/alias_watch.h"

#include <set>
#include <utility>

namespace mailchute::mailchuted {
namespace {

constexpr std::size_t kMostFolders =
    16;  // each takes one of the 128 instances that a user may have

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AliasWatch::AliasWatch(std::map<std::string, sys::FileStamp> files)
    : files_(std::move(files)), look_(true) {
  std::set<std::string> folders;
  for (const auto& [path, stamp] : files_) folders.insert(folder_of(path));
  for (const std::string& folder : folders) {
    if (folders_.size() == kMostFolders) return;
    if (auto watch = sys::FolderWatch::open(folder, true)) folders_.push_back(std::move(*watch));
  }
}

std::vector<int> AliasWatch::fds() const {
  std::vector<int> fds;
  for (const sys::FolderWatch& folder : folders_) fds.push_back(folder.fd());
  return fds;
}

bool AliasWatch::changed() {
  bool look = std::exchange(look_, false);
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    const auto drained = folder->drain();
    look |= drained.value_or(true);
    folder = drained ? folder + 1 : folders_.erase(folder);
  }
  if (!look) return false;
  bool changed = false;
  for (auto& [path, stamp] : files_) {
    const auto now = sys::stamp_of(path);
    changed |= stamp != now;
    stamp = now;
  }
  return changed;
}

}  // namespace mailchute::mailchuted
