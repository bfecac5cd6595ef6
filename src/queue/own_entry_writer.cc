// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/own_entry_writer.h"

#include "queue/layout.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kBuffer = 16 << 10;

}  // namespace

Result<OwnEntryWriter> OwnEntryWriter::create(int work, std::string id, std::uint32_t owner) {
  auto file = EntryFile::create(work, id, kOwnFileMode, kBuffer);
  if (!file) return failure(std::move(file.error()));
  return OwnEntryWriter(std::move(*file), std::move(id), owner);
}

Result<> OwnEntryWriter::begin(const mail::Envelope& envelope, std::vector<std::string> digest_of) {
  Progress progress;
  progress.status.assign(envelope.recipients.size(), static_cast<char>(RecipientStatus::to_do));
  progress.owner = owner_;
  progress.digest_of = std::move(digest_of);
  return file_.begin(envelope, progress);
}

Result<EntrySum> OwnEntryWriter::finish() {
  auto sum = file_.finish();
  finished_ = sum.has_value();
  return sum;
}

std::vector<Result<>> sync_together(std::span<OwnEntryWriter* const> writers) {
  std::vector<int> files;
  for (const auto* writer : writers) files.push_back(writer->file_.fd());
  std::vector<Result<>> results;
  for (const int error : sys::sync_together(files)) {
    OwnEntryWriter& writer = *writers[results.size()];
    writer.finished_ = error == 0;
    if (error == 0) results.emplace_back();
    else results.emplace_back(failure(Error::from_errno("sync", writer.id(), error)));
  }
  return results;
}

}  // namespace mailchute::queue
