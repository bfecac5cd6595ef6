// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls.h"

#include <fstream>

#include "net/tls_session.h"
#include "unit/net/certificates.h"
#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

constexpr std::size_t kBig = 20 * 1024 * 1024;

class TlsTest : public NetTest {
 protected:
  TlsTest() {
    ca.write(folder / "ca.pem");
    const auto [here, there] = unix_pair();
    client = adopted(loop, here);
    server = adopted(loop, there);
    client->set_user(&at_client);
    server->set_user(&at_server);
  }

  TlsContext server_with(const CertificateRequest& request) {
    return server_with(Certificate(request, &ca));
  }
  TlsContext server_with(const Certificate& certificate) {
    certificate.write(folder / "server.pem", folder / "server.key");
    auto context = TlsContext::server(folder / "server.pem", folder / "server.key");
    EXPECT_TRUE(context) << context.error().text;
    return std::move(*context);
  }
  TlsContext client_with(const std::string& ca_file, bool verify = true) {
    auto context = TlsContext::client(ca_file, verify);
    EXPECT_TRUE(context) << context.error().text;
    return std::move(*context);
  }

  // Both start TLS; ends when it is up for both, or the client knows that it will not be.
  void shake_hands(const TlsContext& offered, const TlsContext& wanted, const std::string& name) {
    at_client.tls_is_up = at_client.is_closed = at_server.tls_is_up = [this] {
      if (at_client.closed || (at_client.facts && at_server.facts)) stop();
    };
    settle();  // both are waiting for octets by now, and must not take those of the handshake
    server->start_tls(offered, "");
    client->start_tls(wanted, name);
    EXPECT_FALSE(at_client.facts || at_client.closed);
    run();
  }
  std::string problem_with(const TlsContext& offered, const std::string& name) {
    shake_hands(offered, client_with(folder / "ca.pem"), name);
    EXPECT_FALSE(at_client.facts);
    if (!at_client.closed) return "none";
    EXPECT_EQ(at_client.closed->kind, Error::Kind::protocol);
    return at_client.closed->text;
  }

  void run_until_client_has(const std::string& text) {
    at_client.is_closed = [this] { stop(); };
    const auto before = at_client.octets_come;
    at_client.octets_come = [&, before](std::string_view octets) {
      if (before) before(octets);
      if (at_client.received.size() >= text.size()) stop();
    };
    run();
    EXPECT_EQ(at_client.received, text);
    EXPECT_FALSE(at_client.closed) << at_client.closed->text;
  }

  TemporaryFolder folder;
  Certificate ca{{.common_name = "Test CA", .names = {}}};
  CertificateRequest good{.common_name = "mail", .names = "DNS:mail.example.org,IP:127.0.0.1"};
  ConnectionPtr client, server;
  Notes at_client, at_server;
};

TEST_F(TlsTest, UpgradesInPlaceAfterAWordInTheClear) {
  const TlsContext offered = server_with(good), wanted = client_with(folder / "ca.pem");
  at_server.octets_come = [&](std::string_view octets) {
    if (octets == "STARTTLS\r\n") {
      server->send("220 go ahead\r\n");
      server->start_tls(offered, "");
      server->send("250 in secret\r\n", true);
    } else {
      stop();
    }
  };
  at_client.octets_come = [&](std::string_view octets) {
    if (octets == "220 go ahead\r\n") client->start_tls(wanted, "mail.example.org");
  };
  at_client.tls_is_up = [&] { client->send("EHLO there\r\n"); };
  client->send("STARTTLS\r\n");
  run();
  EXPECT_EQ(at_server.received, "STARTTLS\r\nEHLO there\r\n");
  EXPECT_EQ(at_client.received, "220 go ahead\r\n250 in secret\r\n");
  ASSERT_TRUE(at_client.facts);
  EXPECT_EQ(at_client.facts->version, "TLSv1.3");
  EXPECT_NE(at_client.facts->cipher, "");
  EXPECT_TRUE(at_client.facts->verified);
  EXPECT_FALSE(at_server.facts->verified);
}

