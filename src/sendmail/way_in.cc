// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/way_in.h"

#include <algorithm>
#include <utility>

namespace mailchute::sendmail {
namespace {

using Kind = Error::Kind;

bool of_message(const Error& error) {
  return error.kind == Kind::data || error.kind == Kind::usage;
}

Error with_advice(Error error) {
  if (error.kind == Kind::unavailable)
    error.text += "; there is no queue, start mailchuted once to make it";
  return error;
}

Kind kind_of_both(Kind drop, Kind socket) {
  if (drop == Kind::temporary || socket == Kind::temporary) return Kind::temporary;
  // A socket that is missing may come back with the daemon, unless nothing at all is set up here.
  if (socket == Kind::unavailable) return drop == Kind::unavailable ? drop : Kind::temporary;
  return socket;
}

}  // namespace

Error both_ways(const Error& drop, const Error& socket) {
  return {kind_of_both(drop.kind, socket.kind),
          with_advice(drop).text + "; and by the socket: " + socket.text};
}

Result<WayIn> WayIn::open(const config::Settings& settings, std::string id) {
  WayIn way(settings, std::move(id));
  if (!settings.drop_directory_open && !settings.submission_socket_open) {
    return failure(Kind::config,
                   "drop_directory and submission_socket are both false; set one of them to true");
  }
  Result<> opened;
  if (settings.drop_directory_open) {
    auto drop = queue::EntryWriter::create(settings.queue_directory, way.id_);
    if (drop) way.drop_.emplace(std::move(*drop));
    else opened = way.fall_over(std::move(drop.error()));
  } else {
    way.socket_.emplace(settings.submission_socket(), way.id_);
  }
  if (!opened) return failure(std::move(opened.error()));
  return way;
}

// Everything so far goes the other way. The id stays: whatever a disk in trouble keeps of the file
// in new/, an id is queued only once.
Result<> WayIn::fall_over(Error reason) {
  if (!settings_->submission_socket_open) return failure(with_advice(std::move(reason)));
  why_ = std::move(reason);
  socket_.emplace(settings_->submission_socket(), id_);
  if (envelope_ == nullptr) return {};
  if (auto begun = by_socket(socket_->begin(*envelope_)); !begun || !drop_) return begun;
  auto replayed = drop_->replay([this](std::string_view octets) { return socket_->write(octets); });
  drop_.reset();
  return by_socket(std::move(replayed));
}

Result<> WayIn::by_socket(Result<> done) const {
  if (done || of_message(done.error())) return done;
  if (why_) return failure(both_ways(*why_, done.error()));
  if (done.error().kind == Kind::unavailable) done.error().kind = Kind::temporary;
  return done;
}

Result<> WayIn::begin(const mail::Envelope& envelope) {
  envelope_ = &envelope;
  if (socket_) return by_socket(socket_->begin(envelope));
  auto begun = drop_->begin(envelope);
  return begun || of_message(begun.error()) ? begun : fall_over(std::move(begun.error()));
}

Result<> WayIn::write(std::string_view octets) {
  message_length_ += octets.size();
  const std::uint64_t limit = settings_->message_size_limit;
  if (limit != 0 && message_length_ > limit) {
    return failure(Kind::data,
                   "message larger than " + std::to_string(limit) + " octets (message_size_limit)");
  }
  if (!socket_) {
    auto written = drop_->write(octets);
    if (written) return {};
    if (auto fallen = fall_over(std::move(written.error())); !fallen) return fallen;
  }
  return by_socket(socket_->write(octets));
}

Result<> WayIn::commit() {
  if (!socket_) {
    auto committed = drop_->commit();
    if (committed) return {};
    if (auto fallen = fall_over(std::move(committed.error())); !fallen) return fallen;
  }
  return by_socket(socket_->commit());
}

}  // namespace mailchute::sendmail
