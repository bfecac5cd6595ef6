// SPDX-License-Identifier: GPL-3.0-or-later
// Errors are values. The kind of an error decides what happens next, in two places only: the exit
// status table in sendmail/ and the verdict table in relay/. The text is one line that a person
// can act on: the thing, the reason and, where there is one, the setting to change.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace mailchute {

struct Error {
  enum class Kind {
    usage,        // the command line is wrong
    data,         // the message or an address is
    unavailable,  // nothing here could do it
    system,       // the system refused something that nobody expects it to refuse
    create,       // an output file cannot be created
    io,           // reading or writing failed
    temporary,    // the same may work later
    full,         // so may this, when there is room again
    protocol,     // the other side does not keep to the protocol
    rejected,     // the other side refuses
    permission,
    config,
  };

  Kind kind;
  std::string text;

  // "create 1a2b: No space left on device". `error` is an errno; the kind follows from it.
  static Error from_errno(std::string_view verb, std::string_view object, int error);
  // With the present errno.
  static Error from_errno(std::string_view verb, std::string_view object);
};

// Either a T or an Error; never ignored.
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

inline tl::unexpected<Error> failure(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> failure(Error::Kind kind, std::string text) {
  return tl::unexpected<Error>(Error{kind, std::move(text)});
}

}  // namespace mailchute
