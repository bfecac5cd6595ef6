// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/sender_policy.h"

#include <algorithm>

#include "base/text.h"
#include "mail/address_field.h"
#include "mail/display_name.h"
#include "mail/resent.h"

namespace mailchute::mail {
namespace {

bool same_mailbox(const Address& a, const Address& b) {
  return a.local_part == b.local_part && equal_ignoring_case(a.domain, b.domain);
}

bool stays(const SenderPolicy& policy, const Address& address) {
  if (policy.kind == SenderPolicy::Kind::keep) return true;
  if (policy.kind == SenderPolicy::Kind::fixed && same_mailbox(address, policy.address))
    return true;
  return std::any_of(policy.exceptions.begin(), policy.exceptions.end(),
                     [&](const AddressPattern& pattern) { return pattern.matches(address); });
}

// With this machine's domain where it is one of its own.
Address with_our_domain(const SenderPolicy& policy, const Address& address) {
  if (stays(policy, address) || !is_local(address, policy.hostname)) return address;
  const Address ours{address.local_part, policy.domain};
  return check(ours) ? ours : address;
}

struct Mailbox {
  Address address;
  std::string written{};  // with its name
};

// What one or more fields of a name say together.
struct Mailboxes {
  bool written = false;     // there is a field
  bool unreadable = false;  // not all of it are addresses
  std::vector<Mailbox> all;
};

// The only address in a reverse-path; bare where there is none.
Address address_in(std::string_view reverse_path) {
  AddressList list = parse_address_list(reverse_path);
  if (list.addresses.size() != 1 || !list.bad.empty()) return {};
  return std::move(list.addresses.front().address);
}

// An account of this machine says so; somebody else's name is enough, if there is one.
std::string name_at_host(const SenderPolicy& policy, const Mailbox& mailbox) {
  const std::string where = " on " + policy.hostname.substr(0, policy.hostname.find('.'));
  const bool ours = equal_ignoring_case(mailbox.address.domain, policy.domain);
  std::string name = format_name_in(mailbox.written, ours ? where : "");
  return name.empty() ? format_display_name(mailbox.address.local_part + where) : name;
}

// A reply to a bounce reaches nobody.
bool can_be_answered(const Address& address) {
  return !equal_ignoring_case(address.local_part, "MAILER-DAEMON") &&
         address.text().size() <= kMaxAddressInField;
}

class Rewriting {
 public:
  Rewriting(const SenderPolicy& policy, std::string_view reverse_path, Header& header)
      : policy_(policy), reverse_path_(reverse_path), header_(header) {}

  // The Resent- block is what is one when no field goes any more.
  bool run() {
    rewrite({"", 0, header_.fields.size()});
    std::erase_if(header_.fields, [](const Field& field) { return field.raw.empty(); });
    const ResentBlock resent = first_resent_block(header_);
    if (!resent.empty()) rewrite({kResent, resent.begin, resent.end});
    return changed_;
  }

 private:
  // The fields whose names begin so, and where they are.
  struct Block {
    std::string_view prefix;
    std::size_t begin, end;

    std::string name(std::string_view rest) const { return std::string(prefix).append(rest); }
    bool resent() const { return !prefix.empty(); }
    bool says_who(std::string_view field) const {
      field.remove_prefix(prefix.size());
      const auto is = [field](std::string_view name) { return equal_ignoring_case(field, name); };
      return is("From") || is("Sender") || is("Reply-To");
    }
  };

  void rewrite(const Block& block) {
    for (std::size_t i = block.begin; i < block.end; ++i) {
      if (block.says_who(header_.fields[i].name())) localise(i);
    }
    if (policy_.kind == SenderPolicy::Kind::fixed) fix(block);
  }

  void localise(std::size_t index) {
    const auto ours_written_otherwise = [this](const Address& address) {
      return is_local(address, policy_.hostname) && !stays(policy_, address) &&
             !equal_ignoring_case(address.domain, policy_.domain);
    };
    if (auto raw = readdressed(header_.fields[index], policy_.domain, ours_written_otherwise)) {
      set(index, std::move(*raw));
    }
  }