TEST_F(TlsTest, AcceptsEachNameOfTheCertificate) {
  const struct {
    const char* names;
    const char* name;
  } cases[] = {
      {"DNS:mail.example.org", "mail.example.org"}, {"DNS:mail.example.org", "MAIL.example.org."},
      {"DNS:*.example.org", "mail.example.org"},    {"IP:127.0.0.1", "127.0.0.1"},
      {"IP:2001:db8::1", "[2001:db8::1]"},
  };
  for (const auto& c : cases) {
    const auto [here, there] = unix_pair();
    client = adopted(loop, here);
    server = adopted(loop, there);
    at_client = at_server = {};
    client->set_user(&at_client);
    server->set_user(&at_server);
    shake_hands(server_with({.common_name = "x", .names = c.names}), client_with(folder / "ca.pem"),
                c.name);
    EXPECT_TRUE(at_client.facts) << c.name << ": " << at_client.closed->text;
  }
}

TEST_F(TlsTest, RefusesAnotherName) {
  EXPECT_EQ(problem_with(server_with({.common_name = "x", .names = "DNS:other.example.org"}),
                         "mail.example.org"),
            "certificate of mail.example.org is not valid for that name: "
            "it is for other.example.org; check host, or set tls_name");
}

TEST_F(TlsTest, ShowsSomeOfManyNamesAndNoControlCharacters) {
  EXPECT_EQ(problem_with(server_with({.common_name = "x",
                                      .names = "DNS:a\x1b[31m,DNS:b,IP:2001:db8::2,DNS:d,DNS:e"}),
                         "mail.example.org"),
            "certificate of mail.example.org is not valid for that name: "
            "it is for a\\x1b[31m, b, 2001:db8::2 and 2 more; check host, or set tls_name");
}

TEST_F(TlsTest, RefusesANameThatIsTooPartial) {
  EXPECT_NE(problem_with(server_with({.common_name = "x", .names = "DNS:m*l.example.org"}),
                         "mail.example.org"),
            "none");
}

TEST_F(TlsTest, RefusesAnAddressThatIsOnlyAName) {
  EXPECT_EQ(problem_with(server_with({.common_name = "127.0.0.1", .names = "DNS:127.0.0.1"}),
                         "127.0.0.1"),
            "certificate of 127.0.0.1 is not valid for that name: it is for 127.0.0.1; "
            "check host, or set tls_name");
}

TEST_F(TlsTest, RefusesAnUnknownCa) {
  const Certificate stranger({.common_name = "Stranger", .names = "DNS:mail.example.org"});
  EXPECT_EQ(problem_with(server_with(stranger), "mail.example.org"),
            "certificate verify failed: self-signed certificate; "
            "set ca_file if the smart host uses a CA of your own");
}

TEST_F(TlsTest, ChecksAgainstTheSystemWithoutACaFile) {
  shake_hands(server_with(good), client_with(""), "mail.example.org");
  ASSERT_TRUE(at_client.closed);
  EXPECT_EQ(at_client.closed->text,
            "certificate verify failed: unable to get local issuer certificate; "
            "set ca_file if the smart host uses a CA of your own");
}

TEST_F(TlsTest, RefusesWhatHasExpiredOrIsNotYetValid) {
  const std::string expired = problem_with(
      server_with(
          {.common_name = "x", .names = good.names, .valid_from = -9 * kDay, .valid_to = -kDay}),
      "mail.example.org");
  EXPECT_EQ(expired.substr(0, 54), "certificate verify failed: certificate has expired on ")
      << expired;
  EXPECT_EQ(expired.substr(54 + 10), "; the smart host needs a new one, unless the clock here is wrong");
}

TEST_F(TlsTest, AsksAboutTheClockWhenACertificateIsFromTheFuture) {
  const std::string early = problem_with(
      server_with(
          {.common_name = "x", .names = good.names, .valid_from = kDay, .valid_to = 2 * kDay}),
      "mail.example.org");
  EXPECT_TRUE(early.ends_with("; is the clock right?")) << early;
}

