// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/maildir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/clock.h"
#include "sys/file.h"

namespace mailchute {
namespace {

constexpr std::size_t kFlushAt = 65536;

Result<> make_directory(int directory, const std::string& name) {
  if (::mkdirat(directory, name.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failure(Error::from_errno("create", name));
}

}  // namespace

MaildirMessage::MaildirMessage(int maildir, std::string name, sys::UniqueFd file)
    : maildir_(maildir), name_(std::move(name)), file_(std::move(file)) {}

MaildirMessage::~MaildirMessage() {
  if (file_) ::unlinkat(maildir_, ("tmp/" + name_).c_str(), 0);
}

Result<> MaildirMessage::write(std::string_view octets) {
  buffer_.append(octets);
  size_ += octets.size();
  return buffer_.size() < kFlushAt ? Result<>() : flush();
}

Result<> MaildirMessage::flush() {
  auto written = sys::write_all(file_.get(), buffer_, name_);
  buffer_.clear();
  return written;
}

Result<> MaildirMessage::deliver() {
  if (auto written = flush(); !written) return written;
  const std::string from = "tmp/" + name_;
  const std::string to = "new/" + name_;
  if (::renameat(maildir_, from.c_str(), maildir_, to.c_str()) != 0)
    return failure(Error::from_errno("rename", from));
  file_.reset();
  return {};
}

Result<Maildir> Maildir::open(const std::string& path, std::string hostname) {
  if (auto made = make_directory(AT_FDCWD, path); !made) return failure(made.error());
  auto directory = sys::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (!directory) return failure(directory.error());
  for (const char* name : {"tmp", "new", "cur"})
    if (auto made = make_directory(directory->get(), name); !made) return failure(made.error());
  return Maildir(std::move(*directory), std::move(hostname));
}

Maildir::Maildir(sys::UniqueFd directory, std::string hostname)
    : directory_(std::move(directory)), hostname_(std::move(hostname)) {}

// Time, process and counter, as Maildir names are made.
std::string Maildir::unused_name() {
  const auto now = sys::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(now - seconds);
  return std::to_string(seconds.count()) + ".M" + std::to_string(rest.count()) + "P" +
         std::to_string(::getpid()) + "Q" + std::to_string(++begun_) + "." + hostname_;
}

Result<MaildirMessage> Maildir::begin() {
  std::string name = unused_name();
  auto file = sys::open_at(directory_.get(), "tmp/" + name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return failure(file.error());
  return MaildirMessage(directory_.get(), std::move(name), std::move(*file));
}

}  // namespace mailchute
