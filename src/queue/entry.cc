// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "mail/dsn.h"
#include "queue/layout.h"
#include "sys/directory.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kPiece = 64 << 10;

using Checked = tl::expected<void, Refusal>;

tl::unexpected<Refusal> refuse(Refusal::Kind kind, std::string reason) {
  return tl::unexpected<Refusal>(Refusal{kind, std::move(reason)});
}

tl::unexpected<Refusal> junk(std::string reason) {
  return refuse(Refusal::Kind::junk, std::move(reason));
}

tl::unexpected<Refusal> damaged(std::string reason) {
  return refuse(Refusal::Kind::damaged, std::move(reason));
}

std::uint32_t owner_of(int folder, const std::string& id) {
  struct stat status {};
  const int found = ::fstatat(folder, id.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  return found == 0 ? status.st_uid : kOverflowUid;
}

// Only what the submitter's own doing explains counts against the file.
Refusal::Kind kind_of(int error) {
  switch (error) {
    case ENOENT: return Refusal::Kind::gone;
    case EACCES:  // mode
    case ELOOP:   // symbolic link
    case ENXIO:   // socket
    case ENODEV: return Refusal::Kind::junk;
    default: return Refusal::Kind::later;
  }
}

tl::unexpected<Refusal> not_opened(int folder, const std::string& id, int error) {
  return tl::unexpected<Refusal>(
      Refusal{kind_of(error), Error::from_errno("open", id, error).text, owner_of(folder, id)});
}

Checked check_status(const struct stat& status, const Terms& terms) {
  if (!S_ISREG(status.st_mode)) return junk("not a regular file");
  if (status.st_nlink != 1) return junk("has other links");
  const unsigned mode = status.st_mode & 07777;
  if (!terms.submitted_only && status.st_uid == terms.daemon && mode == kOwnFileMode) return {};
  if (mode != kSubmittedFileMode) return junk("wrong mode");
  if (status.st_gid != terms.group) return junk("wrong group");
  return {};
}

// Fills `piece`, or as much as there is.
tl::expected<std::size_t, Refusal> read_fully(int fd, std::span<char> piece, std::uint64_t offset,
                                              std::string_view name) {
  std::size_t done = 0;
  while (done < piece.size()) {
    const auto n = sys::read_some_at(fd, piece.subspan(done), offset + done, name);
    if (!n) return refuse(Refusal::Kind::later, n.error().text);
    if (*n == 0) break;
    done += *n;
  }
  return done;
}

// Collects facts from pieces cut anywhere.
class FactFinder {
 public:
  void update(std::string_view piece) {
    facts_.eight_bit |= is_eight_bit(piece);
    facts_.nul |= piece.find('\0') != std::string_view::npos;
    facts_.cr |= piece.find('\r') != std::string_view::npos;
    facts_.length += piece.size();
    const std::string_view whole = piece;
    for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      lengthen(end);
      if (!in_body_ && line_ == 0) end_header(whole.substr(0, whole.size() - piece.size()));
      ++facts_.lines;
      line_ = 0;
      piece.remove_prefix(end + 1);
    }
    lengthen(piece.size());
    if (!in_body_) facts_.eight_bit_header = facts_.eight_bit;
  }
  const MessageFacts& facts() const { return facts_; }

 private:
  static bool is_eight_bit(std::string_view text) {
    std::uint64_t all = 0;  // eight at a time
    for (std::uint64_t octets; text.size() >= sizeof octets; text.remove_prefix(sizeof octets)) {
      std::memcpy(&octets, text.data(), sizeof octets);
      all |= octets;
    }
    for (const char c : text) all |= static_cast<unsigned char>(c);
    return (all & 0x8080808080808080) != 0;
  }
  // `text`: what the present piece has of it.
  void end_header(std::string_view text) {
    facts_.eight_bit_header |= is_eight_bit(text);
    in_body_ = true;
  }
  void lengthen(std::size_t octets) {
    line_ += octets;
    facts_.longest_line = std::max(facts_.longest_line, line_);
  }
  MessageFacts facts_;
  std::uint64_t line_ = 0;
  bool in_body_ = false;
};

}  // namespace

tl::expected<Entry, Refusal> Entry::open(int folder, const std::string& id, const Terms& terms) {
  auto file = sys::open_beneath(folder, id, O_RDONLY);
  if (!file) return not_opened(folder, id, file.error());
  const auto status = sys::status_of(file->get(), id);
  if (!status) return refuse(Refusal::Kind::later, status.error().text);

  Entry entry;
  entry.id_ = id;
  entry.file_ = std::move(*file);
  entry.owner_ = status->st_uid;
  const bool daemons = status->st_uid == terms.daemon && (status->st_mode & 07777) == kOwnFileMode;
  const auto check_head = [&]() -> Checked {
    if (entry.own() != daemons) return damaged("has the status of another's file");
    if (!daemons && terms.size_limit && entry.head_.message_length > *terms.size_limit) {
      return refuse(Refusal::Kind::too_large, "larger than message_size_limit");
    }
    return {};
  };
  auto checked =
      check_status(*status, terms)
          .and_then([&] { return entry.take_head(static_cast<std::uint64_t>(status->st_size)); })
          .and_then(check_head)
          .and_then([&] { return entry.read_message(); });
  if (checked) return entry;
  checked.error().owner = status->st_uid;
  return tl::unexpected<Refusal>(std::move(checked.error()));
}

