// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/own_entry_writer.h"

#include "queue/layout.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kBuffer = 16 << 10;

}  // namespace

Result<OwnEntryWriter> OwnEntryWriter::create(int work, std::string id, std::uint32_t owner) {
  auto file = EntryFile::create(work, id, kOwnFileMode, kBuffer);
  if (!file) return failure(std::move(file.error()));
  return OwnEntryWriter(std::move(*file), std::move(id), owner);
}

Result<> OwnEntryWriter::begin(const mail::Envelope& envelope) {
  Progress progress;
  progress.status.assign(envelope.recipients.size(), static_cast<char>(RecipientStatus::to_do));
  progress.owner = owner_;
  return file_.begin(envelope, progress);
}

Result<EntrySum> OwnEntryWriter::finish() {
  auto sum = file_.finish();
  finished_ = sum.has_value();
  return sum;
}

}  // namespace mailchute::queue
