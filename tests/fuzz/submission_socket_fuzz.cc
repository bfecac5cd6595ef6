// SPDX-License-Identifier: GPL-3.0-or-later
// A client of the submission socket that says anything: the daemon hears the same however it is cut,
// holds no more than it should, and takes no entry whose lengths do not agree. Lengths are hard to
// guess, so a text is also tried as the envelope behind a first line that is right.
#include "fuzz/input.h"
#include "queue/submission_protocol.h"

using namespace mailchute;
using Reader = queue::SubmissionReader;

namespace {

// Everything that happens, and how it ends.
struct Heard {
  std::string id;
  std::optional<mail::Envelope> envelope;
  std::string message;
  std::optional<queue::EntrySum> sum;
  std::string asked, error;
  bool operator==(const Heard&) const = default;
};

void check(const Heard& heard, std::uint64_t announced) {
  fuzz::require(heard.id.empty() || announced <= queue::kMaxEnvelope);
  if (heard.envelope) {
    fuzz::require(queue::format_envelope(*heard.envelope).size() == announced);
    fuzz::require(queue::check_envelope(*heard.envelope).has_value());
  }
  fuzz::require(heard.message.empty() || heard.envelope);
  if (!heard.sum) return;
  fuzz::require(heard.envelope && heard.asked.empty() && heard.error.empty());
  fuzz::require(heard.sum->envelope == announced && heard.sum->message == heard.message.size());
}

Heard listen(std::string_view text, unsigned seed) {
  Reader reader;
  Heard heard;
  std::uint64_t announced = 0;
  for (std::string_view input : fuzz::cut(text, seed)) {
    while (!input.empty()) {
      const std::size_t before = input.size();
      const auto event = reader.next(input);
      if (!event) heard.error = event.error().text;
      if (!event || std::holds_alternative<Reader::Ask>(*event)) {
        if (event) heard.asked = std::get<Reader::Ask>(*event).id;
        check(heard, announced);
        return heard;
      }
      if (const auto* it = std::get_if<Reader::Announced>(&*event)) {
        heard.id = it->id;
        announced = it->envelope_length;
      }
      if (const auto* it = std::get_if<Reader::Begin>(&*event)) heard.envelope = it->envelope;
      if (const auto* it = std::get_if<Reader::Octets>(&*event)) heard.message += it->octets;
      if (const auto* it = std::get_if<Reader::End>(&*event)) {
        heard.sum = it->sum;
        check(heard, announced);
        return heard;
      }
      fuzz::require(input.size() < before);
    }
  }
  check(heard, announced);
  return heard;
}

void listen_twice(std::string_view text, unsigned seed) {
  fuzz::require(listen(text, 0) == listen(text, seed));
}

void hear_answer(std::string_view text) {
  const std::string id(26, '0');
  const auto answer = queue::parse_answer(text, id);
  if (answer.what == queue::SubmissionAnswer::What::ok) fuzz::require(text == "OK " + id);
  const std::string line = queue::format_error({Error::Kind::data, std::string(text)});
  fuzz::require(line.ends_with('\n') && line.size() <= queue::kMaxAnswer &&
                fuzz::printable(line.substr(0, line.size() - 1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned seed = input.octet();
  const std::string_view text = input.rest();
  listen_twice(text, seed);
  hear_answer(text.substr(0, text.find('\n')));
  const std::size_t envelope = std::min(text.find("\n\n"), text.size());
  if (envelope > 0 && envelope < text.size()) {
    const std::string whole = queue::format_submit(std::string(26, '0'), envelope + 1) +
                              std::string(text.substr(0, envelope + 1)) +
                              std::string(text.substr(envelope + 2));
    listen_twice(whole, seed);
  }
  return 0;
}
