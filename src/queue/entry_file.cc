// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kPiece = 64 << 10;

}  // namespace

Result<EntryFile> EntryFile::create(int directory, std::string name, mode_t mode,
                                    std::size_t buffer) {
  auto file = sys::open_at(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (!file) return failure(std::move(file.error()));
  EntryFile entry(directory, std::move(name), std::move(*file), buffer);
  if (::fchmod(entry.fd(), mode) < 0) return failure(Error::from_errno("chmod", entry.name_));
  return entry;
}

EntryFile::EntryFile(int directory, std::string name, sys::UniqueFd file, std::size_t buffer)
    : directory_(directory), name_(std::move(name)), file_(std::move(file)), limit_(buffer) {}

EntryFile::EntryFile(EntryFile&& other) noexcept
    : directory_(other.directory_),
      name_(std::exchange(other.name_, {})),
      file_(std::move(other.file_)),
      limit_(other.limit_),
      buffer_(std::move(other.buffer_)),
      digest_(std::move(other.digest_)),
      flushed_(other.flushed_),
      line_offset_(other.line_offset_),
      envelope_length_(other.envelope_length_),
      message_length_(other.message_length_) {}

EntryFile::~EntryFile() {
  if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
}

Result<> EntryFile::begin(const mail::Envelope& envelope, const Progress& progress) {
  const auto text = checked_envelope(envelope);
  if (!text) return failure(text.error());
  buffer_ = format_progress(progress);
  line_offset_ = buffer_.size();
  envelope_length_ = text->size();
  buffer_.reserve(line_offset_ + kEntryLineLength + text->size() + 4096);
  buffer_.append(kEntryLineLength, '\n').append(*text);
  if (buffer_.size() <= limit_) return {};
  auto flushed = flush();
  buffer_.shrink_to_fit();
  return flushed;
}

Result<> EntryFile::write(std::string_view octets) {
  auto appended = append(octets);
  if (appended) message_length_ += octets.size();
  return appended;
}

Result<> EntryFile::append(std::string_view octets) {
  if (buffer_.size() + octets.size() <= limit_) {
    buffer_.append(octets);
    return {};
  }
  if (auto flushed = flush(); !flushed) return flushed;
  if (octets.size() <= limit_) {
    buffer_.append(octets);
    return {};
  }
  auto written = sys::write_all(file_.get(), octets, name_);
  if (written) flushed_ += octets.size();
  if (written) digest_->update(octets);
  return written;
}

// From the first flush on the message counts as large: the digest runs along, and the Entry line is
// filled in at the end.
Result<> EntryFile::flush() {
  if (auto written = sys::write_all(file_.get(), buffer_, name_); !written) return written;
  std::string_view fresh = buffer_;
  if (flushed_ == 0) {
    prepare_digests();
    digest_.emplace();
    fresh.remove_prefix(envelope_offset());
  }
  digest_->update(fresh);
  flushed_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<EntrySum> EntryFile::complete() {
  EntrySum sum{envelope_length_, message_length_, {}};
  const bool large = flushed_ > 0;
  if (large) {
    if (auto flushed = flush(); !flushed) return failure(std::move(flushed.error()));
    sum.digest = digest_->finish();
  } else {
    DigestBuilder digest;
    digest.update(std::string_view(buffer_).substr(envelope_offset()));
    sum.digest = digest.finish();
  }
  const auto line = format_entry_line(sum.envelope, sum.message, sum.digest);
  if (!large) buffer_.replace(line_offset_, kEntryLineLength, line);
  const auto written = large ? sys::write_all_at(file_.get(), line, line_offset_, name_)
                             : sys::write_all(file_.get(), buffer_, name_);
  if (!written) return failure(written.error());
  return sum;
}

Result<EntrySum> EntryFile::finish() {
  auto sum = complete();
  if (!sum) return sum;
  if (auto synced = sys::sync(file_.get(), name_); !synced) return failure(synced.error());
  return sum;
}

Result<> EntryFile::replay(const Sink& sink) const {
  if (auto read = read_back(sink); !read) return read;
  const auto head = flushed_ == 0 ? message_offset() : 0;
  return sink(std::string_view(buffer_).substr(head));
}

// The digest says whether a disk in trouble still has what it was given.
Result<> EntryFile::read_back(const Sink& sink) const {
  if (flushed_ == 0) return {};
  DigestBuilder digest;
  std::string piece(kPiece, 0);
  for (auto at = envelope_offset(); at < flushed_;) {
    const auto end = at < message_offset() ? message_offset() : flushed_;
    const auto wanted = std::min<std::uint64_t>(end - at, kPiece);
    const auto n = sys::read_some_at(file_.get(), std::span(piece).first(wanted), at, name_);
    if (!n) return failure(n.error());
    if (*n == 0) break;
    const auto octets = std::string_view(piece).substr(0, *n);
    digest.update(octets);
    if (at >= message_offset()) {
      if (auto taken = sink(octets); !taken) return taken;
    }
    at += *n;
  }
  if (digest.finish() == digest_->finish()) return {};
  return failure(Error::Kind::io, name_ + ": the disk does not give back what was written");
}

}  // namespace mailchute::queue
