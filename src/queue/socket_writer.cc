// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/socket_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "queue/format.h"
#include "queue/submission_protocol.h"
#include "sys/clock.h"

namespace mailchute::queue {
namespace {

constexpr Milliseconds kFirstPause{20};
constexpr Milliseconds kLongestPause{500};

// Between two tries, longer each time; false when there is no time left.
class Tries {
 public:
  explicit Tries(Milliseconds patience) : deadline_(sys::boot_now() + patience) {}
  bool again() {
    if (sys::boot_now() >= deadline_) return false;
    ::poll(nullptr, 0, static_cast<int>(pause_.count()));
    pause_ = std::min(2 * pause_, kLongestPause);
    return true;
  }

 private:
  Instant deadline_;
  Milliseconds pause_ = kFirstPause;
};

}  // namespace

SocketWriter::SocketWriter(std::string socket, std::string id, SocketPatience patience)
    : path_(std::move(socket)), id_(std::move(id)), patience_(patience) {}

Result<> SocketWriter::begin(const mail::Envelope& envelope) {
  const auto text = checked_envelope(envelope);
  if (!text) return failure(text.error());
  head_ = format_submit(id_, text->size());
  envelope_offset_ = head_.size();
  head_.append(*text);
  return {};
}

Result<> SocketWriter::write(std::string_view octets) {
  while (!octets.empty()) {
    const auto taken = octets.substr(0, kMaxPiece - buffer_.size());
    buffer_.append(taken);
    octets.remove_prefix(taken.size());
    if (buffer_.size() < kMaxPiece || octets.empty()) continue;
    if (auto flushed = flush(); !flushed) return flushed;
  }
  return {};
}

Result<> SocketWriter::flush() {
  if (!client_) {
    if (auto opened = open_stream(); !opened) return opened;
  }
  digest_->update(buffer_);
  sent_ += buffer_.size();
  // It has nothing to say now but that it wants no more.
  const bool refused = client_->has_input();
  auto state = refused ? hear(false) : tell(format_data(buffer_.size()) + buffer_);
  buffer_.clear();
  if (!state) return failure(std::move(state.error()));
  return !refused && *state == State::taken ? Result<>() : failure(gave_up(false));
}

// From here on the message counts as large, and cannot be sent again.
Result<> SocketWriter::open_stream() {
  for (Tries tries(patience_.trouble);;) {
    if (auto connected = connect(); !connected) return connected;
    auto state = tell(head_);
    if (state && *state == State::taken) state = hear(true);
    if (!state) return failure(std::move(state.error()));
    if (*state == State::taken) break;
    if (!tries.again()) return failure(gave_up(false));
  }
  prepare_digests();
  digest_.emplace();
  digest_->update(std::string_view(head_).substr(envelope_offset_));
  head_ = {};
  return {};
}

Result<> SocketWriter::commit() {
  const bool whole = !client_;
  auto step = whole ? &SocketWriter::submit_whole : &SocketWriter::end_stream;
  bool told = false;  // the daemon may have got all of it, and we do not know better
  for (Tries tries(patience_.trouble);;) {
    const auto state = (this->*step)();
    if (!state) return failure(state.error());
    if (*state == State::taken) return {};
    if (*state == State::busy && !whole) return failure(gave_up(false));
    if (*state == State::lost) {
      step = &SocketWriter::ask;
      told = true;
    }
    if (*state == State::unknown) {
      if (!whole) return failure(forgotten());
      step = &SocketWriter::submit_whole;
      told = false;
    }
    if (!tries.again()) return failure(gave_up(told));
  }
}

Result<SocketWriter::State> SocketWriter::submit_whole() {
  if (auto connected = connect(); !connected) return failure(std::move(connected.error()));
  DigestBuilder digest;
  digest.update(std::string_view(head_).substr(envelope_offset_));
  digest.update(buffer_);
  std::string all = head_;
  if (!buffer_.empty()) all.append(format_data(buffer_.size())).append(buffer_);
  auto state = tell(all.append(format_end(buffer_.size(), digest.finish())));
  return state && *state == State::taken ? hear(false) : state;
}

Result<SocketWriter::State> SocketWriter::end_stream() {
  std::string rest;
  if (!buffer_.empty()) rest.append(format_data(buffer_.size())).append(buffer_);
  digest_->update(buffer_);
  sent_ += buffer_.size();
  auto state = tell(rest.append(format_end(sent_, digest_->finish())));
  return state && *state == State::taken ? hear(false) : state;
}

// A daemon that is not back yet may still come back.
Result<SocketWriter::State> SocketWriter::ask() {
  if (auto connected = connect(); !connected) return lost(std::move(connected.error()));
  auto state = tell(format_ask(id_));
  if (state && *state == State::taken) state = hear(false);
  if (state) return *state;
  if (state.error().kind == Error::Kind::rejected) return State::unknown;
  return lost(std::move(state.error()));
}

Result<> SocketWriter::connect() {
  client_.reset();
  auto client = sys::UnixClient::connect(path_, patience_.silence);
  if (client) {
    client_.emplace(std::move(*client));
    return {};
  }
  Error error = std::move(client.error());
  error.text += "; is mailchuted running?";
  if (::access(path_.c_str(), W_OK) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) error.kind = Error::Kind::unavailable;
    if (errno == EACCES || errno == EROFS) error.kind = Error::Kind::permission;
  }
  return failure(std::move(error));
}

// Where the daemon has closed it may have said why.
Result<SocketWriter::State> SocketWriter::tell(std::string_view octets) {
  if (auto sent = client_->send(octets); !sent) {
    trouble_ = std::move(sent.error());
    auto state = hear(false);
    if (!state || *state == State::busy) return state;
    return State::lost;
  }
  return State::taken;
}

// What is said of this entry next: GO is for those who wait for it.
Result<SocketWriter::State> SocketWriter::hear(bool go) {
  using What = SubmissionAnswer::What;
  for (;;) {
    auto line = client_->read_line(kMaxAnswer);
    if (!line) return lost(std::move(line.error()));
    if (!*line) return lost({Error::Kind::temporary, path_ + ": closed by mailchuted"});
    auto answer = parse_answer(**line, id_);
    switch (answer.what) {
      case What::go:
        if (go) return State::taken;
        break;
      case What::ok: return State::taken;
      case What::busy: trouble_ = std::move(answer.error); return State::busy;
      case What::error: return failure(std::move(answer.error));
    }
  }
}

SocketWriter::State SocketWriter::lost(Error reason) {
  trouble_ = std::move(reason);
  return State::lost;
}

Error SocketWriter::gave_up(bool told) const {
  std::string text = trouble_.text;
  text.append(told ? "; mailchuted does not tell whether it has " + id_ + ": look at mailq"
                   : "; nothing is queued");
  return Error{Error::Kind::temporary, std::move(text)};
}

// It had been told all, and broke off; the one that came after it was asked.
Error SocketWriter::forgotten() const {
  return {Error::Kind::temporary,
          trouble_.text + "; mailchuted knows nothing of " + id_ +
              " after that: nothing is queued, unless it is delivered already"};
}

void SocketWriter::keep_alive() { (void)client_->send(format_data(0)); }

}  // namespace mailchute::queue
