// SPDX-License-Identifier: GPL-3.0-or-later
// One thread, one loop, which outlives what is made with it. Everything in net/ calls back from
// run(), never from the call that asked, so that callers need not be reentrant. No header of net/
// shows Asio or OpenSSL: one file that includes Asio takes twelve seconds to compile.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"

namespace mailchute::net {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;

  void run();   // until stop() or nothing is left to wait for
  void stop();  // of the run() that is under way
  void post(std::function<void()> task);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Calls back once after a span; starting again or destroying it forgets the earlier call. Time
// spent suspended counts: after a resume a timer that is due fires within minutes, not hours.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  void start(Milliseconds span, std::function<void()> expired);
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Calls back each time the descriptor (inotify, signalfd, pidfd) is readable, and again until it
// has been read. Does not own it, makes it non-blocking, and must be destroyed before it is closed.
// Not to be able to watch ends the program.
class ReadableWatch {
 public:
  ReadableWatch(EventLoop& loop, int fd, std::function<void()> readable) noexcept;
  ~ReadableWatch();
  ReadableWatch(const ReadableWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// The same for writing.
class WritableWatch {
 public:
  WritableWatch(EventLoop& loop, int fd, std::function<void()> writable) noexcept;
  ~WritableWatch();
  WritableWatch(const WritableWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailchute::net
