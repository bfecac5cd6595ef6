// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/resolver.h"

#include <ares.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/text.h"
#include "net/dns_records.h"
#include "sys/unique_fd.h"

namespace mailchute::net {
namespace {

constexpr std::size_t kMostAddresses = 16;  // of one name; whoever owns it could list thousands

std::string words_for(int status) {
  switch (status) {
    case ARES_ENOTFOUND: return "no such host";
    case ARES_ENODATA: return "the name has no address";
    case ARES_ETIMEOUT: return "no answer from the DNS server";
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ECONNREFUSED:  // c-ares says so of all three once no server is left to ask
      return "every DNS server failed, refused or is unreachable";
    default: return ares_strerror(status);
  }
}

Error error_for(const std::string& host, const std::string& why) {
  return {Error::Kind::temporary, "resolve " + host + ": " + why};
}

Resolver::Addresses addresses_in(const ares_addrinfo& answer) {
  Resolver::Addresses addresses;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    if (addresses.size() == kMostAddresses) break;
    addresses.push_back(SocketAddress::of(node->ai_addr, node->ai_addrlen));
  }
  return addresses;
}

struct Question {
  std::string name;
  std::uint16_t port = 0;                    // for addresses
  std::optional<Resolver::Records> records;  // none: addresses
  bool absolute = false;                     // not to be searched for
};

struct Answer {
  int status;
  Resolver::Addresses addresses{};
  Resolver::Servers servers{};
};

// One lookup. c-ares' sockets gather in an epoll descriptor, which the loop watches as if it were
// one socket. A channel must not be destroyed from its own callback, so that only stores.
class Lookup {
 public:
  Lookup() : sockets_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Lookup() {
    if (channel_ != nullptr) ares_destroy(channel_);
  }
  Lookup(const Lookup&) = delete;

  void start(const Question& question, const std::string& dns_servers);
  int fd() const { return sockets_.get(); }
  void process();
  std::optional<Milliseconds> next_timeout() const;

  const std::optional<Answer>& answer() const { return answer_; }

 private:
  static void on_socket(void* lookup, ares_socket_t fd, int readable, int writable);
  static void on_answer(void* lookup, int status, int timeouts, ares_addrinfo* answer);
  static void on_records(void* lookup, int status, int timeouts, unsigned char* octets, int length);

  Resolver::Records records_{};
  sys::UniqueFd sockets_;
  ares_channel channel_ = nullptr;
  std::optional<Answer> answer_;
};

void Lookup::start(const Question& question, const std::string& dns_servers) {
  ares_options options{};
  options.sock_state_cb = on_socket;
  options.sock_state_cb_data = this;
  options.ndomains = 0;
  const int given = ARES_OPT_SOCK_STATE_CB | (question.absolute ? ARES_OPT_DOMAINS : 0);
  int status =
      sockets_ ? ares_init_options(&channel_, &options, given) : static_cast<int>(ARES_ENOMEM);
  if (status == ARES_SUCCESS && !dns_servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, dns_servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    answer_ = Answer{status};
    return;
  }
  if (question.records) {
    constexpr int kInternet = 1, kMx = 15, kSrv = 33;  // RFC 1035, 3.2; RFC 2782
    records_ = *question.records;
    const int type = records_ == Resolver::Records::srv ? kSrv : kMx;
    return ares_query(channel_, question.name.c_str(), kInternet, type, on_records, this);
  }
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, question.name.c_str(), std::to_string(question.port).c_str(), &hints,
                   on_answer, this);
}