// A first piece nearly always holds the whole head; the Entry line says what more it takes.
tl::expected<Head, Refusal> read_head(int fd, std::uint64_t file_size, std::string_view name,
                                      std::string& start) {
  std::uint64_t wanted = std::min<std::uint64_t>(file_size, kPiece);
  for (;;) {
    const std::size_t have = start.size();
    start.resize(wanted);
    const auto n = read_fully(fd, std::span(start).subspan(have), have, name);
    if (!n) return tl::unexpected(n.error());
    start.resize(have + *n);
    const auto length = head_length(start);
    if (!length) return damaged(length.error().text);
    if (start.size() < wanted || start.size() == file_size) break;
    if (*length != 0 && *length <= start.size()) break;
    wanted = std::min<std::uint64_t>(file_size, *length != 0 ? *length : 4 * wanted);
  }
  auto head = parse_head(start, file_size);
  if (!head) return damaged(head.error().text);
  return std::move(*head);
}

std::vector<std::size_t> owed(const Progress& progress, const mail::Envelope& envelope) {
  using mail::DsnAction;
  std::vector<std::size_t> owed;
  // Of a digest that nobody got the originals are sent, and told of.
  const bool dissolved =
      !progress.digest_of.empty() && progress.status.find('+') == std::string::npos;
  for (std::size_t i = 0; i < progress.status.size(); ++i) {
    const auto status = static_cast<RecipientStatus>(progress.status[i]);
    const auto wanted = [&](DsnAction action) {
      return mail::wants_report(envelope, envelope.recipients[i], action);
    };
    const bool late =
        progress.delay == DelayNotice::owed && is_open(status) && wanted(DsnAction::delayed);
    const bool failed =
        !dissolved && status == RecipientStatus::failed && wanted(DsnAction::failed);
    if (late || failed || status == RecipientStatus::relayed) owed.push_back(i);
  }
  return owed;
}

Entry::Checked Entry::take_head(std::uint64_t file_size) {
  std::string start;
  auto head = read_head(file_.get(), file_size, id_, start);
  if (!head) return tl::unexpected(std::move(head.error()));
  head_ = std::move(*head);
  if (own()) owner_ = head_.progress.owner;
  envelope_text_.assign(start, head_.envelope_offset, head_.message_offset - head_.envelope_offset);
  return {};
}

Entry::Checked Entry::read_message() {
  DigestBuilder digest;
  digest.update(envelope_text_);
  FactFinder finder;
  const bool small = head_.message_length <= kInMemory;
  std::string piece;
  for (std::uint64_t left = head_.message_length; left > 0; left -= piece.size()) {
    piece.resize(std::min<std::uint64_t>(left, kPiece));
    const auto offset = head_.message_offset + head_.message_length - left;
    const auto n = read_fully(file_.get(), piece, offset, id_);
    if (!n) return tl::unexpected(n.error());
    if (*n != piece.size()) return damaged("became shorter");
    digest.update(piece);
    finder.update(piece);
  }
  if (digest.finish() != head_.digest) return damaged("wrong digest");
  facts_ = finder.facts();
  if (small) text_ = std::move(piece);
  return {};
}

Progress Entry::own_progress() const {
  Progress progress = head_.progress;
  if (own()) return progress;
  progress.status.assign(head_.envelope.recipients.size(),
                         static_cast<char>(RecipientStatus::to_do));
  progress.owner = owner_;
  return progress;
}

RecipientStatus Entry::status(std::size_t recipient) const {
  return own() ? static_cast<RecipientStatus>(head_.progress.status.at(recipient))
               : RecipientStatus::to_do;
}

// Statuses and failures keep to their recipients.
Result<> Entry::readdress(const std::vector<Readdressed>& changes) {
  mail::Envelope envelope = head_.envelope;
  Progress progress = head_.progress;
  envelope.recipients.clear();
  progress.status.clear();
  std::vector<std::size_t> places;  // of each recipient, or of the first in its place
  auto change = changes.begin();
  for (std::size_t i = 0; i < head_.envelope.recipients.size(); ++i) {
    places.push_back(envelope.recipients.size());
    const bool stays = change == changes.end() || change->recipient != i;
    if (stays) envelope.recipients.push_back(head_.envelope.recipients[i]);
    else
      envelope.recipients.insert(envelope.recipients.end(), change->to.begin(), change->to.end());
    const char octet =
        stays ? static_cast<char>(status(i)) : static_cast<char>(RecipientStatus::to_do);
    if (own()) progress.status.resize(envelope.recipients.size(), octet);
    if (!stays) ++change;
  }
  if (const auto checked = checked_envelope(envelope); !checked) return failure(checked.error());
  for (Reply& reply : progress.replies) reply.recipient = places[reply.recipient];
  head_.envelope = std::move(envelope);
  head_.progress = std::move(progress);
  readdressed_ = true;
  return {};
}

Entry::Reader::Reader(const Entry& entry)
    : entry_(&entry), offset_(entry.head_.message_offset), left_(entry.head_.message_length) {
  if (!entry.text_) digest_.update(entry.envelope_text_);
}

Result<std::string_view> Entry::Reader::next() {
  if (left_ == 0) return std::string_view();
  if (entry_->text_) {
    left_ = 0;
    return std::string_view(*entry_->text_);
  }
  const auto changed = [this] {
    return failure(Error::Kind::data, entry_->id_ + ": was changed while it was sent");
  };
  buffer_.resize(std::min<std::uint64_t>(left_, kPiece));
  const auto n = read_fully(entry_->file_.get(), buffer_, offset_, entry_->id_);
  if (!n) return failure(Error::Kind::io, n.error().reason);
  if (*n != buffer_.size()) return changed();
  digest_.update(buffer_);
  offset_ += buffer_.size();
  left_ -= buffer_.size();
  if (left_ == 0 && digest_.finish() != entry_->head_.digest) return changed();
  return std::string_view(buffer_);
}

}  // namespace mailchute::queue
