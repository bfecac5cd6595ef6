// SPDX-License-Identifier: GPL-3.0-or-later
// Writing an entry into a queue below $TMPDIR (the disk counts: set it to the disk in question), beside
// the same system calls done by hand: open, write, fsync, rename, fsync.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "queue/entry_writer.h"
#include "queue/format.h"
#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mailchute-bench.XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    for (const char* folder : {"/tmp", "/new"}) std::filesystem::create_directory(path_ + folder);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  void empty() {
    for (const auto& file : std::filesystem::directory_iterator(path_ + "/new")) std::filesystem::remove(file);
  }

 private:
  std::string path_;
};

mail::Envelope envelope() {
  mail::Envelope envelope;
  envelope.reverse_path = "root@web1.example.org";
  envelope.recipients.push_back({"ops@example.org", "", {}});
  return envelope;
}

void WriteEntry(benchmark::State& state) {
  Folder folder;
  const mail::Envelope to = envelope();
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    auto writer = EntryWriter::create(folder.path(), new_queue_id());
    if (!writer || !writer->begin(to) || !writer->write(text) || !writer->commit()) {
      state.SkipWithError("cannot write an entry");
      break;
    }
  }
  folder.empty();
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriteEntry)->Arg(2 << 10)->Arg(1 << 20)->UseRealTime();

void WriteByHand(benchmark::State& state) {
  Folder folder;
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    const std::string id = new_queue_id();
    const std::string from = folder.path() + "/tmp/" + id;
    const int file = ::open(from.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0640);
    const bool good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                      ::fsync(file) == 0 && ::rename(from.c_str(), (folder.path() + "/new/" + id).c_str()) == 0 &&
                      ::fsync(file) == 0;
    ::close(file);
    if (!good) {
      state.SkipWithError("cannot write a file");
      break;
    }
  }
  folder.empty();
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WriteByHand)->Arg(2 << 10)->Arg(1 << 20)->UseRealTime();

void DigestOf(benchmark::State& state) {
  const std::string text(64 << 10, 'x');
  for (auto _ : state) {
    DigestBuilder digest;
    digest.update(text);
    benchmark::DoNotOptimize(digest.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(DigestOf);

}  // namespace
}  // namespace mailchute::queue
