// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/event_loop.h"

#include <algorithm>
#include <asio/basic_waitable_timer.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <cstdint>
#include <utility>

#include "net/event_loop_impl.h"
#include "sys/clock.h"

namespace mailchute::net {
namespace {

// Asio sleeps five minutes at most before it looks at a clock that is not its own, so this one also
// sees the time spent suspended.
struct LoopClock : BootClock {
  static time_point now() { return sys::boot_now(); }
};
using LoopTimer = asio::basic_waitable_timer<LoopClock>;
constexpr Milliseconds kLongest =
    std::chrono::hours(24 * 365 * 100);  // what Asio adds to must not overflow
using Descriptor = asio::posix::stream_descriptor;

}  // namespace

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  LoopTimer first(impl_->context);  // a loop that cannot poll fails here and nowhere later
}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->context.restart();
  impl_->context.run();
}

void EventLoop::stop() { impl_->context.stop(); }

void EventLoop::post(std::function<void()> task) { asio::post(impl_->context, std::move(task)); }

struct Timer::Impl : std::enable_shared_from_this<Timer::Impl> {
  explicit Impl(EventLoop& loop) : timer(loop.impl().context) {}

  // An expiry that is already on its way cannot be called back: `round` tells it apart.
  void forget() {
    ++round;
    expired = nullptr;
    timer.cancel();
  }

  void fire() {
    const std::function<void()> call = std::exchange(expired, nullptr);
    call();
  }

  LoopTimer timer;
  std::function<void()> expired;
  std::uint64_t round = 0;
};

Timer::Timer(EventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}

Timer::~Timer() { impl_->forget(); }

void Timer::cancel() { impl_->forget(); }

void Timer::start(Milliseconds span, std::function<void()> expired) {
  impl_->forget();
  impl_->expired = std::move(expired);
  impl_->timer.expires_after(std::min(span, kLongest));
  impl_->timer.async_wait([impl = impl_, round = impl_->round](const asio::error_code& error) {
    if (!error && round == impl->round) impl->fire();
  });
}

namespace {

class FdWatch : public std::enable_shared_from_this<FdWatch> {
 public:
  FdWatch(EventLoop& loop, int fd, Descriptor::wait_type what, std::function<void()> ready)
      : descriptor_(loop.impl().context, fd), what_(what), ready_(std::move(ready)) {}

  void wait() {
    descriptor_.async_wait(what_, [self = shared_from_this()](const asio::error_code& error) {
      if (!error && !self->ended_) self->ready_();
      if (!error && !self->ended_) self->wait();
    });
  }

  void end() {
    ended_ = true;
    descriptor_.release();
  }

 private:
  Descriptor descriptor_;
  Descriptor::wait_type what_;
  std::function<void()> ready_;
  bool ended_ = false;
};

}  // namespace

struct ReadableWatch::Impl : FdWatch {
  using FdWatch::FdWatch;
};

struct WritableWatch::Impl : FdWatch {
  using FdWatch::FdWatch;
};

ReadableWatch::ReadableWatch(EventLoop& loop, int fd, std::function<void()> readable) noexcept
    : impl_(std::make_shared<Impl>(loop, fd, Descriptor::wait_read, std::move(readable))) {
  impl_->wait();
}

ReadableWatch::~ReadableWatch() { impl_->end(); }

WritableWatch::WritableWatch(EventLoop& loop, int fd, std::function<void()> writable) noexcept
    : impl_(std::make_shared<Impl>(loop, fd, Descriptor::wait_write, std::move(writable))) {
  impl_->wait();
}

WritableWatch::~WritableWatch() { impl_->end(); }

}  // namespace mailchute::net