TEST_F(TlsTest, NeverVerifiesWithoutAName) {
  shake_hands(server_with(good), client_with(folder / "ca.pem"), "");
  ASSERT_TRUE(at_client.closed);
  EXPECT_EQ(at_client.closed->text, "start TLS: \"\" is not the name of a host");
}

TEST_F(TlsTest, WithoutVerifyTakesAnyCertificateAndSaysSo) {
  const Certificate stranger({.common_name = "Stranger", .names = {}});
  shake_hands(server_with(stranger), client_with("", false), "mail.example.org");
  ASSERT_TRUE(at_client.facts);
  EXPECT_FALSE(at_client.facts->verified);
}

TEST_F(TlsTest, ThePeersAlertIsToldInWords) {
  at_server.is_closed = [this] { stop(); };
  server->start_tls(server_with(CertificateRequest{.common_name = "x", .names = "DNS:other"}), "");
  client->start_tls(client_with(folder / "ca.pem"), "mail.example.org");
  run();
  if (!at_server.closed) run();
  ASSERT_TRUE(at_server.closed);
  EXPECT_TRUE(at_server.closed->text.ends_with("the peer sent the alert: bad certificate"))
      << at_server.closed->text;
  EXPECT_EQ(at_server.closed->kind, Error::Kind::protocol);
}

TEST_F(TlsTest, DropsWhatWasInjectedBeforeTheHandshake) {
  const TlsContext offered = server_with(good), wanted = client_with(folder / "ca.pem");
  at_client.octets_come = [&](std::string_view octets) {
    if (octets == "220 go ahead\r\n") {
      server->send("250 injected\r\n");  // in the client's socket, not yet read
      client->start_tls(wanted, "mail.example.org");
      server->start_tls(offered, "");
    }
  };
  at_client.tls_is_up = [&] { server->send("250 true\r\n"); };
  server->send("220 go ahead\r\n");
  run_until_client_has("220 go ahead\r\n250 true\r\n");
}

TEST_F(TlsTest, DropsWhatWasReadButPausedBeforeTheHandshake) {
  const TlsContext offered = server_with(good), wanted = client_with(folder / "ca.pem");
  server->send("250 injected\r\n");
  client->pause_reading();
  settle();
  client->start_tls(wanted, "mail.example.org");
  client->resume_reading();
  server->start_tls(offered, "");
  server->send("250 true\r\n");
  run_until_client_has("250 true\r\n");
}

TEST_F(TlsTest, SaysThatAPlainServerSpeaksNoTls) {
  server->send("220 mail.example.org ESMTP\r\n");
  at_client.is_closed = [this] { stop(); };
  at_server.octets_come = [&](std::string_view) { server->send("500 what?\r\n"); };
  client->start_tls(client_with(folder / "ca.pem"), "mail.example.org");
  run();
  EXPECT_EQ(at_client.closed->text,
            "TLS handshake failed: wrong version number (is this a port for TLS?)");
  EXPECT_EQ(at_client.closed->kind, Error::Kind::protocol);
}

TEST_F(TlsTest, LostConnectionDuringTheHandshakeIsTemporary) {
  at_server.octets_come = [&](std::string_view) { server.reset(); };
  at_client.is_closed = [this] { stop(); };
  client->start_tls(client_with(folder / "ca.pem"), "mail.example.org");
  run();
  EXPECT_EQ(at_client.closed->text, "connection closed by peer during the TLS handshake");
  EXPECT_EQ(at_client.closed->kind, Error::Kind::temporary);
}

TEST_F(TlsTest, RefusesOlderVersions) {
  const TlsContext offered = server_with(good);
  SSL_CTX* const raw = offered.impl().context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_1_VERSION);
  SSL_CTX_set_security_level(raw, 0);
  const std::string problem = problem_with(offered, "mail.example.org");
  EXPECT_EQ(problem.substr(0, 22), "TLS handshake failed: ") << problem;
}