void Lookup::process() {
  std::array<epoll_event, 16> events;
  const int count = ::epoll_wait(fd(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    const ares_socket_t socket = event.data.fd;
    ares_process_fd(channel_, broken || (event.events & EPOLLIN) ? socket : ARES_SOCKET_BAD,
                    broken || (event.events & EPOLLOUT) ? socket : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what has timed out
}

std::optional<Milliseconds> Lookup::next_timeout() const {
  timeval span{};
  if (ares_timeout(channel_, nullptr, &span) == nullptr) return std::nullopt;
  return Seconds(span.tv_sec) + Milliseconds(span.tv_usec / 1000 + 1);
}

void Lookup::on_socket(void* lookup, ares_socket_t fd, int readable, int writable) {
  const int sockets = static_cast<Lookup*>(lookup)->fd();
  epoll_event event{};
  event.events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
  event.data.fd = fd;
  if (event.events == 0) {
    ::epoll_ctl(sockets, EPOLL_CTL_DEL, fd, nullptr);
  } else if (::epoll_ctl(sockets, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST) {
    ::epoll_ctl(sockets, EPOLL_CTL_MOD, fd, &event);
  }
}

void Lookup::on_answer(void* lookup, int status, int, ares_addrinfo* answer) {
  if (status == ARES_EDESTRUCTION) return;
  Answer result{status};
  if (answer != nullptr) result.addresses = addresses_in(*answer);
  if (answer != nullptr) ares_freeaddrinfo(answer);
  static_cast<Lookup*>(lookup)->answer_ = std::move(result);
}

void Lookup::on_records(void* lookup, int status, int, unsigned char* octets, int length) {
  if (status == ARES_EDESTRUCTION) return;
  auto& it = *static_cast<Lookup*>(lookup);
  Answer answer{status};
  if (status == ARES_SUCCESS)
    answer.status =
        read_servers({octets, static_cast<std::size_t>(length)}, it.records_, answer.servers);
  it.answer_ = std::move(answer);
}

}  // namespace

struct Resolver::Impl {
  Impl(EventLoop& event_loop, std::string servers)
      : loop(event_loop), dns_servers(std::move(servers)), deadline(loop), retransmit(loop) {}

  void ask();
  void go_on();
  void expire(Milliseconds after);
  void begin(Question wanted, Milliseconds span, std::function<void(Result<Answer>)> then);
  void finish(Result<Answer> result);
  void forget();

  EventLoop& loop;
  std::string dns_servers;
  Question question;
  std::function<void(Result<Answer>)> done;
  Timer deadline;
  Timer retransmit;
  std::optional<Lookup> lookup;
  std::optional<ReadableWatch> watch;  // of lookup
};

void Resolver::Impl::ask() {
  // c-ares asks even about these.
  const auto literal = SocketAddress::parse(question.name, question.port);
  if (literal && !question.records) return finish(Answer{ARES_SUCCESS, {*literal}});
  lookup.emplace();
  lookup->start(question, dns_servers);
  if (lookup->fd() >= 0) {
    watch.emplace(loop, lookup->fd(), [this] {
      lookup->process();
      go_on();
    });
  }
  go_on();
}

void Resolver::Impl::go_on() {
  if (const auto& answer = lookup->answer()) {
    const bool none = answer->status == ARES_ENOTFOUND || answer->status == ARES_ENODATA;
    if (question.records && none) return finish(Answer{ARES_SUCCESS});
    if (answer->status != ARES_SUCCESS)
      return finish(failure(error_for(question.name, words_for(answer->status))));
    if (!question.records && answer->addresses.empty()) {
      return finish(failure(error_for(question.name, words_for(ARES_ENODATA))));
    }
    return finish(Answer(*answer));
  }
  const auto span = lookup->next_timeout();
  if (!span) return;
  retransmit.start(*span, [this] {
    lookup->process();
    go_on();
  });
}

void Resolver::Impl::expire(Milliseconds after) {
  const auto seconds = static_cast<std::uint64_t>((after.count() + 999) / 1000);
  finish(failure(
      error_for(question.name, words_for(ARES_ETIMEOUT) + " within " + format_seconds(seconds))));
}

void Resolver::Impl::finish(Result<Answer> result) {
  const auto call = std::move(done);
  forget();
  call(std::move(result));
}

void Resolver::Impl::forget() {
  done = nullptr;
  deadline.cancel();
  retransmit.cancel();
  watch.reset();
  lookup.reset();
}

Resolver::Resolver(EventLoop& loop, std::string dns_servers)
    : impl_(std::make_shared<Impl>(loop, std::move(dns_servers))) {}

Resolver::~Resolver() { impl_->forget(); }

void Resolver::Impl::begin(Question wanted, Milliseconds span,
                           std::function<void(Result<Answer>)> then) {
  forget();
  question = std::move(wanted);
  done = std::move(then);
  deadline.start(span, [this, span] { expire(span); });
  retransmit.start(Milliseconds(0), [this] { ask(); });
}

void Resolver::resolve(const std::string& host, std::uint16_t port, Milliseconds deadline,
                       Done done) {
  // /etc/hosts has names without the dot.
  const bool absolute = host.ends_with('.');
  std::string name(without_brackets(host));
  if (absolute) name.pop_back();
  impl_->begin({std::move(name), port, {}, absolute}, deadline,
               [done = std::move(done)](Result<Answer> answer) {
                 answer ? done(std::move(answer->addresses)) : done(failure(answer.error()));
               });
}

void Resolver::look_up(const std::string& name, Records records, Milliseconds deadline,
                       std::function<void(Result<Servers>)> done) {
  impl_->begin({name, 0, records, true}, deadline, [done = std::move(done)](Result<Answer> answer) {
    answer ? done(std::move(answer->servers)) : done(failure(answer.error()));
  });
}

}  // namespace mailchute::net
