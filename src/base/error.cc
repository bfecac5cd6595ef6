// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace mailchute {
namespace {

Error::Kind kind_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS: return Error::Kind::permission;
    case EIO:
    case EBADF: return Error::Kind::io;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR: return Error::Kind::create;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case ENETUNREACH:
    case EHOSTUNREACH: return Error::Kind::temporary;
    default: return Error::Kind::system;
  }
}

}  // namespace

Error Error::from_errno(std::string_view verb, std::string_view object, int error) {
  std::string text(verb);
  if (!object.empty()) text.append(" ").append(object);
  text.append(": ").append(std::generic_category().message(error));
  return Error{kind_of(error), std::move(text)};
}

Error Error::from_errno(std::string_view verb, std::string_view object) {
  return from_errno(verb, object, errno);
}

}  // namespace mailchute
