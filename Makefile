# SPDX-License-Identifier: GPL-3.0-or-later
#
# make              build the programs (configures itself first)
# make demo         install what the build needs, build, and show the programs at work
# make check        install what the tests need, build, run all tests; SANITIZE=1: unit tests also in asan,
#                   and make fuzz with the same inputs each time
# make check-long   make check, the tests that take long, and make tsan
# make bench        build and run the benchmarks
# make asan         unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make tsan         unit tests under ThreadSanitizer
# make fuzz         fuzz each parser for FUZZ_SECONDS (3); FUZZ_KEEP=1 keeps new inputs for the next time
# make install      install into DESTDIR; STRIP= keeps the symbols
# make clean        remove what was built; distclean: and the configuration
#
# ONLY=PATTERN      run only the tests with PATTERN in their name, e.g. ONLY=unit/mail, ONLY=e2e/03
# CONFIGURE_ARGS=   arguments for configure, remembered; see build/configure --help
# V=1               show the commands

# --- Architecture -----------------------------------------------------------------------------
# What each folder of src may include and is linked with, nearest first, and the libraries it uses.

folders := base sys mail smtp queue config secret net relay
programs := sendmail mailchuted mailchute

base.needs       :=
sys.needs        := base
mail.needs       := base
smtp.needs       := mail base
queue.needs      := mail sys base
config.needs     := mail sys base
secret.needs     := sys base
net.needs        := sys base
relay.needs      := net smtp queue secret config mail sys base
sendmail.needs   := config queue smtp mail sys base
mailchuted.needs := relay net smtp queue secret config mail sys base
mailchute.needs  := relay net smtp queue secret config mail sys base

# Fuzzed and benchmarked parts. The parsers are below net, and clang 14 cannot compile Asio's coroutines.
fuzz.needs       := sendmail queue smtp config secret mail sys base
bench.needs      := $(mailchute.needs)

smtp.uses        := SODIUM
queue.uses       := SODIUM
config.uses      := LIBCONFIG
secret.uses      := SODIUM
net.uses         := OPENSSL CARES
relay.uses       := IDN2

# sendmail starts thousands of times: each shared library would cost it more than all its work.
sendmail.static  := LIBCONFIG SODIUM
LIBCONFIG.archive := -l:libconfig.a
SODIUM.archive    := -l:libsodium.a

# Helpers in tests/support that a folder's unit tests share: NAME.test_support := file.cc ...

# --- Build trees and configuration ------------------------------------------------------------
# BUILD holds the configuration and the ordinary build; a variant has other flags and a tree inside.

BUILD := build
VARIANT :=
O := $(BUILD)$(addprefix /,$(VARIANT))

MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.PHONY: all units check check-long demo bench benches fuzz fuzzers asan tsan install clean distclean \
  help packages print-needs sanitized
all:

Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $1  $2')

# Rewrites file $1 only if its text is to be another, without starting a shell to find out.
remember = $(if $(subst |$(strip $(file <$1))|,,|$(strip $2)|),$(shell mkdir -p $(dir $1))$(file >$1,$2))

# Everything but these goals needs config.mk. Including it is enough: make remakes it first.
ifneq ($(filter-out help clean distclean packages print-needs,$(or $(MAKECMDGOALS),all)),)
ifneq ($(origin CONFIGURE_ARGS),undefined)
$(call remember,$(BUILD)/configure.args,$(CONFIGURE_ARGS))
endif
include $(BUILD)/config.mk
endif

# A fresh machine has neither autoconf nor a compiler, so packages come before all configuration.
demo.packages       := build
check.packages      := build test $(if $(SANITIZE),fuzz)
check-long.packages := build test long $(if $(SANITIZE),fuzz)
asan.packages       := build test
tsan.packages       := build test
bench.packages      := build test
fuzz.packages       := build test fuzz
sections := $(sort $(foreach goal,$(MAKECMDGOALS),$($(goal).packages)))

packages:
	@etc/install-packages $(or $(sections),build)

