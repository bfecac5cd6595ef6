// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/worker.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "mailchuted/control_server.h"
#include "mailchuted/submission_server.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "queue/queue.h"
#include "relay/delivery.h"
#include "sys/folder_watch.h"

namespace mailchute::mailchuted {
namespace {

// What is in flight may take this long after SIGTERM: less than service managers wait.
constexpr Milliseconds kFinishWithin{8000};

// SIGTERM as something to read.
sys::UniqueFd termination() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  return sys::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<std::optional<net::TlsContext>> tls_context(const config::SmartHost& host) {
  if (host.tls == config::Tls::none) return std::optional<net::TlsContext>();
  auto context = net::TlsContext::client(host.ca_file, host.verify_certificate);
  if (!context) return failure(context.error());
  return std::optional<net::TlsContext>(std::move(*context));
}

std::optional<std::uint64_t> size_limit(const config::Settings& settings) {
  if (settings.message_size_limit == 0) return std::nullopt;
  return settings.message_size_limit;
}

}  // namespace

Result<> work(const config::Settings& settings, const secret::Secret& password, Log& log,
              const std::function<void()>& ready) {
  auto tls = tls_context(*settings.smart_host);
  if (!tls) return failure(tls.error());
  queue::Queue::Options options{settings.queue_directory, size_limit(settings)};
  options.drop_open = settings.drop_directory_open;
  auto queue = queue::Queue::open(std::move(options), log);
  if (!queue) return failure(queue.error());
  auto watch = sys::FolderWatch::open(queue->drop_folder());
  if (!watch) return failure(watch.error());

  auto board = relay::Board::create();
  if (!board) return failure(board.error());

  net::EventLoop loop;
  relay::Delivery delivery(loop, *queue, settings, password.reveal(), *tls ? &**tls : nullptr, log, *board);
  auto control = ControlServer::open(loop, settings, delivery, log);
  if (!control) return failure(control.error());
  std::unique_ptr<SubmissionServer> submissions;
  if (settings.submission_socket_open) {
    auto opened = SubmissionServer::open(loop, *queue, settings, delivery, log);
    if (!opened) return failure(opened.error());
    submissions = std::move(*opened);
  }

  net::ReadableWatch new_mail(loop, watch->fd(), [&] {
    if (auto drained = watch->drain(); !drained) {
      log(Event("watch-failed", Severity::error).with("reason", drained.error().text));
    }
    delivery.look_for_new_mail();
  });
  const sys::UniqueFd stop = termination();
  unsigned at_work = submissions ? 2 : 1;
  net::ReadableWatch stopping(loop, stop.get(), [&] {
    signalfd_siginfo signal;
    if (::read(stop.get(), &signal, sizeof signal) != sizeof signal) return;
    const auto done = [&] {
      if (--at_work == 0) loop.stop();
    };
    delivery.finish(kFinishWithin, done);
    if (submissions) submissions->finish(kFinishWithin, done);
  });

  if (auto loaded = delivery.load_queue(); !loaded) return loaded;
  delivery.look_for_new_mail();
  ready();
  loop.run();
  return {};
}

}  // namespace mailchute::mailchuted
