// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/entry_pass.h"

#include <algorithm>
#include <span>
#include <utility>

#include "queue/digest.h"
#include "sys/file.h"

namespace mailchute {
namespace {

constexpr std::size_t kPiece = 64 << 10;

tl::unexpected<Error> damaged(const std::string& why) {
  return failure(Error::Kind::data, "damaged: " + why);
}

// As much of the file as its head takes, or a little more.
Result<queue::Piece> start_of(const Pieces& pieces) {
  queue::Piece start;
  for (;;) {
    auto piece = pieces(start.octets.size());
    if (!piece) return failure(piece.error());
    start.octets += piece->octets;
    start.size = piece->size;
    const auto length = queue::head_length(start.octets);
    if (!length) return damaged(length.error().text);
    const bool whole = *length != 0 && *length <= start.octets.size();
    if (whole || piece->octets.empty() || start.octets.size() > queue::kMaxHead) return start;
  }
}

}  // namespace

Pieces pieces_of_file(int fd, std::string name) {
  return [fd, name = std::move(name)](std::uint64_t offset) -> Result<queue::Piece> {
    const auto status = sys::status_of(fd, name);
    if (!status) return failure(status.error());
    std::string octets(kPiece, '\0');
    const auto n = sys::read_some_at(fd, octets, offset, name);
    if (!n) return failure(n.error());
    octets.resize(*n);
    return queue::Piece{std::move(octets), static_cast<std::uint64_t>(status->st_size)};
  };
}

Result<> pass_over(const Pieces& pieces, const EntryUser& user) {
  const auto start = start_of(pieces);
  if (!start) return failure(start.error());
  const auto head = queue::parse_head(start->octets, start->size);
  if (!head) return damaged(head.error().text);
  const std::string_view octets = start->octets;
  if (auto taken = user.head(*head, octets.substr(0, head->message_offset)); !taken) return taken;
  queue::prepare_digests();  // the user may, too, and not in the middle
  queue::DigestBuilder digest;
  digest.update(octets.substr(head->envelope_offset, head->message_offset - head->envelope_offset));
  std::uint64_t left = head->message_length;
  std::string piece(octets.substr(head->message_offset));
  for (std::uint64_t offset = octets.size();; offset += piece.size()) {
    if (piece.size() > left) return damaged("longer than its head says");
    left -= piece.size();
    digest.update(piece);
    // The first is none where the head ended with a piece.
    if (auto taken = piece.empty() ? Result<>() : user.message(piece); !taken) return taken;
    auto next = pieces(offset);
    if (!next) return failure(next.error());
    if (next->octets.empty()) break;
    piece = std::move(next->octets);
  }
  if (digest.finish() != head->digest)
    return damaged("wrong checksum, or changed while it was read");
  return {};
}

}  // namespace mailchute