$(BUILD)/configure: configure.ac | $(if $(sections),packages)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)command -v autoconf >/dev/null || \
	  { echo 'autoconf not found; on Debian: make packages' >&2; exit 1; }
	$(Q)cd $(@D) && autoconf -o configure '$(CURDIR)/$<'

$(BUILD)/configure.args:
	@mkdir -p $(@D) && touch $@

$(BUILD)/config.mk: $(BUILD)/configure etc/config.mk.in $(BUILD)/configure.args | $(if $(sections),packages)
	$(call say,GEN,$@)
	$(Q)cd $(@D) && eval "./configure --quiet --srcdir='$(CURDIR)' $$(cat configure.args)"
	@touch $@

# --- Flags ------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=return-type -Werror=switch $(WERROR)
hardening := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE

# Variants: flags to compile and link with. A sanitizer wants neither hardening nor a static runtime.
# With -Og and -g1 (lines, no variables) they compile in less than half the time of -O1 -g; a fuzzer
# runs longer than it compiles.
asan.sanitizer := -fsanitize=address,undefined -fno-sanitize-recover=all
tsan.sanitizer := -fsanitize=thread
fuzz.sanitizer := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz.optimize := -O1
ifeq ($(VARIANT),)
compile := $(CXXFLAGS) $(hardening)
link := -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,-O1
runtime := -static-libstdc++ -static-libgcc -Wl,--gc-sections
else
compile := $(or $($(VARIANT).optimize),-Og) -g1 -fno-omit-frame-pointer $($(VARIANT).sanitizer)
link := $($(VARIANT).sanitizer)
endif
ifeq ($(VARIANT),fuzz)
CXX := clang++
ASIO_FLAGS :=
endif
compile := $(CXX) -std=c++20 $(compile) $(warnings) $(CPPFLAGS) -iquote src
link := $(CXX) $(link) $(LDFLAGS)

# Nobody waits for the code of a unit test: it is compiled fast.
test.flags := -Og -g1

# X.flags are for X and for what needs X, as they matter to X's headers; X.defines for X alone.
# Asio's own headers are in a system directory, where warnings are off.
net.flags := -DASIO_STANDALONE -DASIO_NO_DEPRECATED $(ASIO_FLAGS)

config.defines = -DMAILCHUTE_VERSION='"$(VERSION)"' \
  -DMAILCHUTE_SBINDIR='"$(sbindir)"' -DMAILCHUTE_SYSCONFDIR='"$(sysconfdir)"' \
  -DMAILCHUTE_LOCALSTATEDIR='"$(localstatedir)"' -DMAILCHUTE_RUNSTATEDIR='"$(runstatedir)"'
sendmail.defines = $(config.defines)
mailchuted.defines = $(config.defines)
mailchute.defines = $(config.defines)

# --- Sources, objects, libraries --------------------------------------------------------------

undeclared := $(filter-out $(folders) $(programs),\
  $(notdir $(patsubst %/,%,$(wildcard src/*/ tests/unit/*/))))
$(if $(undeclared),$(error no line "$(firstword $(undeclared)).needs" in the Makefile))

