// SPDX-License-Identifier: GPL-3.0-or-later
// What is behind an EventLoop; for the files of net/ that use Asio, and no others.
#pragma once

#include <asio/io_context.hpp>

#include "net/event_loop.h"

namespace mailchute::net {

struct EventLoop::Impl {
  asio::io_context context{1};  // one thread
};

}  // namespace mailchute::net
