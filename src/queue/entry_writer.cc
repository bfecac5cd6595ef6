// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "queue/layout.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kBuffer = 64 << 10;

std::string in_folder(const char* folder, const std::string& id) {
  return std::string(folder) + "/" + id;
}

// Without a queue there is no such way in; everything else is trouble with one.
Error without_queue(Error error) {
  if (error.kind == Error::Kind::create) error.kind = Error::Kind::unavailable;
  return error;
}

// mailchuted reads through the queue's group, which a file inherits from an open drop directory.
// Root can write into a closed one, too, but what he left there would be junk.
Result<> check_group(int queue, const EntryFile& file) {
  struct stat own {};
  struct stat folder {};
  if (::fstat(file.fd(), &own) < 0) return failure(Error::from_errno("stat", file.name()));
  if (::fstatat(queue, kTmp, &folder, 0) < 0) return failure(Error::from_errno("stat", kTmp));
  if (own.st_gid == folder.st_gid) return {};
  return failure(Error::Kind::permission,
                 "create " + file.name() +
                     ": mailchuted could not read it, as the drop directory is not open yet: "
                     "mailchute reload");
}

}  // namespace

Result<EntryWriter> EntryWriter::create(const std::string& directory, std::string id) {
  auto queue = sys::open_at(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
  if (!queue) return failure(without_queue(std::move(queue.error())));
  auto file = EntryFile::create(queue->get(), in_folder(kTmp, id), kSubmittedFileMode, kBuffer);
  const auto readable = file ? check_group(queue->get(), *file) : Result<>();
  if (!file || !readable) {
    Error error = file ? readable.error() : without_queue(std::move(file.error()));
    error.text.append(" (in ").append(directory).append(")");
    return failure(std::move(error));
  }
  return EntryWriter(std::move(*queue), std::move(*file), std::move(id));
}

Result<> EntryWriter::commit() {
  if (auto finished = file_.finish(); !finished) return failure(std::move(finished.error()));
  const auto name = in_folder(kNew, id_);
  if (::renameat(queue_.get(), file_.name().c_str(), queue_.get(), name.c_str()) < 0) {
    return failure(Error::from_errno("rename to", name));
  }
  file_.renamed(name);
  auto synced = sys::sync(file_.fd(), name);  // makes the new name durable: see layout.h
  if (!synced) {
    const bool removed = ::unlinkat(queue_.get(), name.c_str(), 0) == 0;
    // A name that is gone is in the daemon's hands: the message is queued all the same.
    if (!removed && errno == ENOENT) synced = Result<>();
  }
  file_.keep();
  return synced;
}

}  // namespace mailchute::queue
