// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/view.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "queue/entry.h"
#include "queue/layout.h"
#include "queue/queue_id.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

std::vector<Listed::Recipient> recipients_of(const Head& head) {
  std::vector<Listed::Recipient> recipients;
  for (std::size_t i = 0; i < head.envelope.recipients.size(); ++i) {
    const auto status = head.progress.status.empty()
                            ? RecipientStatus::to_do
                            : static_cast<RecipientStatus>(head.progress.status[i]);
    const mail::Recipient& recipient = head.envelope.recipients[i];
    recipients.push_back({recipient.address, status, recipient.defect});
  }
  for (const Reply& reply : head.progress.replies) {
    auto& recipient = recipients[reply.recipient];
    if (recipient.status == RecipientStatus::failed) recipient.reply = reply.text;
  }
  return recipients;
}

// What the kernel says of the file; all there is of a damaged one.
Listed described(const std::string& id, Place place, const struct stat& status) {
  Listed listed;
  listed.id = id;
  listed.place = place;
  listed.uid = status.st_uid;
  listed.size = static_cast<std::uint64_t>(status.st_size);
  listed.time = Time(Seconds(status.st_ctim.tv_sec));
  return listed;
}

void take_head(Listed& listed, const Head& head) {
  listed.size = head.message_length;
  listed.time = head.envelope.time;
  listed.sender = head.envelope.reverse_path;
  listed.recipients = recipients_of(head);
  listed.info.reason = head.progress.held;
  if (!head.progress.status.empty()) listed.uid = head.progress.owner;
  listed.digest_of = head.progress.digest_of;
  if (!owed(head.progress, head.envelope).empty()) listed.notification = head.progress.notification;
}

}  // namespace

const char* folder_of(Place place) {
  switch (place) {
    case Place::incoming: return kNew;
    case Place::active:
    case Place::waiting: return kCur;
    case Place::held: return kHeld;
    case Place::failed: return kFailed;
  }
  return kCur;
}

Result<View> View::open(const std::string& directory) {
  auto queue = sys::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  if (!queue) return failure(std::move(queue.error()));
  View view(std::move(*queue));
  for (const Place place : kPlaces) {
    auto folder = sys::open_directory(view.directory_.get(), folder_of(place));
    // The daemon makes its own folders when it first starts.
    if (!folder && folder.error().kind == Error::Kind::create && place != Place::incoming) continue;
    if (!folder) return failure(std::move(folder.error()));
    view.folders_[static_cast<std::size_t>(place)] = std::move(*folder);
  }
  if (auto info = sys::open_directory(view.directory_.get(), kInfo)) view.info_ = std::move(*info);
  return view;
}

Result<sys::NameStream> View::names(Place place) const {
  return sys::NameStream::open(directory_.get(), folder_of(place));
}

std::optional<View::Whole> View::read_whole(const std::string& id, Place place) const {
  if (!is_queue_id(id) || !folder(place)) return std::nullopt;
  auto file = sys::open_beneath(folder(place).get(), id, O_RDONLY);
  if (!file) return std::nullopt;
  const auto status = sys::status_of(file->get(), id);
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  Whole whole{described(id, place, *status), std::nullopt, std::move(*file)};
  std::string start;
  auto head = read_head(whole.file.get(), whole.listed.size, id, start);
  if (!head) {
    if (place == Place::incoming) return std::nullopt;
    whole.listed.info.reason = head.error().reason;
    return whole;
  }
  take_head(whole.listed, *head);
  whole.head = std::move(*head);
  return whole;
}

std::optional<Listed> View::read(const std::string& id, Place place) const {
  auto whole = read_whole(id, place);
  if (!whole) return std::nullopt;
  add_info(whole->listed);
  return std::move(whole->listed);
}

// Why it is held, or damaged, stands in the entry itself, unless nobody has looked into it.
void View::add_info(Listed& listed) const {
  const bool noted = listed.place == Place::waiting || listed.place == Place::held;
  if (noted && listed.info.reason.empty()) listed.info = info(listed.id);
}

// Twice: what an administrator puts back moves against the order.
std::optional<View::Whole> View::find_whole(const std::string& id) const {
  for (int round = 0; round < 2; ++round) {
    for (const Place place : kPlaces) {
      if (auto whole = read_whole(id, place)) return whole;
    }
  }
  return std::nullopt;
}

std::optional<Listed> View::find(const std::string& id) const {
  auto whole = find_whole(id);
  if (!whole) return std::nullopt;
  add_info(whole->listed);
  return std::move(whole->listed);
}

RetryInfo View::info(const std::string& id) const {
  return info_ ? read_retry_info(info_.get(), id) : RetryInfo();
}

}  // namespace mailchute::queue
