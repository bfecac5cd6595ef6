// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "support/temporary_folder.h"
#include "sys/unique_fd.h"

namespace mailchute {
namespace {

// A sink in a process of its own, with what it prints.
class RunningSink {
 public:
  explicit RunningSink(const SinkOptions& options) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    printed_.reset(ends[0]);
    sys::UniqueFd print(ends[1]);
    process_ = ::fork();
    if (process_ != 0) return;
    ::dup2(print.get(), STDOUT_FILENO);
    ::dup2(print.get(), STDERR_FILENO);
    ::_exit(run_sink(options));
  }
  ~RunningSink() {
    if (process_ > 0) end(SIGKILL);
  }

  // Up to a line end, or the end.
  std::string line() {
    std::string text;
    for (char c = 0; c != '\n' && ::read(printed_.get(), &c, 1) == 1;) text += c;
    return text;
  }

  // The exit status, or -1 after a signal.
  int end(int signal) {
    tell(signal);
    return wait();
  }
  void tell(int signal) { ::kill(process_, signal); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  sys::UniqueFd printed_;
  pid_t process_ = -1;
};

sys::UniqueFd connect_to(int port) {
  sys::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return client;
}

// Until the other side has nothing more to say.
std::string heard(int client) {
  std::string text(65536, '\0');
  const ssize_t size = ::recv(client, text.data(), text.size(), MSG_WAITALL);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

class SinkTest : public testing::Test {
 protected:
  SinkTest() { options_.maildir = folder_ / "mail"; }

  support::TemporaryFolder folder_;
  SinkOptions options_;
};

TEST_F(SinkTest, TakesMessagesUntilItIsTold) {
  options_.port_file = folder_ / "port";
  RunningSink sink(options_);
  const std::string ready = sink.line();
  ASSERT_TRUE(ready.starts_with("listening on 127.0.0.1:")) << ready;
  const std::string port = ready.substr(ready.rfind(':') + 1);
  EXPECT_EQ(support::file_content(options_.port_file), port);

  auto client = connect_to(std::stoi(port));
  auto unfinished = connect_to(std::stoi(port));
  const std::string half = "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
  const std::string whole = half + "x\r\n.\r\n";
  ::send(unfinished.get(), half.data(), half.size(), MSG_NOSIGNAL);
  ::send(client.get(), whole.data(), whole.size(), MSG_NOSIGNAL);
  EXPECT_TRUE(sink.line().starts_with("mailchute sink: accepted ")) << "on standard error";
  sink.tell(SIGTERM);
  EXPECT_TRUE(heard(client.get()).ends_with("421 4.3.2 Shutting down; come back later\r\n"));
  client.reset();
  unfinished.reset();
  EXPECT_EQ(sink.wait(), EX_OK);
  EXPECT_EQ(support::count_names(options_.maildir + "/new"), 1U);
  EXPECT_EQ(support::count_names(options_.maildir + "/tmp"), 0U);
}

TEST_F(SinkTest, EndsAfterSoManyMessages) {
  options_.count = 2;
  RunningSink sink(options_);
  const std::string ready = sink.line();
  auto client = connect_to(std::stoi(ready.substr(ready.rfind(':') + 1)));
  const std::string message = "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n";
  const std::string two = message + message + "QUIT\r\n";
  ::send(client.get(), two.data(), two.size(), MSG_NOSIGNAL);
  EXPECT_TRUE(heard(client.get()).ends_with(" closes the connection\r\n"));
  client.reset();
  EXPECT_EQ(sink.wait(), EX_OK);
  EXPECT_EQ(support::count_names(options_.maildir + "/new"), 2U);
}

TEST_F(SinkTest, EndsInOrderOnAnInterruptToo) {
  RunningSink sink(options_);
  ASSERT_NE(sink.line(), "");
  EXPECT_EQ(sink.end(SIGINT), EX_OK);
}

TEST_F(SinkTest, SaysInOneLineWhatIsWrongWithItsOptions) {
  const std::string open_to_all = folder_ / "open";
  support::write_file(open_to_all, "secret\n");
  ::chmod(open_to_all.c_str(), 0644);
  const struct {
    std::function<void(SinkOptions&)> change;
    const char* says;
    int status;
  } cases[] = {
      {[](auto& o) { o.maildir.clear(); }, "--maildir", EX_USAGE},
      {[](auto& o) { o.maildir += "/not/there"; }, "/not/there", EX_CANTCREAT},
      {[](auto& o) { o.listen = "2525"; }, "--listen 2525", EX_USAGE},
      {[](auto& o) { o.listen = "127.0.0.1:65536"; }, "--listen 127.0.0.1:65536", EX_USAGE},
      {[](auto& o) { o.listen = ":25"; }, "--listen :25", EX_USAGE},
      {[](auto& o) { o.listen = "here:0"; }, "listen on here", EX_USAGE},
      {[](auto& o) { o.listen = "192.0.2.1:0"; }, "listen on 192.0.2.1:0", EX_OSERR},
      {[](auto& o) { o.key_file = "key"; }, "--cert and --key", EX_USAGE},
      {[](auto& o) { o.implicit_tls = true; }, "--implicit-tls needs", EX_USAGE},
      {[](auto& o) { o.certificate_file = o.key_file = "/not/there"; }, "/not/there", EX_USAGE},
      {[](auto& o) { o.replies = {"RCPT:fine"}; }, "--reply 'RCPT:fine'", EX_USAGE},
      {[](auto& o) { o.delays = {"RCPT:long"}; }, "--delay 'RCPT:long'", EX_USAGE},
      {[](auto& o) { o.without = {"FEAR"}; }, "--without FEAR", EX_USAGE},
      {[](auto& o) { o.user = "me"; }, "--user and --password-file", EX_USAGE},
      {[&](auto& o) { o.user = "me", o.password_file = open_to_all; }, "open", EX_USAGE},
  };
  for (const auto& c : cases) {
    SinkOptions options = options_;
    c.change(options);
    RunningSink sink(options);
    const std::string line = sink.line();
    EXPECT_TRUE(line.starts_with("mailchute sink: ")) << line;
    EXPECT_NE(line.find(c.says), std::string::npos) << line;
    EXPECT_EQ(sink.line(), "");
    EXPECT_EQ(sink.wait(), c.status) << line;
  }
}

}  // namespace
}  // namespace mailchute
