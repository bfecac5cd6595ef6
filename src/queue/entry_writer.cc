// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

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

}  // namespace

Result<EntryWriter> EntryWriter::create(const std::string& directory, std::string id) {
  auto queue = sys::open_at(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
  if (!queue) return failure(without_queue(std::move(queue.error())));
  const auto name = in_folder(kTmp, id);
  auto file = sys::open_at(queue->get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                           kSubmittedFileMode);
  if (!file) {
    Error error = without_queue(std::move(file.error()));
    error.text.append(" (in ").append(directory).append(")");
    return failure(std::move(error));
  }
  EntryWriter writer(std::move(*queue), std::move(*file), std::move(id));
  // Whatever the umask was: the daemon takes no other mode.
  if (::fchmod(writer.file_.get(), kSubmittedFileMode) < 0) {
    return failure(Error::from_errno("chmod", name));
  }
  return writer;
}

EntryWriter::EntryWriter(sys::UniqueFd queue, sys::UniqueFd file, std::string id)
    : queue_(std::move(queue)),
      file_(std::move(file)),
      id_(std::move(id)),
      draft_(in_folder(kTmp, id_)) {}

EntryWriter::EntryWriter(EntryWriter&& other) noexcept
    : queue_(std::move(other.queue_)),
      file_(std::move(other.file_)),
      id_(std::move(other.id_)),
      draft_(std::exchange(other.draft_, {})),
      buffer_(std::move(other.buffer_)),
      digest_(std::move(other.digest_)),
      envelope_length_(other.envelope_length_),
      message_length_(other.message_length_) {}

// Anything not committed leaves no trace.
EntryWriter::~EntryWriter() {
  if (!draft_.empty()) ::unlinkat(queue_.get(), draft_.c_str(), 0);
}

Result<> EntryWriter::begin(const mail::Envelope& envelope) {
  if (auto checked = check_envelope(envelope); !checked) return checked;
  const std::string text = format_envelope(envelope);
  if (text.size() > kMaxEnvelope) {
    return failure(Error::Kind::data, "too many long addresses in one message");
  }
  envelope_length_ = text.size();
  buffer_.reserve(kEntryLineLength + text.size() + 4096);
  buffer_.assign(kEntryLineLength, '\n').append(text);
  return {};
}

Result<> EntryWriter::write(std::string_view octets) {
  message_length_ += octets.size();
  if (buffer_.size() + octets.size() <= kBuffer) {
    buffer_.append(octets);
    return {};
  }
  if (auto flushed = flush(); !flushed) return flushed;
  if (octets.size() <= kBuffer) {
    buffer_.append(octets);
    return {};
  }
  digest_->update(octets);
  return sys::write_all(file_.get(), octets, draft_);
}

// From the first flush on the message counts as large: the digest runs along, and the Entry line is
// filled in at the end.
Result<> EntryWriter::flush() {
  std::string_view fresh = buffer_;
  if (!digest_) {
    prepare_digests();
    digest_.emplace();
    fresh.remove_prefix(kEntryLineLength);
  }
  digest_->update(fresh);
  auto written = sys::write_all(file_.get(), buffer_, draft_);
  buffer_.clear();
  return written;
}

Result<> EntryWriter::put_entry_line() {
  if (digest_) {
    if (auto flushed = flush(); !flushed) return flushed;
    const auto line = format_entry_line(envelope_length_, message_length_, digest_->finish());
    return sys::write_all_at(file_.get(), line, 0, draft_);
  }
  DigestBuilder digest;
  digest.update(std::string_view(buffer_).substr(kEntryLineLength));
  const auto line = format_entry_line(envelope_length_, message_length_, digest.finish());
  buffer_.replace(0, kEntryLineLength, line);
  return sys::write_all(file_.get(), buffer_, draft_);
}

Result<> EntryWriter::commit() {
  if (auto put = put_entry_line(); !put) return put;
  if (auto synced = sys::sync(file_.get(), draft_); !synced) return synced;
  const auto name = in_folder(kNew, id_);
  if (::renameat(queue_.get(), draft_.c_str(), queue_.get(), name.c_str()) < 0) {
    return failure(Error::from_errno("rename to", name));
  }
  draft_ = name;
  auto synced = sys::sync(file_.get(), name);  // makes the new name durable: see layout.h
  if (!synced) {
    const bool removed = ::unlinkat(queue_.get(), name.c_str(), 0) == 0;
    // A name that is gone is in the daemon's hands: the message is queued all the same.
    if (!removed && errno == ENOENT) synced = Result<>();
  }
  draft_.clear();
  return synced;
}

}  // namespace mailchute::queue
