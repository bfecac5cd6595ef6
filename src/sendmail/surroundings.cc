// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/surroundings.h"

#include <utility>

#include "mail/display_name.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::sendmail {

mail::Surroundings surroundings(const config::Settings& settings, std::uint32_t uid, Time now,
                                std::string id, bool with_login) {
  mail::Surroundings at;
  at.hostname = settings.hostname;
  at.domain = settings.domain;
  at.uid = uid;
  at.queue_id = std::move(id);
  at.now = now;
  at.utc_offset = sys::utc_offset(now);
  if (with_login) {
    const sys::Account account = sys::account_of(uid);
    at.login = account.login;
    at.gecos_name = mail::full_name_from_gecos(account.gecos, account.login);
  }
  return at;
}

}  // namespace mailchute::sendmail