  // A message without an author gets one, a block that somebody began does not.
  void fix(const Block& block) {
    const Mailboxes authors = read(block, "From");
    if (allowed(authors) || (!authors.written && block.resent())) {
      const bool alone = authors.all.size() == 1;
      return fix_sender(block, alone && same_mailbox(authors.all[0].address, policy_.address));
    }
    const std::size_t from = put(block, "From", stand_in(block, "From", authors));
    fix_sender(block, true);
    if (!block.resent() && !header_.has("Reply-To")) answer_to(authors, from + 1);
  }

  // RFC 5322, 3.6.2: no Sender that says what From says. Of Resent- fields none goes: the block
  // might join the next one.
  void fix_sender(const Block& block, bool from_says_it) {
    const Mailboxes sender = read(block, "Sender");
    if (!sender.written || allowed(sender)) return;
    put(block, "Sender",
        from_says_it && !block.resent() ? std::string() : stand_in(block, "Sender", sender));
  }

  void answer_to(const Mailboxes& authors, std::size_t index) {
    std::vector<NamedAddress> answered;
    for (const Mailbox& one : authors.all) {
      if (!can_be_answered(one.address)) continue;
      answered.push_back({format_name_in(one.written, ""), one.address.text()});
    }
    if (answered.empty()) return;
    header_.fields.insert(header_.fields.begin() + static_cast<std::ptrdiff_t>(index),
                          Field{address_field("Reply-To", answered)});
  }

  // The field with the one address in place of those that it had.
  std::string stand_in(const Block& block, std::string_view name,
                       const Mailboxes& mailboxes) const {
    Mailbox first = mailboxes.all.empty() ? Mailbox{address_in(reverse_path_)} : mailboxes.all[0];
    if (first.address.local_part.empty()) first.address.local_part = "MAILER-DAEMON";
    return address_field(block.name(name),
                         {{name_at_host(policy_, first), policy_.address.text()}});
  }

  bool allowed(const Mailboxes& mailboxes) const {
    return !mailboxes.unreadable && !mailboxes.all.empty() &&
           std::all_of(mailboxes.all.begin(), mailboxes.all.end(),
                       [this](const Mailbox& one) { return stays(policy_, one.address); });
  }

  Mailboxes read(const Block& block, std::string_view rest) const {
    const std::string name = block.name(rest);
    Mailboxes mailboxes;
    for (std::size_t i = block.begin; i < block.end; ++i) {
      if (!header_.fields[i].is(name)) continue;
      const std::string_view body = header_.fields[i].body();
      const AddressList list = parse_address_list(body);
      mailboxes.written = true;
      mailboxes.unreadable |= !list.bad.empty();
      for (const ListedAddress& listed : list.addresses) {
        mailboxes.all.push_back(
            {with_our_domain(policy_, listed.address),
             std::string(body.substr(listed.begin, listed.end - listed.begin))});
      }
    }
    return mailboxes;
  }

  // In place of the first field of that name, behind all where there is none; the others go.
  // Returns its index.
  std::size_t put(const Block& block, std::string_view rest, std::string raw) {
    const std::string name = block.name(rest);
    std::size_t at = header_.fields.size();
    for (std::size_t i = block.begin; i < block.end; ++i) {
      if (!header_.fields[i].is(name)) continue;
      at = std::min(at, i);
      set(i, "");
    }
    if (at == header_.fields.size()) header_.fields.emplace_back();
    set(at, std::move(raw));
    return at;
  }

  void set(std::size_t index, std::string raw) {
    header_.fields[index].raw = std::move(raw);
    changed_ = true;
  }

  const SenderPolicy& policy_;
  std::string_view reverse_path_;
  Header& header_;
  bool changed_ = false;
};

}  // namespace

Address SenderPolicy::as_sent(const Address& written) const {
  const Address ours = with_our_domain(*this, written);
  return kind == Kind::fixed && !stays(*this, ours) ? address : ours;
}

std::string SenderPolicy::as_sent(std::string_view reverse_path) const {
  if (reverse_path.empty() || kind == Kind::keep) return std::string(reverse_path);
  const Address written = address_in(reverse_path);
  const Address sent = as_sent(written);
  const bool readable = !written.local_part.empty();
  if (readable ? sent == written : kind == Kind::domain) return std::string(reverse_path);
  return sent.text();
}

bool apply(const SenderPolicy& policy, std::string_view reverse_path, Header& header) {
  if (policy.kind == SenderPolicy::Kind::keep) return false;
  return Rewriting(policy, reverse_path, header).run();
}

}  // namespace mailchute::mail
