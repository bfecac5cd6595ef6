// SPDX-License-Identifier: GPL-3.0-or-later
// A queue in a temporary folder, owned by whoever runs the test, and what submitters do to it.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "queue/entry_writer.h"
#include "queue/layout.h"
#include "queue/queue.h"
#include "queue/queue_id.h"
#include "support/temporary_folder.h"

namespace mailchute::queue {

using support::count_names;
using support::file_content;
using support::TemporaryFolder;
using support::write_file;

inline constexpr char kMessage[] = "Received: by test\nSubject: hi\n\nbody\n";
inline constexpr std::uint32_t kStranger = 12345;  // a uid that nobody has

class LogLines : public Log {
 public:
  void write(Severity severity, std::string_view line) override {
    lines.push_back(std::to_string(static_cast<int>(severity)) + " " + std::string(line));
  }
  std::size_t count(std::string_view text) const {
    std::size_t n = 0;
    for (const auto& line : lines) n += line.find(text) != std::string::npos;
    return n;
  }
  std::vector<std::string> lines;
};

inline mail::Envelope envelope_to(const std::vector<std::string>& recipients) {
  mail::Envelope envelope;
  envelope.reverse_path = "sender@example.org";
  for (const auto& address : recipients) envelope.recipients.push_back({address, {}, {}});
  envelope.uid = ::getuid();
  envelope.time = Time(Milliseconds(1790000000123));
  return envelope;
}

// An entry as octets.
inline std::string entry_octets(const mail::Envelope& envelope, std::string_view message,
                                const Progress& progress = {}) {
  const auto text = format_envelope(envelope);
  DigestBuilder digest;
  digest.update(text);
  digest.update(message);
  return format_progress(progress) +
         format_entry_line(text.size(), message.size(), digest.finish()) + text +
         std::string(message);
}

struct QueueFixture {
  TemporaryFolder folder;
  LogLines log;
  std::optional<std::uint64_t> size_limit = 10 << 20;
  Queue queue = reopened();

  Queue reopened() {
    auto opened = Queue::open({folder.path(), size_limit}, log);
    if (!opened) throw std::runtime_error(opened.error().text);
    return std::move(*opened);
  }
  // As a new start of the daemon.
  void restart() {
    { const Queue gone = std::move(queue); }
    queue = reopened();
  }

  // With the front end's means.
  std::string submit(const mail::Envelope& envelope, std::string_view message = kMessage) {
    auto writer = std::move(*EntryWriter::create(folder.path(), new_queue_id()));
    const bool done = writer.begin(envelope) && writer.write(message) && writer.commit();
    return done ? writer.id() : "";
  }
  // Submitted, adopted, loaded.
  Entry entry(const mail::Envelope& envelope, std::string_view message = kMessage) {
    const auto id = submit(envelope, message);
    if (queue.adopt(1000)->empty()) abort();
    return queue.load(id).value();
  }
  // By hand, under a name that counts.
  std::string drop(std::string_view content, mode_t mode = kSubmittedFileMode) {
    const auto id = new_queue_id();
    write_file(in(kNew, id), content);
    ::chmod(in(kNew, id).c_str(), mode);
    return id;
  }

  std::string in(const char* place, const std::string& id) const {
    return folder / (std::string(place) + "/" + id);
  }
  bool has(const char* place, const std::string& id) const {
    return std::filesystem::exists(std::filesystem::symlink_status(in(place, id)));
  }
};

}  // namespace mailchute::queue
