// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/dead_letters.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "queue/entry.h"
#include "queue/queue_id.h"
#include "sys/directory.h"

namespace mailchute::queue {
namespace {

struct DeadLetter {
  std::string id;
  Time since;
  std::uint64_t octets;
};

std::optional<DeadLetter> look_at(const Folders& folders, const std::string& id) {
  struct stat status {};
  if (::fstatat(folders.failed.get(), id.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  const auto since = std::chrono::seconds(status.st_ctim.tv_sec) +
                     std::chrono::nanoseconds(status.st_ctim.tv_nsec);
  return DeadLetter{id, Time(std::chrono::floor<Milliseconds>(since)),
                    static_cast<std::uint64_t>(status.st_size)};
}

std::vector<DeadLetter> oldest_first(const Folders& folders) {
  std::vector<DeadLetter> letters;
  const auto names = sys::names_in(folders.failed.get(), ".");
  if (!names) return letters;
  for (const std::string& name : *names) {
    if (!is_queue_id(name)) continue;
    if (auto letter = look_at(folders, name)) letters.push_back(std::move(*letter));
  }
  std::sort(letters.begin(), letters.end(),
            [](const DeadLetter& a, const DeadLetter& b) { return a.since < b.since; });
  return letters;
}

// What is damaged has no envelope to speak of.
mail::Envelope envelope_of(const Folders& folders, const DeadLetter& letter) {
  const auto file = sys::open_beneath(folders.failed.get(), letter.id, O_RDONLY);
  std::string start;
  if (!file) return {};
  auto head = read_head(file->get(), letter.octets, letter.id, start);
  return head ? std::move(head->envelope) : mail::Envelope{};
}

bool remove(const Folders& folders, const DeadLetter& letter, std::string_view reason, Log& log) {
  const mail::Envelope envelope = envelope_of(folders, letter);
  if (sys::remove_name(folders.failed.get(), letter.id) != 0) return false;
  sys::remove_name(folders.info.get(), letter.id);
  const auto& recipients = envelope.recipients;
  log(Event("dead-letter-removed", Severity::error)
          .with("id", letter.id)
          .with("from", "<" + envelope.reverse_path + ">")
          .with("to", "<" + (recipients.empty() ? std::string() : recipients[0].address) + ">")
          .with("recipients", recipients.size())
          .with("reason", reason));
  return true;
}

}  // namespace

void DeadLetters::keep_up(const Folders& folders, Time now, Log& log) {
  const auto letters = oldest_first(folders);
  octets_ = 0;
  for (const DeadLetter& letter : letters) octets_ += letter.octets;
  // With some room to spare: otherwise each further one would mean to read the folder again.
  const std::uint64_t wanted = too_many() ? *limits_.octets / 10 * 9 : octets_;
  for (const DeadLetter& letter : letters) {
    const bool old = letter.since < now - limits_.lifetime;
    if (!old && (octets_ <= wanted || &letter == &letters.back())) break;
    const char* const reason = old ? "older than dead_letters.lifetime" : "over dead_letters.size";
    if (remove(folders, letter, reason, log)) octets_ -= letter.octets;
  }
}

void DeadLetters::add(const Folders& folders, const std::string& id, Time now, Log& log) {
  if (const auto letter = look_at(folders, id)) octets_ += letter->octets;
  if (too_many()) keep_up(folders, now, log);
}

}  // namespace mailchute::queue