TEST_F(TlsTest, CarriesMuchBothWaysAtOnceWithPauses) {
  shake_hands(server_with(good), client_with(folder / "ca.pem"), "mail.example.org");
  ASSERT_TRUE(at_client.facts);
  const auto pause_now_and_then = [&](Connection& end, Notes& notes) {
    notes.octets_come = [&](std::string_view) {
      end.pause_reading();
      loop.post([&] { end.resume_reading(); });
      if (at_client.received.size() == kBig && at_server.received.size() == kBig) stop();
    };
  };
  pause_now_and_then(*client, at_client);
  pause_now_and_then(*server, at_server);
  std::string up, down;
  for (char c = 'a'; up.size() < kBig; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) {
    up.append(up.empty() ? kBig / 8 : kBig / 1024, c);
  }
  up.resize(kBig);
  down.assign(up.rbegin(), up.rend());
  for (std::size_t at = 0; at < kBig; at += kBig / 16) {
    client->send(up.substr(at, kBig / 16), at == 0);
    server->send(down.substr(at, kBig / 16));
  }
  run();
  EXPECT_TRUE(at_server.received == up);
  EXPECT_TRUE(at_client.received == down);
}

TEST_F(TlsTest, ShutdownSendsEverythingAndTheCloseIsClean) {
  shake_hands(server_with(good), client_with(folder / "ca.pem"), "mail.example.org");
  at_server.is_closed = [&] { server.reset(); };
  at_client.is_closed = [this] { stop(); };
  client->send(std::string(kBig, 'x'));
  client->send("QUIT\r\n");
  client->shutdown();
  run();
  EXPECT_EQ(at_server.received.size(), kBig + 6);
  EXPECT_EQ(at_server.closed->text, "connection closed by peer");
  EXPECT_EQ(at_client.closed->text, "connection closed");
}

TEST_F(TlsTest, ACloseWithoutNotifyIsAClose) {
  shake_hands(server_with(good), client_with(folder / "ca.pem"), "mail.example.org");
  at_client.is_closed = [this] { stop(); };
  server.reset();
  run();
  EXPECT_EQ(at_client.closed->text, "connection closed by peer");
}

TEST_F(TlsTest, MayBeDestroyedDuringAndAfterTheHandshake) {
  const TlsContext offered = server_with(good), wanted = client_with(folder / "ca.pem");
  at_client.tls_is_up = [&] {
    client->send("never heard", true);
    client.reset();
  };
  at_server.is_closed = [&] {
    server.reset();
    stop();
  };
  server->start_tls(offered, "");
  client->start_tls(wanted, "mail.example.org");
  run();
  EXPECT_FALSE(client || server);

  const auto [here, there] = unix_pair();
  const ConnectionPtr other_end = adopted(loop, there);
  client = adopted(loop, here);
  client->start_tls(wanted, "mail.example.org");
  settle();
  client.reset();
  settle();
}

TEST_F(TlsTest, ContextMayGoBeforeItsConnections) {
  at_client.tls_is_up = [this] { stop(); };
  server->start_tls(server_with(good), "");
  client->start_tls(client_with(folder / "ca.pem"), "mail.example.org");
  run();
  EXPECT_TRUE(at_client.facts);
}

TEST_F(TlsTest, ContextsNameTheFileThatIsWrong) {
  const std::string missing = folder / "missing.pem", junk = folder / "junk.pem";
  std::ofstream(junk) << "junk\n";
  EXPECT_EQ(TlsContext::client(missing, true).error().text,
            "read certificates from " + missing + ": No such file or directory");
  EXPECT_EQ(TlsContext::client(junk, true).error().kind, Error::Kind::config);
  EXPECT_EQ(TlsContext::server(junk, junk).error().text,
            "read certificate " + junk + ": no start line");
  Certificate(good, &ca).write(folder / "a.pem", folder / "a.key");
  Certificate(good, &ca).write(folder / "b.pem", folder / "b.key");
  EXPECT_EQ(TlsContext::server(folder / "a.pem", folder / "b.key").error().text,
            "read private key " + (folder / "b.key") + ": key values mismatch");
}

}  // namespace
}  // namespace mailchute::net