objects = $(patsubst %.cc,$(O)/obj/%.o,$1)
$(foreach f,$(folders) $(programs),\
  $(eval $f.objects := $(call objects,$(filter-out %/main.cc,$(wildcard src/$f/*.cc))))\
  $(eval $f.main := $(call objects,$(wildcard src/$f/main.cc)))\
  $(eval $f.tests := $(call objects,$(wildcard tests/unit/$f/*_test.cc)))\
  $(eval $f.library := $(if $($f.objects),$(O)/lib$f.a)))
bench.objects := $(call objects,$(wildcard bench/*_bench.cc))
fuzz.objects := $(call objects,$(wildcard tests/fuzz/*_fuzz.cc))
support.objects := $(call objects,$(wildcard tests/support/*.cc))

all.objects := $(foreach f,$(folders) $(programs),$($f.objects) $($f.main) $($f.tests)) \
  $(bench.objects) $(fuzz.objects) $(support.objects)

libraries := $(foreach f,$(folders) $(programs),$($f.library))
built := $(foreach p,$(programs),$(if $($p.main),$(O)/$p))
units := $(foreach f,$(folders) $(programs),$(if $($f.tests),$(O)/tests/unit/$f))
benches := $(bench.objects:$(O)/obj/%.o=$(O)/%)
fuzzers := $(fuzz.objects:$(O)/obj/%.o=$(O)/%)

# The libraries behind the folders $1. $2: those to be linked as archives.
uses = $(sort $(foreach f,$1,$($f.uses)))
cflags = $(foreach u,$(call uses,$1),$($u_CFLAGS))
libs = $(foreach u,$(call uses,$1),$(if $(filter $u,$2),$($u.archive),$($u_LIBS)))
needed = $(foreach f,$($1.needs),$($f.library))

# Objects depend on the first file, what is linked on the second: it holds the architecture and the
# lists of sources too, so that a removed source leaves its library.
ifdef VERSION
$(call remember,$(O)/compile.flags,$(compile) $(test.flags) $(net.flags) $(config.defines))
$(call remember,$(O)/link.flags,$(link) $(runtime) $(all.objects) \
  $(foreach f,$(folders) $(programs) fuzz bench,$f: $($f.needs) - $($f.uses) - $($f.static) - $($f.test_support)))
endif

$(O)/obj/%.o: %.cc $(O)/compile.flags
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(compile) $(extra) -MMD -MP -c -o $@ $<

-include $(all.objects:.o=.d)

$(O)/obj/tests/%.o $(O)/obj/bench/%.o: extra = -Itests $(net.flags)
$(fuzz.objects): extra = -Itests

define folder_rules
$($1.objects) $($1.main): extra = \
  $(foreach f,$1 $($1.needs),$($f.flags)) $($1.defines) $(call cflags,$1 $($1.needs))
$($1.tests): extra = \
  $(foreach f,$1 $($1.needs),$($f.flags)) $($1.defines) $(call cflags,$1 $($1.needs)) -Itests \
  $(test.flags)

$(O)/lib$1.a: $($1.objects) $(O)/link.flags
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && $(AR) rcsT $$@ $$(filter %.o,$$^)

# All of the folder's own library and only what it declares: nothing undeclared goes unnoticed.
$(O)/tests/unit/$1: $($1.tests) $(call objects,$(addprefix tests/support/,$($1.test_support))) \
    $($1.library) $(call needed,$1) $(O)/link.flags
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$(Q)$(link) -o $$@ $$(filter %.o,$$^) -Wl,--no-gc-sections \
	  -Wl,--whole-archive $($1.library) -Wl,--no-whole-archive $(call needed,$1) \
	  $(call libs,$1 $($1.needs)) -lgtest -lgtest_main -pthread
endef
$(foreach f,$(folders) $(programs),$(eval $(call folder_rules,$f)))

define program_rules
$(O)/$1: $($1.main) $($1.library) $(call needed,$1) $(O)/link.flags
	$$(call say,LINK,$$@)
	$(Q)$(link) $(runtime) -o $$@ $$(filter %.o %.a,$$^) $(call libs,$1 $($1.needs),$($1.static))
endef
$(foreach p,$(programs),$(eval $(call program_rules,$p)))

$(benches): $(O)/%: $(O)/obj/%.o $(call needed,bench) $(O)/link.flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $(filter %.o %.a,$^) $(call libs,$(bench.needs)) -lbenchmark -lbenchmark_main -pthread

# Of folders that need Asio, files that do not. The target of destinations has a resolver of its own.
$(O)/tests/fuzz/destinations_fuzz: $(call objects,src/relay/destinations.cc src/net/dns_records.cc)
$(O)/tests/fuzz/destinations_fuzz: further = $(CARES_LIBS)
$(O)/tests/fuzz/entry_pass_fuzz: $(call objects,src/mailchute/entry_pass.cc)
$(O)/tests/fuzz/leash_fuzz: $(call objects,src/mailchuted/condition.cc src/mailchuted/leash.cc)

$(fuzzers): $(O)/%: $(O)/obj/%.o $(call needed,fuzz) $(O)/link.flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(link) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(call libs,$(fuzz.needs)) $(further)

# --- Goals ------------------------------------------------------------------------------------

all: $(libraries) $(built)
units: $(units)
benches: $(benches)
fuzzers: $(fuzzers)

check check-long: all units $(if $(SANITIZE),sanitized)
	@$(if $(filter check,$@),FUZZ_SEED=1) tests/run $(if $(filter check-long,$@),--long) --only '$(ONLY)' $(O) \
	  $(if $(SANITIZE),$(BUILD)/asan $(BUILD)/fuzz)
	$(if $(filter check-long,$@),+@$(MAKE) --no-print-directory tsan)

demo: all
	@tests/demo $(O)

sanitized:
	+@$(MAKE) --no-print-directory VARIANT=asan units
	+@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers

asan:
	+@$(MAKE) --no-print-directory VARIANT=asan units
	@tests/run --only 'unit/$(ONLY:unit/%=%)' $(BUILD)/asan

# ThreadSanitizer in g++ 12 cannot live with the wide address randomisation of newer kernels.
tsan:
	+@$(MAKE) --no-print-directory VARIANT=tsan units
	@setarch -R tests/run --only 'unit/$(ONLY:unit/%=%)' $(BUILD)/tsan

bench: all benches
	@for b in $(benches); do $$b || exit; done
	@bench/front_end $(O)
	@bench/ways_in $(O)

export FUZZ_SECONDS FUZZ_KEEP
fuzz:
	+@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers
	@tests/run --only 'fuzz/$(ONLY:fuzz/%=%)' $(BUILD)/fuzz

help:
	@sed -n 's/^# \(\(make\|ONLY\|CONF\|V=\).*\)/\1/p' Makefile

print-needs:
	@:$(foreach f,$(folders) $(programs),$(info $f: $($f.needs)))

# --- Installation -----------------------------------------------------------------------------

STRIP := strip
install_program = install -m 755 $(if $(STRIP),-s --strip-program=$(STRIP))
install_file = install -m 644
lib = $(prefix)/lib

# No program is ever set-id. An administrator's mailchute.conf is never touched.
install: all
	install -d $(addprefix $(DESTDIR),$(sbindir) $(bindir) $(lib) $(sysconfdir)/mailchute)
	for p in $(notdir $(built)); do \
	  case $$p in mailchute) dir=$(bindir) ;; *) dir=$(sbindir) ;; esac; \
	  $(install_program) $(O)/$$p $(DESTDIR)$$dir/$$p || exit; \
	done
	ln -sf $(call from,$(lib),$(sbindir))/sendmail $(DESTDIR)$(lib)/sendmail
	ln -sf $(call from,$(bindir),$(sbindir))/sendmail $(DESTDIR)$(bindir)/mailq
	ln -sf $(call from,$(bindir),$(sbindir))/sendmail $(DESTDIR)$(bindir)/newaliases
	for page in $(wildcard src/*/*.[158]); do \
	  dir=$(DESTDIR)$(mandir)/man$${page##*.}; \
	  install -d $$dir && $(install_file) $$page $$dir/ || exit; \
	done
	conf=$(DESTDIR)$(sysconfdir)/mailchute/mailchute.conf; \
	  test ! -e etc/mailchute.conf || test -e $$conf || $(install_file) etc/mailchute.conf $$conf
	$(call install_data,etc/mailchute.service,$(lib)/systemd/system/mailchute.service)
	$(call install_data,etc/mailchute-smtp.socket,$(lib)/systemd/system/mailchute-smtp.socket)
	$(call install_data,etc/sysusers.conf,$(lib)/sysusers.d/mailchute.conf)
	$(call install_data,etc/tmpfiles.conf,$(lib)/tmpfiles.d/mailchute.conf)

# The path of directory $2 as seen from $1, relative where both have the same parent.
from = $(if $(filter $(dir $1),$(dir $2)),../$(notdir $2),$2)
install_data = $(if $(wildcard $1),install -D -m 644 $1 $(DESTDIR)$2)

clean:
	test ! -d $(BUILD) || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name 'config*' -exec rm -rf {} +

distclean:
	rm -rf $(BUILD)
